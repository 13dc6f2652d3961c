/**
 * Two versions that share an app's requests: the canary gets a part of the clients, the other one the rest. Pure.
 *
 *     client's key  >  SHA-256 of salt and key  >  a place from 0 to 100  >  below `percent`: canary
 *
 * Holds: who has the same key gets the same version, on every shard and after a restart. When `percent` grows, whoever is
 * on the canary stays there. The salt is another one for each canary, so that it is not always the same clients who try
 * what is new.
 */

import { hash } from 'node:crypto'

import { toStickyKey } from '../http/sticky-key.ts'
import type { StickyBy } from '../http/sticky-key.ts'

/** Who gets the canary. */
export interface Share {
  /** Of the clients: between 0 and 100. */
  readonly percent: number
  readonly salt: string
  /** Undefined: clients are told apart by address. */
  readonly stickyBy?: StickyBy | undefined
}

/** Says by which address a client is told apart. */
export interface Caller {
  toClient(rawHeaders: readonly string[]): { readonly key: string }
}

const PLACES = 2 ** 32

export class Split<T> {
  readonly #before: T
  readonly #canary: T
  readonly #share: Share
  /** Below it the canary's places begin. */
  readonly #bound: number

  constructor(before: T, canary: T, share: Share) {
    this.#before = before
    this.#canary = canary
    this.#share = share
    this.#bound = (share.percent / 100) * PLACES
  }

  /** The version of a request. */
  choose(rawHeaders: readonly string[], caller: Caller): T {
    const { stickyBy, salt } = this.#share
    const key = (stickyBy && toStickyKey(stickyBy, rawHeaders)) ?? caller.toClient(rawHeaders).key
    return toPlace(salt, key) < this.#bound ? this.#canary : this.#before
  }
}

function toPlace(salt: string, key: string): number {
  return hash('sha256', `${salt}\n${key}`, 'buffer').readUInt32BE(0)
}
