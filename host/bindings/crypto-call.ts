/**
 * What a guest says of one call of `crypto.subtle`, put together: dictionaries that have no prototype and no other members
 * than those of wit/crypto.wit. Whether they are what an algorithm wants is Node's to say.
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-crypto.d.ts'
import { type ByteBudget, Holding, QUEUED_COST } from '../limits/byte-budget.ts'

/** What the guest gave is copied into memory of its own. */
export type Bytes = Uint8Array<ArrayBuffer>

/** Members of a dictionary, by the names of the standard. */
export type Dictionary = Record<string, unknown>

/** A key that is still sealed. */
export interface SealedParameter {
  readonly subject: Wit.Subject
  readonly name: string
  readonly sealed: Uint8Array
}

/** One call. */
export interface CryptoCall {
  readonly id: number
  readonly operation: Wit.Operation
  /** The sealed key that is used; empty: none. */
  readonly sealed: Uint8Array
  readonly data: Bytes
  readonly said: Readonly<Record<Wit.Subject, Dictionary>>
  /** Keys among the parameters. */
  readonly keys: readonly SealedParameter[]
  /** Bytes of all of it. */
  readonly size: number
  /** What the host holds for it; whoever has the call releases it. */
  readonly holding: Holding
}

/** More than any call has. */
const MOST_PARAMETERS = 64

/** Parameters that come one by one. */
const LISTS: ReadonlySet<Wit.Field> = new Set(['key-ops', 'key-usages'])
const FLAGS: ReadonlySet<Wit.Field> = new Set(['ext', 'extractable'])
/** Those that the standard does not write as the others. */
const NAMES: Readonly<Partial<Record<Wit.Field, string>>> = { 'key-ops': 'key_ops', usage: 'use' }

const decoder = new TextDecoder()

/** Of a word; what is no UTF-8 becomes a name that nothing has. */
export const toText = (word: Uint8Array): string => decoder.decode(word)

/** The call that is being said. */
export class CryptoDraft {
  readonly #said = {
    call: makeDictionary(),
    algorithm: makeDictionary(),
    product: makeDictionary(),
    jwk: makeDictionary(),
  }
  readonly #keys: SealedParameter[] = []
  readonly #holding: Holding
  #count = 0
  #size = 0
  /** More was said than any call has, or than the host can hold. */
  #isTooMuch = false

  constructor(budget: ByteBudget) {
    this.#holding = new Holding(budget)
  }

  get isEmpty(): boolean {
    return this.#count === 0
  }

  /** Nothing comes of it. */
  [Symbol.dispose](): void {
    this.#holding.release()
  }

  text(subject: Wit.Subject, field: Wit.Field, word: Uint8Array): void {
    if (!this.#admit(word.length)) return
    const name = toName(field)
    if (!LISTS.has(field)) this.#said[subject][name] = toText(word)
    else {
      const list = (this.#said[subject][name] ??= [])
      if (Array.isArray(list)) list.push(toText(word))
    }
  }

  number(subject: Wit.Subject, field: Wit.Field, value: number): void {
    if (this.#admit(0)) this.#said[subject][toName(field)] = FLAGS.has(field) ? value !== 0 : value
  }

  bytes(subject: Wit.Subject, field: Wit.Field, bytes: Uint8Array): void {
    if (this.#admit(bytes.length)) this.#said[subject][toName(field)] = bytes
  }

  key(subject: Wit.Subject, field: Wit.Field, sealed: Uint8Array): void {
    if (this.#admit(sealed.length)) this.#keys.push({ subject, name: toName(field), sealed })
  }

  /** All is said; undefined when that was too much. */
  finish(
    id: number,
    operation: Wit.Operation,
    algorithm: Uint8Array,
    { sealed, data }: { readonly sealed: Uint8Array; readonly data: Uint8Array },
  ): CryptoCall | undefined {
    this.#said.algorithm['name'] = toText(algorithm)
    const size = this.#size + algorithm.length + sealed.length + data.length
    // there is as much room again, and for so many bits, for what comes of it
    const length = Math.ceil(Number(this.#said.call['length'] ?? 0) / 8)
    if (this.#isTooMuch || !this.#holding.set(QUEUED_COST + 2 * size + length)) {
      this.#holding.release()
      return undefined
    }
    const holding = this.#holding
    return { id, operation, sealed, data: data as Bytes, said: this.#said, keys: this.#keys, size, holding }
  }

  /** One more; false when it is too much. */
  #admit(bytes: number): boolean {
    this.#count++
    this.#size += bytes
    if (this.#count > MOST_PARAMETERS || !this.#holding.set(this.#size)) this.#isTooMuch = true
    return !this.#isTooMuch
  }
}

const makeDictionary = (): Dictionary => Object.create(null) as Dictionary

function toName(field: Wit.Field): string {
  return NAMES[field] ?? field.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}
