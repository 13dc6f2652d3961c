/**
 * What `structuredClone` copies, as bytes: what an app stores, and what goes to another guest. Bytes that were stored are
 * read by every later version, so that forms are only added.
 *
 *     1, JSON                                        what JSON can say, which is most
 *     2, length of the JSON, JSON, buffers           all else: marks in the JSON, bytes of buffers behind it
 *
 * A mark is `{"$": [kind, ...]}`. Each object has a number, in the order in which they begin; `["&", number]` is one that has
 * begun before. The copy that `structuredClone` would give is what is written down, so that everything here is of a native kind.
 *
 * Parts that need it share it through a module of globals/ that imports it with `?lazy`: an image has its text once.
 */

import type { Bytes } from '../globals/buffer-source.ts'
import {
  decodeAll,
  encode,
  NativeDOMException,
  NativeError,
  parseJson,
  toJson,
} from '../globals/primordials.ts'
import { cannotClone, cloneToWrite } from '../globals/structured-clone.ts'

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** How to write an object or a function that is not to be copied; undefined: it is. May throw. */
export type Describe = (value: object) => Json | undefined
/** What such a one becomes again. */
export type Revive = (described: Json) => unknown

type Mutable = Record<string, unknown>
type Constructor = new (...args: unknown[]) => object

const PLAIN = 1
const MARKED = 2
/** The form, and the length of the JSON. */
const HEAD_BYTES = 5
const MARK = '$'

const { getPrototypeOf, defineProperty, hasOwn } = Object
const put = (to: object, key: string, value: unknown) =>
  defineProperty(to, key, { value, writable: true, enumerable: true, configurable: true })
const hide = (to: object, key: string, value: unknown) =>
  defineProperty(to, key, { value, writable: true, enumerable: false, configurable: true })

/** By name; the first one is for those that have no name of their own. */
const ERRORS = [
  NativeError,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError,
] as unknown as Constructor[]
const VIEWS = [
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
  DataView,
] as unknown as Constructor[]
/** Properties of an error that its copy has. */
const HIDDEN = ['message', 'stack', 'cause', 'errors']

/** Stands for what was described. */
class Described {
  readonly said: Json

  constructor(said: Json) {
    this.said = said
  }
}

/** Throws a `DataCloneError` for what cannot be copied. */
export function serialize(value: unknown, describe?: Describe): Bytes {
  const standIn =
    describe &&
    ((given: object) => {
      const said = describe(given)
      return said === undefined ? undefined : new Described(said)
    })
  const { copy, isPlain } = cloneToWrite(value, standIn)
  if (isPlain) {
    const text = encode(toJson(copy))
    const bytes = new Uint8Array(1 + text.length)
    bytes[0] = PLAIN
    bytes.set(text, 1)
    return bytes
  }
  return new Writer().write(copy)
}

/** Throws for bytes that `serialize` has not made. */
export function deserialize(bytes: Uint8Array, revive?: Revive): unknown {
  if (bytes[0] === PLAIN) return parseJson(decodeAll(bytes.subarray(1)))
  if (bytes[0] !== MARKED) throw new NativeError('expected a value that was serialized, got other bytes')
  return new Reader(bytes, revive).read()
}

class Writer {
  readonly #numbers = new Map<object, number>()
  readonly #buffers: Uint8Array[] = []

  write(value: unknown): Bytes {
    const text = encode(toJson(this.#say(value)))
    const size = this.#buffers.reduce((sum, { length }) => sum + length, 0)
    const bytes = new Uint8Array(HEAD_BYTES + text.length + size)
    bytes[0] = MARKED
    new DataView(bytes.buffer).setUint32(1, text.length)
    bytes.set(text, HEAD_BYTES)
    let at = HEAD_BYTES + text.length
    for (const buffer of this.#buffers) {
      bytes.set(buffer, at)
      at += buffer.length
    }
    return bytes
  }

  #say(value: unknown): unknown {
    switch (typeof value) {
      case 'undefined':
        return mark('undefined')
      case 'bigint':
        return mark('bigint', String(value))
      case 'number':
        if (Object.is(value, -0)) return mark('number', '-0')
        return Number.isFinite(value) ? value : mark('number', String(value))
      case 'object':
        return value === null ? null : this.#sayObject(value)
      default:
        return value
    }
  }

  #sayObject(value: object): unknown {
    const known = this.#numbers.get(value)
    if (known !== undefined) return mark('&', known)
    this.#numbers.set(value, this.#numbers.size)
    if (value instanceof Described) return mark('external', value.said)
    if (Array.isArray(value)) return this.#sayArray(value)
    if (getPrototypeOf(value) === Object.prototype) return this.#sayMembers(value)
    return this.#sayKind(value)
  }

  #sayArray(array: readonly unknown[]): unknown {
    const keys = Object.keys(array)
    const isFull = keys.length === array.length && keys.every((key, index) => key === String(index))
    if (isFull) return array.map((item) => this.#say(item))
    return mark('array', array.length, this.#sayEntries(array, keys))
  }

  #sayMembers(value: object): unknown {
    if (hasOwn(value, MARK)) return mark('object', this.#sayEntries(value, Object.keys(value)))
    const said = {}
    for (const key of Object.keys(value)) put(said, key, this.#say((value as Mutable)[key]))
    return said
  }

  #sayEntries(value: object, keys: readonly string[]): unknown[] {
    return keys.flatMap((key) => [key, this.#say((value as Mutable)[key])])
  }

  #sayKind(value: object): unknown {
    if (value instanceof Date) return mark('date', this.#say(value.getTime()))
    if (value instanceof Map) {
      const said: unknown[] = []
      for (const [key, each] of value) said.push(this.#say(key), this.#say(each))
      return mark('map', said)
    }
    if (value instanceof Set) {
      const said: unknown[] = []
      for (const each of value) said.push(this.#say(each))
      return mark('set', said)
    }
    if (value instanceof ArrayBuffer) {
      this.#buffers.push(new Uint8Array(value))
      return mark('buffer', value.byteLength, value.resizable ? value.maxByteLength : null)
    }
    const view = VIEWS.findIndex(({ prototype }) => getPrototypeOf(value) === prototype)
    if (view >= 0) {
      const { buffer, byteOffset, byteLength, length = byteLength } = value as Uint8Array
      return mark('view', VIEWS[view]!.name, this.#say(buffer), byteOffset, length)
    }
    if (value instanceof RegExp) return mark('regexp', value.source, value.flags)
    if (value instanceof NativeDOMException) return mark('exception', value.message, value.name)
    if (value instanceof NativeError) {
      const name = (getPrototypeOf(value) as Error).name
      return mark(
        'error',
        name,
        this.#sayEntries(
          value,
          HIDDEN.filter((key) => hasOwn(value, key)),
        ),
      )
    }
    const inside: unknown = value.valueOf()
    if (typeof inside === 'object') throw cannotClone('an object of this class')
    return mark('boxed', this.#say(inside))
  }
}

const mark = (...said: unknown[]) => ({ [MARK]: said })

class Reader {
  readonly #bytes: Uint8Array
  readonly #revive: Revive | undefined
  readonly #objects: unknown[] = []
  readonly #text: string
  /** Where the next buffer lies. */
  #at: number

  constructor(bytes: Uint8Array, revive: Revive | undefined) {
    this.#bytes = bytes
    this.#revive = revive
    this.#at = HEAD_BYTES + new DataView(bytes.buffer, bytes.byteOffset).getUint32(1)
    this.#text = decodeAll(bytes.subarray(HEAD_BYTES, this.#at))
  }

  read(): unknown {
    return this.#hear(parseJson(this.#text))
  }

  #hear(said: unknown): unknown {
    if (typeof said !== 'object' || said === null) return said
    if (Array.isArray(said)) return this.#fill(this.#begin([]), said)
    if (!hasOwn(said, MARK)) {
      const object = this.#begin({})
      for (const key of Object.keys(said)) put(object, key, this.#hear((said as Mutable)[key]))
      return object
    }
    const [kind, ...rest] = (said as { [MARK]: [string, ...unknown[]] })[MARK]
    return this.#hearMark(kind, rest)
  }

  #hearMark(kind: string, [first, second, third, fourth]: readonly unknown[]): unknown {
    switch (kind) {
      case 'undefined':
        return undefined
      case 'bigint':
        return BigInt(first as string)
      case 'number':
        return Number(first)
      case '&':
        return this.#objects[first as number]
      case 'object':
        return this.#fillEntries(this.#begin({}), first as unknown[])
      case 'array': {
        const array: unknown[] = []
        array.length = first as number
        return this.#fillEntries(this.#begin(array), second as unknown[])
      }
      case 'map': {
        const map = this.#begin(new Map())
        const entries = first as unknown[]
        for (let i = 0; i < entries.length; i += 2)
          map.set(this.#hear(entries[i]), this.#hear(entries[i + 1]))
        return map
      }
      case 'set': {
        const set = this.#begin(new Set())
        for (const each of first as unknown[]) set.add(this.#hear(each))
        return set
      }
      case 'buffer':
        return this.#begin(this.#takeBuffer(first as number, second as number | null))
      case 'view': {
        const number = this.#objects.push(undefined) - 1
        const View = VIEWS.find(({ name }) => name === first) as Constructor
        return (this.#objects[number] = new View(this.#hear(second), third, fourth))
      }
      case 'date':
        return this.#begin(new Date(this.#hear(first) as number))
      case 'regexp':
        return this.#begin(new RegExp(first as string, second as string))
      case 'exception':
        return this.#begin(new NativeDOMException(first as string, second as string))
      case 'error':
        return this.#hearError(first as string, second as unknown[])
      case 'boxed':
        return this.#begin(Object(this.#hear(first)) as object)
      case 'external':
        return this.#begin(this.#revive?.(first as Json))
      default:
        throw new NativeError(`expected a value of a kind that this version knows, got "${kind}"`)
    }
  }

  #begin<T>(object: T): T {
    this.#objects.push(object)
    return object
  }

  #fill(array: unknown[], said: readonly unknown[]): unknown[] {
    for (let i = 0; i < said.length; i++) array[i] = this.#hear(said[i])
    return array
  }

  #fillEntries(object: object, entries: readonly unknown[]): object {
    for (let i = 0; i < entries.length; i += 2) put(object, entries[i] as string, this.#hear(entries[i + 1]))
    return object
  }

  #takeBuffer(length: number, most: number | null): ArrayBuffer {
    // who wrote it may be another app
    if (!(length <= this.#bytes.length - this.#at)) throw new NativeError('expected the bytes of each buffer')
    const buffer = new ArrayBuffer(length, most === null ? undefined : { maxByteLength: most })
    const from = this.#bytes.subarray(this.#at, (this.#at += length))
    new Uint8Array(buffer).set(from)
    return buffer
  }

  #hearError(name: string, entries: readonly unknown[]): object {
    const Kind = ERRORS.find((each) => each.name === name) ?? ERRORS[0]!
    const error = this.#begin(Kind === (AggregateError as unknown) ? new Kind([]) : new Kind())
    delete (error as { message?: unknown }).message
    for (let i = 0; i < entries.length; i += 2) hide(error, entries[i] as string, this.#hear(entries[i + 1]))
    return error
  }
}
