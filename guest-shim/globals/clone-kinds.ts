/**
 * The kinds of objects that `structuredClone` knows: the language's, and those of the Web that hold data.
 */

import { sizeOf, typeOf } from './blob.ts'
import {
  defineProperty,
  hasOwn,
  isView,
  NativeBlob,
  NativeDOMException,
  uncurry,
  uncurryGetter,
} from './primordials.ts'
import { cloneExpression } from './shown-reg-exp.ts'
import { ignore } from '../turn/pump.ts'
import {
  isLocked,
  isReadableStream,
  isWritableStream,
  pipeThrough,
  pipeTo,
  TransformStream,
} from './streams.ts'
import { cloneKey, CryptoKey, isKey } from './crypto-key.ts'
import { addKind, addTransfer, cannotClone, type Cloning, type Kind, Place } from './structured-clone.ts'

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

const { construct } = Reflect
const { getOwnPropertyDescriptor, getPrototypeOf } = Object

type Constructor = new (...args: unknown[]) => object

/** What `read` says of the object, or undefined when it throws: the object is of another kind. */
function attempt<T>(read: (value: never) => T, value: object): T | undefined {
  try {
    return read(value as never)
  } catch {
    return undefined
  }
}

/** A kind that is nothing but a value: what `read` gives makes the copy. */
const byValue =
  (read: (value: never) => unknown, make: (value: never) => object): Kind =>
  (value) => {
    const inside = attempt(read, value)
    return inside === undefined ? undefined : make(inside as never)
  }

const mapSize = uncurryGetter(Map.prototype, 'size')
const mapEach = uncurry(Map.prototype.forEach) as (
  map: object,
  each: (value: unknown, key: unknown) => void,
) => void
const mapSet = uncurry(Map.prototype.set) as (map: object, key: unknown, value: unknown) => void
const setSize = uncurryGetter(Set.prototype, 'size')
const setEach = uncurry(Set.prototype.forEach) as (set: object, each: (value: unknown) => void) => void
const setAdd = uncurry(Set.prototype.add) as (set: object, value: unknown) => void
const NativeMap = Map
const NativeSet = Set

function cloneMap(value: object, cloning: Cloning): object | undefined {
  if (attempt(mapSize, value) === undefined) return undefined
  const copy = cloning.is(new NativeMap())
  const entries: [unknown, unknown][] = []
  mapEach(value, (each, key) => void (entries[entries.length] = [key, each]))
  for (let i = 0; i < entries.length; i++) {
    const [key, each] = entries[i] as [unknown, unknown]
    mapSet(copy, cloning.inner(key), cloning.inner(each))
  }
  return copy
}

function cloneSet(value: object, cloning: Cloning): object | undefined {
  if (attempt(setSize, value) === undefined) return undefined
  const copy = cloning.is(new NativeSet())
  const entries: unknown[] = []
  setEach(value, (each) => void (entries[entries.length] = each))
  for (let i = 0; i < entries.length; i++) setAdd(copy, cloning.inner(entries[i]))
  return copy
}

const lengthOf = uncurryGetter(ArrayBuffer.prototype, 'byteLength')
const isDetached = uncurryGetter(ArrayBuffer.prototype, 'detached')
const isResizable = uncurryGetter(ArrayBuffer.prototype, 'resizable')
const mostOf = uncurryGetter(ArrayBuffer.prototype, 'maxByteLength')
const transferBuffer = uncurry(ArrayBuffer.prototype.transfer) as (buffer: ArrayBuffer) => ArrayBuffer
const NativeBytes = Uint8Array
const NativeBuffer = ArrayBuffer
const setBytes = uncurry(Uint8Array.prototype.set) as (to: Uint8Array, from: Uint8Array) => void

function cloneBuffer(value: object): object | undefined {
  const length = attempt(lengthOf, value)
  if (length === undefined) return undefined
  const buffer = value as ArrayBuffer
  if (isDetached(buffer)) throw cannotClone('a detached ArrayBuffer')
  const options = isResizable(buffer) ? { __proto__: null, maxByteLength: mostOf(buffer) } : undefined
  const copy = options
    ? construct(NativeBuffer as unknown as Constructor, [length, options])
    : new NativeBuffer(length)
  setBytes(new NativeBytes(copy as ArrayBuffer), new NativeBytes(buffer))
  return copy
}

const arrays = getPrototypeOf(Uint8Array.prototype) as Uint8Array
const views = [arrays, DataView.prototype].map((prototype) => ({
  buffer: uncurryGetter(prototype, 'buffer') as (view: object) => ArrayBuffer,
  offset: uncurryGetter(prototype, 'byteOffset') as (view: object) => number,
  size: uncurryGetter(prototype, 'byteLength') as (view: object) => number,
}))
const nameOf = uncurryGetter(arrays, Symbol.toStringTag) as (view: object) => string | undefined
const viewClasses = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
  Float16Array,
  Float32Array,
  Float64Array,
] as unknown as (Constructor & { BYTES_PER_ELEMENT: number })[]

/** A view of a buffer that is transferred. */
class ViewPlace {
  readonly place: Place
  readonly make: (buffer: object) => object

  constructor(place: Place, make: (buffer: object) => object) {
    this.place = place
    this.make = make
  }
}

function cloneView(value: object, cloning: Cloning): object | undefined {
  if (!isView(value)) return undefined
  const name = nameOf(value)
  const { buffer, offset, size } = views[name === undefined ? 1 : 0] as (typeof views)[number]
  const whole = buffer(value)
  const start = offset(value)
  const bytes = size(value)
  if (isDetached(whole)) throw cannotClone('a view of a detached ArrayBuffer')
  const native = viewClasses.find((each) => each.name === name) ?? DataView
  const length =
    name === undefined ? bytes : bytes / (native as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT!
  const make = (of: object) => construct(native as Constructor, [of, start, length])
  const inside = cloning.inner(whole) as object
  return inside instanceof Place ? new ViewPlace(inside, make) : make(inside)
}

const ERRORS = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError }
const errorTag = uncurry(Object.prototype.toString)

/** Of an own property with a value. */
const ownValue = (value: object, key: string): PropertyDescriptor | undefined => {
  const descriptor = getOwnPropertyDescriptor(value, key)
  return descriptor !== undefined && hasOwn(descriptor, 'value') ? descriptor : undefined
}

function cloneError(value: object, cloning: Cloning): object | undefined {
  // what makes up an Error shows nowhere else
  if (!hasOwn(value, Symbol.toStringTag) && errorTag(value) !== '[object Error]') return undefined
  const given = value as { name?: unknown; stack?: unknown }
  const name = String(given.name)
  const native = (hasOwn(ERRORS, name)
    ? ERRORS[name as keyof typeof ERRORS]
    : Error) as unknown as Constructor
  const made = native === (AggregateError as unknown) ? construct(native, [[]]) : construct(native, [])
  const copy = cloning.is(made)
  const hide = (key: string, inside: unknown) =>
    defineProperty(copy, key, { value: inside, writable: true, enumerable: false, configurable: true })
  const message = ownValue(value, 'message')
  if (message !== undefined) hide('message', String(message.value))
  if (typeof given.stack === 'string') hide('stack', given.stack)
  for (const key of ['cause', 'errors']) {
    const inside = ownValue(value, key)
    if (inside !== undefined) hide(key, cloning.inner(inside.value))
  }
  return copy
}

const exceptionName = uncurryGetter(NativeDOMException.prototype, 'name')
const exceptionMessage = uncurryGetter(NativeDOMException.prototype, 'message')

function cloneException(value: object): object | undefined {
  const name = attempt(exceptionName, value)
  return name === undefined
    ? undefined
    : new NativeDOMException(exceptionMessage(value as DOMException), name)
}

const NativeFile = File
const fileName = uncurryGetter(File.prototype, 'name')
const lastModifiedOf = uncurryGetter(File.prototype, 'lastModified')

function cloneFile(value: object): object | undefined {
  const name = attempt(fileName, value)
  if (name === undefined) return undefined
  const file = value as File
  return new NativeFile([file], name, { type: typeOf(file), lastModified: lastModifiedOf(file) })
}

function cloneBlob(value: object): object | undefined {
  if (attempt(sizeOf, value) === undefined) return undefined
  return new NativeBlob([value], { type: typeOf(value as Blob) })
}

const isGlobal = uncurryGetter(RegExp.prototype, 'global')

function cloneRegExp(value: object): object | undefined {
  // the prototype itself has a source, but is none
  if (attempt(isGlobal, value) === undefined) return undefined
  return cloneExpression(value as RegExp)
}

const refuseBoxed: Kind = (value) => {
  if (attempt(uncurry(Symbol.prototype.valueOf), value) === undefined) return undefined
  throw cannotClone('a symbol')
}

export function addKinds(): void {
  addKind(CryptoKey, (key) => (isKey(key) ? cloneKey(key) : undefined))
  addKind(
    Date,
    byValue(uncurry(Date.prototype.getTime), (time: number) => new Date(time)),
  )
  addKind(
    Boolean,
    byValue(uncurry(Boolean.prototype.valueOf), (value: boolean) => Object(value) as object),
  )
  addKind(
    Number,
    byValue(uncurry(Number.prototype.valueOf), (value: number) => Object(value) as object),
  )
  addKind(
    String,
    byValue(uncurry(String.prototype.valueOf), (value: string) => Object(value) as object),
  )
  addKind(
    BigInt,
    byValue(uncurry(BigInt.prototype.valueOf), (value: bigint) => Object(value) as object),
  )
  addKind(Symbol, refuseBoxed)
  addKind(RegExp, cloneRegExp)
  addKind(Map, cloneMap)
  addKind(Set, cloneSet)
  addKind(ArrayBuffer, cloneBuffer)
  addKind({ prototype: arrays }, cloneView)
  addKind(DataView, cloneView)
  addKind(Error, cloneError)
  addKind(DOMException, cloneException)
  addKind(Blob, cloneBlob)
  addKind(File, cloneFile)
  addKind(ViewPlace, (view, cloning) => {
    const { make, place } = view as ViewPlace
    return make(cloning.inner(place) as object)
  })
  addTransfer(transferArrayBuffer)
  addTransfer(transferStream)
}

function transferArrayBuffer(value: object): (() => object) | undefined {
  if (attempt(lengthOf, value) === undefined) return undefined
  if (isDetached(value as ArrayBuffer)) throw cannotClone('a detached ArrayBuffer')
  return () => transferBuffer(value as ArrayBuffer)
}

/** The stream itself is locked from here on, and goes through another one. */
function transferStream(value: object): (() => object) | undefined {
  if (isReadableStream(value)) {
    if (isLocked(value)) throw cannotClone('a locked stream')
    return () => pipeThrough(value, new TransformStream())
  }
  if (isWritableStream(value)) {
    if (value.locked) throw cannotClone('a locked stream')
    return () => {
      const { readable, writable } = new TransformStream()
      void ignore(pipeTo(readable, value))
      return writable
    }
  }
  return undefined
}
