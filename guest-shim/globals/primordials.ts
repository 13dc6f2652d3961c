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

const encoder = new TextEncoder()
export const encode = encoder.encode.bind(encoder)

export const test = uncurry(RegExp.prototype.test) as (self: RegExp, text: string) => boolean
export const slice = uncurry(String.prototype.slice)
export const toWellFormed = uncurry(String.prototype.toWellFormed)
export const { parse: parseJson, stringify: toJson } = JSON
export const isView = ArrayBuffer.isView
export const { apply, ownKeys } = Reflect
export const { defineProperty, freeze, hasOwn, isExtensible } = Object
export const NativeError = Error
export const NativeTypeError = TypeError
export const NativePromise = Promise
export const NativeRequest = Request
export const NativeResponse = Response
export const NativeHeaders = Headers
export const NativeBlob = Blob
export const NativeFormData = FormData
export const NativeURL = URL
export const NativeDOMException = DOMException

export const appendHeader = uncurry(Headers.prototype.append)
