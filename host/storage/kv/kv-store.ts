/**
 * Keys and values: what a KV store can do, whichever engine has it. Keys are bytes and ordered as such; a namespace begins to
 * exist with its first value.
 */

import { StorageError } from '../failure.ts'

/** What belongs to a key. */
export interface KvEntry {
  readonly value: Uint8Array
  /** JSON; undefined: none. */
  readonly metadata: string | undefined
}

/** What is written. */
export interface KvPut extends KvEntry {
  /** Seconds since 1970; undefined: it stays. */
  readonly expiration: number | undefined
  /** What the namespace may take up altogether. */
  readonly mostBytes: number
}

export interface KvListing {
  readonly keys: readonly KvListed[]
  /** Where the next listing goes on: behind this key; undefined: these were all. */
  readonly next: Uint8Array | undefined
}

export interface KvListed {
  readonly name: Uint8Array
  readonly expiration: number | undefined
  readonly metadata: string | undefined
}

export interface KvListOptions {
  readonly prefix: Uint8Array
  /** At least 1. */
  readonly limit: number
  /** Only keys behind this one. */
  readonly after: Uint8Array | undefined
}

export interface KvStore extends AsyncDisposable {
  /** In the order of the keys; what has expired is not there. */
  get(namespace: string, keys: readonly Uint8Array[]): Promise<readonly (KvEntry | undefined)[]>
  /** Resolves when it outlives a crash of the machine. */
  put(namespace: string, key: Uint8Array, entry: KvPut): Promise<void>
  /** The same. Nothing happens when there is no such key. */
  delete(namespace: string, key: Uint8Array): Promise<void>
  list(namespace: string, options: KvListOptions): Promise<KvListing>
  /** All of the namespace. */
  forget(namespace: string): Promise<void>
}

/** What an entry takes up beside its bytes. */
export const ENTRY_BYTES = 64

/** What an entry takes up of its namespace. */
export function toCost(key: Uint8Array, { value, metadata = '' }: KvEntry): number {
  return ENTRY_BYTES + key.length + value.length + metadata.length
}

export function toTooMuch(mostBytes: number): StorageError {
  const says = `the namespace would be larger than it may: ${mostBytes / 1024 / 1024} MiB (kv_mb)`
  return new StorageError('STORAGE_LIMIT', `KV PUT failed: 413 ${says}`)
}
