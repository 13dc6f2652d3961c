/**
 * The engine's own functions, taken before the app runs, so that an app (or a polyfill in it) that replaces
 * `Array.prototype.push` or `Promise.prototype.then` breaks itself at most, never the shim.
 *
 * `uncurry(f)(self, ...args)` calls `f` with `self` as `this` without looking anything up. Where a method is called
 * often, a table of the shim's own (`makeTable`) carries it as an own property instead: no lookup reaches the
 * prototype, and the call costs nothing more.
 */

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

const { bind, call } = Function.prototype

export const uncurry = bind.bind(call) as <A extends unknown[], R>(
  method: (...args: A) => R,
) => (self: unknown, ...args: A) => R

/** The getter of `name` on `prototype`, as a function of the object. */
export function uncurryGetter<T, K extends keyof T>(prototype: T, name: K): (self: T) => T[K] {
  const getter = Object.getOwnPropertyDescriptor(prototype, name)?.get
  if (!getter) throw new Error(`the engine has no getter "${String(name)}"`)
  return uncurry(getter) as (self: T) => T[K]
}

type Bytes = Uint8Array<ArrayBuffer>

export interface Table<K, V> {
  get(key: K): V | undefined
  set(key: K, value: V): unknown
  delete(key: K): boolean
  readonly size: number
}

/** A Map whose methods cannot be replaced from outside. */
export function makeTable<K, V>(): Table<K, V> {
  const { delete: remove, get, set } = Map.prototype
  const { get: size } = Object.getOwnPropertyDescriptor(Map.prototype, 'size') ?? {}
  const map = Object.defineProperties(new Map<K, V>(), {
    get: { value: get },
    set: { value: set },
    delete: { value: remove },
  })
  return size ? Object.defineProperty(map, 'size', { get: size }) : map
}

const NativeBytes = Uint8Array
const encoder = new TextEncoder()
const encodeLong = encoder.encode.bind(encoder)
const encodeInto = encoder.encodeInto.bind(encoder)
/** Of longer ones, copying is what takes the time. */
export const MOST_SHORT = 1024

/** UTF-8. A short text in ASCII takes the engine a quarter of the time when it need not make the array. */
export function encode(text: string): Bytes {
  const { length } = text
  if (length > MOST_SHORT) return encodeLong(text)
  const bytes = new NativeBytes(length)
  return encodeInto(text, bytes).read === length ? bytes : encodeLong(text)
}

const decoder = new TextDecoder()
/** UTF-8, without a mark of the byte order; bad bytes become U+FFFD. */
export const decode = decoder.decode.bind(decoder)
const markDecoder = new TextDecoder('utf-8', { ignoreBOM: true })
/** A byte order mark at the beginning is text like any other. */
export const decodeAll = markDecoder.decode.bind(markDecoder)

export const isEnumerable = uncurry(Object.prototype.propertyIsEnumerable)
export const test = uncurry(RegExp.prototype.test) as (self: RegExp, text: string) => boolean
export const indexOf = uncurry(String.prototype.indexOf)
export const join = uncurry(Array.prototype.join) as (items: readonly string[], separator: string) => string
export const sort = uncurry(Array.prototype.sort) as (items: string[]) => string[]
export const split = uncurry(String.prototype.split) as unknown as (
  text: string,
  separator: string,
) => string[]
export const slice = uncurry(String.prototype.slice)
export const toLowerCase = uncurry(String.prototype.toLowerCase)
export const toUpperCase = uncurry(String.prototype.toUpperCase)
export const toWellFormed = uncurry(String.prototype.toWellFormed)
export const { parse: parseJson, stringify: toJson } = JSON
export const isView = ArrayBuffer.isView
export const { apply, construct, ownKeys } = Reflect
/** Without a prototype. */
export const makeObject = (): object => ({ __proto__: null })
export const { defineProperty, freeze, getOwnPropertyDescriptors, hasOwn } = Object
export const NativeError = Error
export const NativeSyntaxError = SyntaxError
export const NativeTypeError = TypeError
export const NativeRangeError = RangeError
export const NativePromise = Promise
export const NativeWeakMap = WeakMap
export const NativeBlob = Blob
export const NativeFile = File
export const NativeFormData = FormData
export const NativeURL = URL
export const NativeURLSearchParams = URLSearchParams
export const NativeDOMException = DOMException

export const isForm = (value: unknown): value is FormData => value instanceof NativeFormData
export const appendField = uncurry(FormData.prototype.append)
export const isParams = (value: unknown): value is URLSearchParams => value instanceof NativeURLSearchParams
export const paramsToText = uncurry(URLSearchParams.prototype.toString)
