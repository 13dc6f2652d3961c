/**
 * Calls of `crypto.subtle` on the host: each has an id, and its outcome comes as an event. Keys come sealed and go out as
 * they came; what is in them is the host's.
 */

import {
  bytes,
  compute as computeOnHost,
  type CryptoKey as SealedKey,
  type CryptoOutcome,
  digestFinish,
  digestWrite,
  type Event,
  type Field,
  importSecret,
  key,
  make,
  number,
  type Operation,
  start,
  type Subject,
  text,
} from 'nano:workers/crypto'
import { type Bytes, toOwn } from '../globals/buffer-source.ts'
import {
  decode,
  encode,
  makeTable,
  NativeDOMException,
  NativeError,
  NativePromise,
  NativeRangeError,
  NativeTypeError,
  parseJson,
  toJson,
} from '../globals/primordials.ts'
import { requireLive } from '../turn/phase.ts'
import type { GuestBinding } from './binding.ts'

export type { Field, Operation, SealedKey, Subject }

/** A key among the parameters. */
export interface SealedValue {
  readonly sealed: Bytes
}

export interface Parameter {
  readonly subject: Subject
  readonly field: Field
  readonly value: string | number | boolean | readonly string[] | Bytes | SealedValue
}

export interface Call {
  readonly operation: Operation
  /** Its name. */
  readonly algorithm: string
  readonly key: SealedValue | undefined
  readonly data: Bytes
  readonly parameters: readonly Parameter[]
}

/** What comes of a call. */
export type Outcome =
  | { readonly tag: 'bytes'; readonly val: Bytes }
  | { readonly tag: 'verdict'; readonly val: boolean }
  | { readonly tag: 'jwk'; readonly val: string }
  | { readonly tag: 'key'; readonly val: SealedKey }
  | { readonly tag: 'pair'; readonly val: { readonly publicKey: SealedKey; readonly privateKey: SealedKey } }

interface Waiting {
  resolve(outcome: Outcome): void
  reject(error: unknown): void
}

const EMPTY: Bytes = new Uint8Array(0)
/** Of the length before a sealed key. */
const LENGTH_BYTES = 4
const waiting = makeTable<number, Waiting>()
const { isArray } = Array
const { assign } = Object
let lastId = 0

/** Copies all that is given: what becomes of it later is nothing to the call. Rejects with what the standard says. */
export function callHost({ operation, algorithm, key: used, data, parameters }: Call): Promise<Outcome> {
  for (let i = 0; i < parameters.length; i++) say(parameters[i] as Parameter)
  const id = ++lastId
  start(id, operation, encode(algorithm), used?.sealed ?? EMPTY, data)
  return awaitOutcome(id)
}

/** Signs or verifies at once; undefined: the host has not done it, and it has to be called. `hash`: for ECDSA. */
export function callAtOnce(
  operation: 'sign' | 'verify',
  hash: string,
  { sealed }: SealedValue,
  data: Bytes,
  signature: Bytes = EMPTY,
): Bytes | undefined {
  const made = make(operation, encode(hash), sealed, data, signature)
  return made.length === 0 ? undefined : toOwn(made)
}

/** Imports a secret at once; undefined: as above. `algorithm` and `usages` as wit/crypto.wit has them. */
export function importAtOnce(
  algorithm: string,
  usages: string,
  extractable: boolean,
  secret: Bytes,
): SealedKey | undefined {
  const made = importSecret(encode(algorithm), encode(usages), extractable, secret)
  if (made.length === 0) return undefined
  const end = LENGTH_BYTES + (made[0]! | (made[1]! << 8) | (made[2]! << 16))
  return { sealed: made.subarray(LENGTH_BYTES, end), description: decode(made.subarray(end)) }
}

/** Computes a function of `node:crypto` or `node:zlib` (wit/crypto.wit): bytes, or JSON. Throws what Node does. */
export function compute(
  call: object,
  key: Bytes = EMPTY,
  data: Bytes = EMPTY,
  other: Bytes = EMPTY,
): unknown {
  requireLive('what the host computes of node:crypto and node:zlib')
  const made = computeOnHost(encode(toJson(call)), key, data, other)
  const content = made.subarray(1)
  if (made[0] === 1) return toOwn(content)
  const value: unknown = parseJson(decode(content))
  if (made[0] === 2) return value
  const { name, message, code } = value as { name: string; message: string; code?: string }
  const error = new (
    name === 'TypeError' ? NativeTypeError : name === 'RangeError' ? NativeRangeError : NativeError
  )(message)
  throw code === undefined ? error : assign(error, { code })
}

/** A digest in parts. */
export class HostDigest {
  readonly #id = ++lastId
  readonly #algorithm: Uint8Array

  constructor(algorithm: string) {
    this.#algorithm = encode(algorithm)
    this.write(EMPTY)
  }

  write(part: Bytes): void {
    digestWrite(this.#id, this.#algorithm, part)
  }

  finish(): Promise<Outcome> {
    digestFinish(this.#id)
    return awaitOutcome(this.#id)
  }
}

function say({ subject, field, value }: Parameter): void {
  if (typeof value === 'string') text(subject, field, encode(value))
  else if (typeof value === 'object') {
    if (isArray(value))
      for (let i = 0; i < value.length; i++) text(subject, field, encode(value[i] as string))
    else if ('sealed' in value) key(subject, field, value.sealed)
    else bytes(subject, field, value as Bytes)
  } else number(subject, field, Number(value))
}

function awaitOutcome(id: number): Promise<Outcome> {
  return new NativePromise((resolve, reject) => {
    waiting.set(id, { resolve, reject })
  })
}

function settle({ id, value }: CryptoOutcome): void {
  const call = waiting.get(id)
  waiting.delete(id)
  if (value.tag === 'failed') call?.reject(toError(value.val))
  else if (value.tag === 'bytes') call?.resolve({ tag: 'bytes', val: toOwn(value.val) })
  else call?.resolve(value)
}

/** The name, LF, the message. */
function toError(failure: string): Error {
  const end = failure.indexOf('\n')
  const [name, message] = [failure.slice(0, end), failure.slice(end + 1)]
  return name === 'TypeError' ? new NativeTypeError(message) : new NativeDOMException(message, name)
}

export const binding: GuestBinding<Event> = { events: { 'crypto-done': settle } }
