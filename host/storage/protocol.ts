/**
 * What a shard and the storage thread say to each other over the port between them. Calls are independent of each other; each
 * has an id that the shard chooses.
 *
 *     call  >  answer, with all of the body or its beginning  >  pull, chunk, pull, chunk  >  over
 *       '- want, push, want, push: while more of the call's body follows
 *     any   --failed-->  over          any   --abort, ended-->  over
 */

import type { MessagePort } from 'node:worker_threads'

import type { Callee } from '../config/env.ts'
import type { StorageFailure } from './failure.ts'

/** What a shard asks for. */
export interface StorageRequest {
  /** Which store. */
  readonly kind: string
  /** Which data in it. */
  readonly key: string
  readonly op: string
  /** As the store's operation takes them; what can be posted. */
  readonly args: unknown
  readonly body: Uint8Array
  /** Ports among the arguments. */
  readonly ports?: readonly MessagePort[]
  /** Whom a call of another app leads to. */
  readonly callee?: Callee
}

/** The operation that every store has: everything under the key goes. */
export const FORGET = 'forget'

export type ToStorage =
  /** `more`: further bytes of the body follow, one `push` for each `want`. */
  | { readonly type: 'call'; readonly id: number; readonly request: StorageRequest; readonly more: boolean }
  | { readonly type: 'push'; readonly id: number; readonly bytes: Uint8Array; readonly last: boolean }
  | { readonly type: 'pull'; readonly id: number }
  | { readonly type: 'abort'; readonly id: number }

export type FromStorage =
  | {
      readonly type: 'answer'
      readonly id: number
      /** JSON. */
      readonly meta: string
      readonly body: Uint8Array
      readonly more: boolean
    }
  | { readonly type: 'chunk'; readonly id: number; readonly bytes: Uint8Array; readonly last: boolean }
  | { readonly type: 'want'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly failure: StorageFailure }
  /** One that was aborted is over, and holds nothing any more. */
  | { readonly type: 'ended'; readonly id: number }

/** Bytes in a buffer of their own: with a part of one, all of it would be posted. */
export function toOwn(bytes: Uint8Array): Uint8Array {
  return bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
}

/** What is to be moved to the other side with a message: bytes that have a buffer of their own, and are worth it. */
export function toTransfer(bytes: Uint8Array): ArrayBuffer[] {
  const { buffer, length } = bytes
  return length >= MOVED_BYTES && buffer instanceof ArrayBuffer && buffer.byteLength === length
    ? [buffer]
    : []
}

/** To copy less than this costs less than to move it. */
const MOVED_BYTES = 16 * 1024
