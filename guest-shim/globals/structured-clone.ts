/**
 * `structuredClone` after the HTML standard. The engine's own knows no kinds but the language's: to it an object of a
 * class that stands here is an empty one, and a File is bytes.
 *
 * What kind an object is of, its prototypes say, and a check of what is in it. Whoever has a class adds its kind
 * (`addKind`), or has it refused (`refuse`).
 */

import { defineProperty, NativeDOMException, NativeTypeError, ownKeys, uncurry } from './primordials.ts'
import { isObject, requireArguments, toMembers } from './web-idl.ts'

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a `this` of their own */

/** One clone that is being made. `inner` clones what is within an object, or gives what was made of it already. */
export interface Cloning {
  inner(value: unknown): unknown
  /** What the object has become; must be said before anything within it is cloned. */
  is<T extends object>(copy: T): T
}

/** Makes a copy, or undefined when the object is not of the kind. */
export type Kind = (value: object, cloning: Cloning) => object | undefined

const { getOwnPropertyDescriptor, getPrototypeOf } = Reflect
const { isArray } = Array
const { is } = Object
const { isFinite } = Number
const NativeMap = Map
const mapGet = uncurry(Map.prototype.get)
const mapSet = uncurry(Map.prototype.set)
const kinds = new Map<object, Kind>()
const kindOf = (prototype: object) => mapGet(kinds, prototype) as Kind | undefined

export function addKind(of: { readonly prototype: object }, kind: Kind): void {
  kinds.set(of.prototype, kind)
}

/** Has objects of these classes refused, unless they have a kind. */
export function refuse(classes: Iterable<{ readonly prototype: object }>): void {
  for (const { prototype } of classes) if (!kinds.has(prototype)) kinds.set(prototype, refuseObject)
}

/** Whether it is of a kind that is known by its class. */
export function isCloneable(value: object): boolean {
  for (let prototype = getPrototypeOf(value); prototype !== null; prototype = getPrototypeOf(prototype)) {
    const kind = kindOf(prototype)
    if (kind !== undefined && kind !== refuseObject) return true
  }
  return false
}

/** How something is handed over; undefined when it is not of the kind. Throws when it cannot be now. */
export type Transfer = (value: object) => (() => object) | undefined

const transfers: Transfer[] = []

export function addTransfer(transfer: Transfer): void {
  transfers.push(transfer)
}

const refuseObject: Kind = () => {
  throw cannotClone('an object of this class')
}

export const cannotClone = (what: string) =>
  new NativeDOMException(`${what} cannot be cloned`, 'DataCloneError')

/** What stands for an object or a function that is not to be copied, or undefined. */
export type StandIn = (value: object) => object | undefined

class Walk implements Cloning {
  readonly #made = new NativeMap<unknown, unknown>()
  readonly #standIn: StandIn | undefined
  #current: object | undefined
  /** All of the copy is what JSON can say: plain objects and full arrays of texts, numbers, booleans and nulls, each of them once. */
  isPlain = true

  constructor(standIn?: StandIn) {
    this.#standIn = standIn
  }

  /** Says what something has become before the walk. */
  know(value: object, copy: object): void {
    mapSet(this.#made, value, copy)
  }

  inner(value: unknown): unknown {
    if (typeof value === 'symbol') throw cannotClone('a symbol')
    if (!isObject(value)) {
      this.isPlain &&= isPlainValue(value)
      return value
    }
    const made = mapGet(this.#made, value)
    if (made !== undefined) {
      this.isPlain = false
      return made
    }
    const stand = this.#standIn?.(value)
    if (stand !== undefined) {
      this.isPlain = false
      this.know(value, stand)
      return stand
    }
    if (typeof value === 'function') throw cannotClone(`the function ${value.name}`)
    const outer = this.#current
    this.#current = value
    const copy = this.#copy(value)
    this.#current = outer
    return copy
  }

  is<T extends object>(copy: T): T {
    this.know(this.#current as object, copy)
    return copy
  }

  #copy(value: object): object {
    if (isArray(value)) return this.#copyMembers(value, this.is(makeArray(value.length)))
    for (let prototype = getPrototypeOf(value); prototype !== null; prototype = getPrototypeOf(prototype)) {
      if (prototype === Object.prototype) break
      const copy = kindOf(prototype)?.(value, this)
      if (copy === undefined) continue
      this.isPlain = false
      // a kind that has nothing within need not say so
      this.know(value, copy)
      return copy
    }
    return this.#copyMembers(value, this.is({}))
  }

  #copyMembers(from: object, to: object): object {
    let count = 0
    for (const key of ownKeys(from)) {
      if (typeof key === 'symbol') continue
      if (!getOwnPropertyDescriptor(from, key)?.enumerable) continue
      put(to, key, this.inner((from as Record<string, unknown>)[key]))
      count++
    }
    // one with holes, or with more than items
    if (isArray(to) && count !== to.length) this.isPlain = false
    return to
  }
}

function isPlainValue(value: unknown): boolean {
  if (typeof value === 'number') return isFinite(value) && !is(value, -0)
  return value !== undefined && typeof value !== 'bigint'
}

function put(to: object, key: string, value: unknown): void {
  defineProperty(to, key, { value, writable: true, enumerable: true, configurable: true })
}

function makeArray(length: number): object {
  const array: unknown[] = []
  array.length = length
  return array
}

/** The global `structuredClone`. */
export function structuredClone(value: unknown, options?: { transfer?: Iterable<unknown> } | null): unknown {
  requireArguments(arguments.length, 1, 'structuredClone')
  const { transfer = [] } = toMembers(options, 'structuredClone')
  if (!isObject(transfer))
    throw new NativeTypeError('structuredClone: expected a list of what is to be transferred')
  return cloneWith(value, [...transfer]).value
}

/**
 * A copy, and what was handed over for it. Things change hands when everything else is done: first all is copied, with
 * places held for them (getters of the app run then, and may throw), then the copy is copied with the real ones in place.
 */
export function cloneWith(
  value: unknown,
  list: readonly unknown[],
): { value: unknown; transferred: object[] } {
  if (list.length === 0) return { value: new Walk().inner(value), transferred: [] }
  const first = new Walk()
  const places = list.map((given, at) => {
    if (!isObject(given) || list.indexOf(given) !== at)
      throw cannotClone('what is transferred twice, or is no object,')
    toTransfer(given)
    const place = new Place()
    first.know(given, place)
    return place
  })
  const copy = first.inner(value)
  const second = new Walk()
  const hands = list.map((given) => toTransfer(given as object))
  const transferred = hands.map((hand) => hand())
  for (let i = 0; i < places.length; i++) second.know(places[i] as Place, transferred[i] as object)
  return { value: second.inner(copy), transferred }
}

/** A copy for whoever writes it down. `isPlain`: all of it is what JSON can say. */
export function cloneToWrite(value: unknown, standIn?: StandIn): { copy: unknown; isPlain: boolean } {
  const walk = new Walk(standIn)
  return { copy: walk.inner(value), isPlain: walk.isPlain }
}

/** Holds the place of what is transferred. */
// oxlint-disable-next-line typescript/no-extraneous-class -- nothing is known of it but which one it is
export class Place {}

function toTransfer(value: object): () => object {
  for (let i = 0; i < transfers.length; i++) {
    const hand = transfers[i]?.(value)
    if (hand !== undefined) return hand
  }
  throw cannotClone('an object that cannot be transferred')
}
