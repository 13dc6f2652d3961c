/**
 * What expressions show that the engine has only in another form: what they were made from. The source, from which libraries
 * make others, is told by the prototype; where the flags were changed as well, those are members of its own. The engine makes
 * expressions out of given ones when it splits and when it looks for all matches, which it has to do with the rewritten one
 * (`twin`).
 */

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

import { defineProperty, ownKeys, uncurry, uncurryGetter } from './primordials.ts'

export interface Pattern {
  readonly source: string
  readonly flags: string
}

interface Origin {
  readonly given: Pattern
  readonly made: Pattern
}

export const NativeRegExp = RegExp
const { prototype } = NativeRegExp
const split = uncurry(prototype[Symbol.split])
const matchAll = uncurry(prototype[Symbol.matchAll])
const sourceOf = uncurryGetter(prototype, 'source')
const flagsOf = uncurryGetter(prototype, 'flags')
const origins = new WeakMap<object, Origin>()

export const findGiven = (expression: object): Pattern | undefined => origins.get(expression)?.given

/** Has `source` of every expression tell what it was made from. */
export function installSource(): void {
  defineProperty(prototype, 'source', { get: getSource, enumerable: false, configurable: true })
}

/** An expression of the app's source that was rewritten when the app was built, from this one. */
export function keepGiven(expression: RegExp, source: string, flags: string): RegExp {
  show(expression, { source, flags }, { source: sourceOf(expression), flags: flagsOf(expression) })
  return expression
}

/** Another one that is the same, whatever members the app has given it. */
export function cloneExpression(expression: RegExp): RegExp {
  const origin = origins.get(expression)
  if (origin === undefined) return new NativeRegExp(sourceOf(expression), flagsOf(expression))
  const clone = new NativeRegExp(origin.made.source, origin.made.flags)
  show(clone, origin.given, origin.made)
  return clone
}

/** What it shows of itself; `flags` in the order of the alphabet. */
export function show(expression: RegExp, given: Pattern, made: Pattern): void {
  origins.set(expression, { given, made })
  if (!given.flags.includes('v')) return
  const own: Record<PropertyKey, unknown> = {
    flags: given.flags.split('').sort().join(''),
    unicode: given.flags.includes('u'),
    unicodeSets: given.flags.includes('v'),
    [Symbol.split]: members[Symbol.split],
    [Symbol.matchAll]: members[Symbol.matchAll],
  }
  for (const key of ownKeys(own)) {
    defineProperty(expression, key, {
      value: own[key as string],
      writable: false,
      enumerable: false,
      configurable: true,
    })
  }
}

/** It is going to be another one. */
export function forget(expression: RegExp): void {
  if (!origins.delete(expression)) return
  for (const key of OWN) Reflect.deleteProperty(expression, key)
}

function getSource(this: RegExp): string {
  const origin = origins.get(this)
  return origin === undefined ? sourceOf(this) : escapeSource(origin.given.source)
}

const members = {
  [Symbol.split](this: RegExp, text: string, limit?: number): string[] {
    return split(toTwin(this), text, limit)
  },
  [Symbol.matchAll](this: RegExp, text: string): unknown {
    return matchAll(toTwin(this), text)
  },
}

const OWN = ['flags', 'unicode', 'unicodeSets', Symbol.split, Symbol.matchAll]

/** One of the engine's that matches the same, and goes on where the given one is. */
function toTwin(expression: RegExp): RegExp {
  const { source, flags } = (origins.get(expression) as { made: Pattern }).made
  const twin = new NativeRegExp(source, flags)
  twin.lastIndex = expression.lastIndex
  return twin
}

/** As `source` has it: without what could not stand between slashes. A slash may in a class, and is left there. */
function escapeSource(source: string): string {
  let isInClass = 0
  return source.replaceAll(/\\[^]|[[\]/\n\r\u2028\u2029]/g, (each) => {
    if (each === '[') isInClass++
    else if (each === ']') isInClass--
    else if (each === '/' && isInClass === 0) return String.raw`\/`
    return LINE_ENDS[each] ?? each
  })
}

const LINE_ENDS: Readonly<Record<string, string>> = {
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\u2028': String.raw`\u2028`,
  '\u2029': String.raw`\u2029`,
}
