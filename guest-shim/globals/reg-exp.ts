/**
 * `RegExp` for patterns that an app makes when it runs, with what the engine lacks: `\p{...}` and the flag `v`. The host
 * rewrites them, and each is rewritten once. All others are the engine's, and so are the prototype and its methods.
 *
 * A rewritten expression shows what it was made from, in members of its own. The engine makes expressions out of given ones
 * when it splits and when it looks for all matches, which it has to do with the rewritten one (`twin`).
 */

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

import { askHost } from '../bindings/language.ts'
import { defineProperty, makeTable, ownKeys, test, uncurry } from './primordials.ts'
import { isObject, toText } from './web-idl.ts'

const { getOwnPropertyDescriptor } = Object

interface Pattern {
  readonly source: string
  readonly flags: string
}

const NativeRegExp = RegExp
const { prototype } = NativeRegExp
const split = uncurry(prototype[Symbol.split])
const matchAll = uncurry(prototype[Symbol.matchAll])
const compileOn = uncurry(prototype.compile)

const LACKING = /\\[pP]\{/
/** So many are kept. */
const MOST_REWRITTEN = 200
let rewritten = makeTable<string, Pattern>()
/** What rewritten expressions were made from, and are. */
const origins = new WeakMap<object, { readonly given: Pattern; readonly made: Pattern }>()

export function installRegExp(): void {
  for (const key of ownKeys(NativeRegExp)) {
    if (key === 'prototype' || key === 'length' || key === 'name') continue
    defineProperty(
      Wrapped,
      key,
      toOwnStatic(key, getOwnPropertyDescriptor(NativeRegExp, key) as PropertyDescriptor),
    )
  }
  defineProperty(Wrapped, 'prototype', { value: prototype, writable: false })
  defineProperty(Wrapped, 'name', { value: 'RegExp' })
  defineProperty(Wrapped, 'length', { value: 2 })
  for (const [owner, name, value] of [
    [prototype, 'constructor', Wrapped],
    [prototype, 'compile', members.compile],
    [globalThis, 'RegExp', Wrapped],
  ] as const) {
    defineProperty(owner, name, { value, writable: true, enumerable: false, configurable: true })
  }
}

function Wrapped(this: unknown, pattern?: unknown, flags?: unknown): unknown {
  if (new.target === undefined && flags === undefined && isRegExp(pattern) && pattern.constructor === Wrapped)
    return pattern
  const target = new.target ?? Wrapped
  const given = toGiven(pattern, flags)
  if (given === undefined) return Reflect.construct(NativeRegExp, [pattern, flags], target)
  const made = rewrite(given)
  const expression = Reflect.construct(NativeRegExp, [made.source, made.flags], target) as RegExp
  show(expression, given, made)
  return expression
}

/** The pattern and its flags when the engine lacks something for it. */
function toGiven(pattern: unknown, flags: unknown): Pattern | undefined {
  const origin = isObject(pattern) ? origins.get(pattern)?.given : undefined
  if (origin === undefined && (typeof pattern !== 'string' || flags === undefined)) return undefined
  const given = {
    source: origin?.source ?? (pattern as string),
    flags: flags === undefined ? (origin?.flags ?? '') : toText(flags),
  }
  const isLacking = given.flags.includes('v') || (given.flags.includes('u') && test(LACKING, given.source))
  return isLacking ? given : undefined
}

function rewrite({ source, flags }: Pattern): Pattern {
  // the engine says what is wrong with flags
  if (flags.includes('v')) NativeRegExp('', flags.replace('v', 'u'))
  const key = `${flags}/${source}`
  const found = rewritten.get(key)
  if (found !== undefined) return found
  const made = askHost('rewrite', [source, flags]) as Pattern
  if (rewritten.size >= MOST_REWRITTEN) rewritten = makeTable()
  rewritten.set(key, made)
  return made
}

/** `flags` as an expression shows them: in the order of the alphabet. */
function show(expression: RegExp, given: Pattern, made: Pattern): void {
  origins.set(expression, { given, made })
  const own: Record<PropertyKey, unknown> = {
    source: escapeSource(given.source),
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

const members = {
  compile(this: RegExp, pattern?: unknown, flags?: unknown): RegExp {
    const given = toGiven(pattern, flags)
    const made = given && rewrite(given)
    const origin = origins.get(this)
    if (origin !== undefined) {
      for (const key of OWN) Reflect.deleteProperty(this, key)
      origins.delete(this)
    }
    compileOn(this, (made?.source ?? pattern) as string, (made?.flags ?? flags) as string)
    if (given !== undefined && made !== undefined) show(this, given, made)
    return this
  },
  [Symbol.split](this: RegExp, text: string, limit?: number): string[] {
    return split(toTwin(this), text, limit)
  },
  [Symbol.matchAll](this: RegExp, text: string): unknown {
    return matchAll(toTwin(this), text)
  },
}

/** One of the engine's that matches the same, and goes on where the given one is. */
function toTwin(expression: RegExp): RegExp {
  const { source, flags } = (origins.get(expression) as { made: Pattern }).made
  const twin = new NativeRegExp(source, flags)
  twin.lastIndex = expression.lastIndex
  return twin
}

const OWN = ['source', 'flags', 'unicode', 'unicodeSets', Symbol.split, Symbol.matchAll]

function isRegExp(value: unknown): value is RegExp {
  if (!isObject(value)) return false
  const matcher = (value as { [Symbol.match]?: unknown })[Symbol.match]
  return matcher === undefined ? value instanceof NativeRegExp : Boolean(matcher)
}

/**
 * What is the engine's own takes the engine's own as its `this`. The species of this class is the engine's: with another one
 * every `split` by a literal would make an expression first.
 */
function toOwnStatic(key: PropertyKey, descriptor: PropertyDescriptor): PropertyDescriptor {
  if (key === Symbol.species) return { ...descriptor, get: getSpecies }
  const { get, set } = descriptor
  if (get !== undefined) descriptor.get = get.bind(NativeRegExp)
  if (set !== undefined) descriptor.set = set.bind(NativeRegExp)
  return descriptor
}

function getSpecies(this: unknown): unknown {
  return this === Wrapped ? NativeRegExp : this
}
