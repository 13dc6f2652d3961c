/**
 * `RegExp` for patterns that an app makes when it runs, with what the engine lacks: `\p{...}` and the flag `v`. The host
 * rewrites them, and each is rewritten once. All others are the engine's, and so are the prototype and its methods.
 */

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

import { askHost } from '../bindings/language.ts'
import { defineProperty, makeTable, ownKeys, test, uncurry } from './primordials.ts'
import { findGiven, forget, installSource, NativeRegExp, type Pattern, show } from './shown-reg-exp.ts'
import { isObject, toText } from './web-idl.ts'

const { getOwnPropertyDescriptor } = Object

const { prototype } = NativeRegExp
const compileOn = uncurry(prototype.compile)

const LACKING = /\\[pP]\{/
/** So many are kept. */
const MOST_REWRITTEN = 200
let rewritten = makeTable<string, Pattern>()

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
    [prototype, 'compile', compile],
    [globalThis, 'RegExp', Wrapped],
  ] as const) {
    defineProperty(owner, name, { value, writable: true, enumerable: false, configurable: true })
  }
  installSource()
}

function Wrapped(this: unknown, pattern?: unknown, flags?: unknown): unknown {
  if (new.target === undefined && flags === undefined && isRegExp(pattern) && pattern.constructor === Wrapped)
    return pattern
  const target = new.target ?? Wrapped
  const given = toGiven(pattern, flags)
  if (given === undefined) return Reflect.construct(NativeRegExp, [pattern, flags], target)
  if (!isLacking(given)) return Reflect.construct(NativeRegExp, [given.source, given.flags], target)
  const made = rewrite(given)
  const expression = Reflect.construct(NativeRegExp, [made.source, made.flags], target) as RegExp
  show(expression, given, made)
  return expression
}

/** The pattern and its flags where the engine must not be given what it was asked for: it lacks something, or has a rewritten one. */
function toGiven(pattern: unknown, flags: unknown): Pattern | undefined {
  const origin = isObject(pattern) ? findGiven(pattern) : undefined
  if (origin !== undefined) return { ...origin, ...(flags !== undefined && { flags: toText(flags) }) }
  if (typeof pattern !== 'string' || flags === undefined) return undefined
  const given = { source: pattern, flags: toText(flags) }
  return isLacking(given) ? given : undefined
}

function isLacking({ source, flags }: Pattern): boolean {
  return flags.includes('v') || (flags.includes('u') && test(LACKING, source))
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

function compile(this: RegExp, pattern?: unknown, flags?: unknown): RegExp {
  const given = toGiven(pattern, flags)
  const made = given && (isLacking(given) ? rewrite(given) : given)
  forget(this)
  compileOn(this, (made?.source ?? pattern) as string, (made?.flags ?? flags) as string)
  if (given !== undefined && made !== undefined && given !== made) show(this, given, made)
  return this
}

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
