/**
 * The seam of stores: what one kind of data binding is on the storage thread. An embedded store and a distributed one of the
 * same kind are two of these; which of them is used, the configuration says.
 */

import type { StorageSettings } from '../config/storage-settings.ts'

/** One call of an app. */
export interface StoreCall {
  /** Which data; safe as a file's name (config/resource.ts). */
  readonly key: string
  readonly op: string
  /** As the host's half of the binding made them. */
  readonly args: unknown
  /** All of the call's body, or a stream of it when more follows. */
  readonly body: Uint8Array | ReadableStream<Uint8Array>
  /** Nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

export interface StoreAnswer {
  /** What can be JSON. */
  readonly meta: unknown
  /** A stream is read at the app's pace, and cancelled when the app wants no more of it. */
  readonly body?: Uint8Array | ReadableStream<Uint8Array>
}

/** One kind of store, for all apps of the process. Calls of one app come in the order in which it made them. */
export interface Store extends AsyncDisposable {
  /** Throws a `StorageError` for what the app is told; whatever else is thrown is a fault, and is logged. */
  call(call: StoreCall): StoreAnswer | Promise<StoreAnswer>
  /** Everything under this key goes, for good; nothing happens when there is nothing. What failed midway goes on when it is asked again. */
  forget(key: string): Promise<void>
}

/** What a store is opened with. */
export interface StoreOptions {
  /** Where its files may be; a store makes a folder of its own there. */
  readonly directory: string
  readonly settings: StorageSettings
  readonly log: (text: string) => void
}

/** Where they are in a data directory. */
export const STORAGE_FOLDER = 'data'
