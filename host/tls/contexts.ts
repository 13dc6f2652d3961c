/**
 * Which certificate a client of a shard gets: the one that has the name that it asks for, or one for all names of that
 * level, else the first. The keys of session tickets are the same in every context and every shard, so that a client may
 * come back to any of them. Contexts are made when they are asked for: there may be thousands.
 */

import { createSecureContext } from 'node:tls'
import type { SecureContext, SecureContextOptions } from 'node:tls'

import type { KeyPair } from './key-pair.ts'

/** What every shard serves with, at one moment. */
export interface TlsState {
  /** The first is for clients whose name no certificate has. */
  readonly pairs: readonly [KeyPair, ...KeyPair[]]
  /** How session tickets are sealed; as long as the library wants it. */
  readonly ticketKeys: Uint8Array
}

/** Suites of TLS 1.2 with forward secrecy and authenticated encryption; those of 1.3 all have both. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

export class TlsContexts {
  /** For clients that ask for no name. */
  readonly options: SecureContextOptions
  readonly #byName: ReadonlyMap<string, KeyPair>
  readonly #first: KeyPair
  readonly #ticketKeys: Buffer
  readonly #made = new Map<KeyPair, SecureContext>()

  constructor({ pairs, ticketKeys }: TlsState) {
    this.#first = pairs[0]
    this.#ticketKeys = Buffer.from(ticketKeys)
    // of two with a name the one that stands before
    const entries = pairs.toReversed().flatMap((pair) => pair.names.map((name) => [name, pair] as const))
    this.#byName = new Map(entries)
    this.options = this.#toOptions(this.#first)
  }

  /** For a client that asks for this name. */
  find(name: string): SecureContext {
    const asked = name.toLowerCase()
    const dot = asked.indexOf('.')
    const above = dot < 0 ? undefined : this.#byName.get(`*${asked.slice(dot)}`)
    const pair = this.#byName.get(asked) ?? above ?? this.#first
    const context = this.#made.get(pair) ?? createSecureContext(this.#toOptions(pair))
    this.#made.set(pair, context)
    return context
  }

  #toOptions({ cert, key }: KeyPair): SecureContextOptions & { readonly ticketKeys: Buffer } {
    return { cert, key, minVersion: 'TLSv1.2', ciphers: CIPHERS, ticketKeys: this.#ticketKeys }
  }
}
