/**
 * How the standards turn what they are given into what they expect (Web IDL), and how their classes look.
 */

import { defineProperty, NativeTypeError, ownKeys, test, toWellFormed } from './primordials.ts'

const BEYOND_BYTES = /[^\0-\xff]/

/** To text as the language does it: a symbol throws. */
// oxlint-disable-next-line typescript/no-unnecessary-template-expression -- what is given is not what its type says
export const toText = (value: unknown): string => `${value as string}`

export function toByteString(value: unknown): string {
  const text = toText(value)
  if (test(BEYOND_BYTES, text)) throw new NativeTypeError('expected characters up to U+00FF')
  return text
}

/** Without halves of characters. */
export const toScalarText = (value: unknown): string => toWellFormed(toText(value))

export function toUnsignedShort(value: unknown): number {
  // oxlint-disable-next-line no-implicit-coercion, typescript/no-unnecessary-type-conversion -- a BigInt or a symbol must throw
  const number = +(value as number)
  return number >= 0 && number <= 65_535 && number % 1 === 0 ? number : Math.trunc(number % 65_536) & 65_535
}

/** A dictionary: undefined and null are one without members. */
export function toMembers<T extends object>(value: T | null | undefined, what: string): T {
  if (value === undefined || value === null) return NONE as T
  if (isObject(value)) return value
  throw new NativeTypeError(`${what}: expected an object, got ${typeof value}`)
}

const NONE = Object.freeze({ __proto__: null })

export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

/** One of some words. */
export function toWord<T extends string>(value: unknown, words: readonly T[], what: string): T {
  const text = toText(value)
  for (let i = 0; i < words.length; i++) if (words[i] === text) return text as T
  let all = ''
  for (let i = 0; i < words.length; i++) all += `${i === 0 ? '' : ', '}"${words[i]}"`
  throw new NativeTypeError(`${what}: expected one of ${all}, got "${text}"`)
}

export function requireArguments(got: number, least: number, what: string): void {
  if (got < least) throw new NativeTypeError(`${what}: expected ${least} arguments, got ${got}`)
}

/**
 * For a class of the shim's own whose objects are many. They begin with these, set nothing else in their constructor, and
 * declare their fields: one that the class makes takes the engine three times as long. What an app puts on
 * `Object.prototype` is not theirs.
 */
export function finishParts<T extends object>(
  of: { readonly prototype: T },
  defaults: { [Each in keyof T]?: T[Each] | undefined },
): void {
  Object.setPrototypeOf(of.prototype, null)
  Object.assign(of.prototype, defaults)
}

/** Makes a class look like an interface: members that can be enumerated, its name, which bundlers may change. */
export function finishInterface(of: { readonly prototype: object }, name: string): void {
  defineProperty(of, 'name', { value: name, configurable: true })
  showMembers(of, ['length', 'name', 'prototype'])
  showMembers(of.prototype, ['constructor'])
  defineProperty(of.prototype, Symbol.toStringTag, { value: name, configurable: true })
}

function showMembers(owner: object, but: readonly string[]): void {
  for (const key of ownKeys(owner)) {
    if (typeof key === 'string' && !but.includes(key)) defineProperty(owner, key, { enumerable: true })
  }
}

/** An unsigned long long that is refused when it is none. */
export function toIndex(value: unknown, what: string): number {
  // oxlint-disable-next-line no-implicit-coercion, typescript/no-unnecessary-type-conversion -- a BigInt or a symbol must throw
  const number = Math.trunc(+(value as number))
  if (number >= 0 && number <= Number.MAX_SAFE_INTEGER) return number
  throw new NativeTypeError(`${what}: expected an integer from 0 on, got ${toText(value)}`)
}
