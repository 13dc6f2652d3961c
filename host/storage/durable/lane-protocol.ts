/**
 * What a shard and the storage thread say to each other over a port of their own (its lane). The shard waits for the answer to
 * `perform` within a turn, on the bell that rings with each message to it; the others come when they come.
 */

import type { MessagePort } from 'node:worker_threads'

import type { Operation } from './operation.ts'

/** An object, and the most that its file may grow to. */
export interface ObjectName {
  /** What the data of its class is called (config/resource.ts). */
  readonly key: string
  /** Its id, in hex. */
  readonly id: string
  /** What it was called by, if that is known. */
  readonly name?: string | undefined
  readonly maxBytes: number
  /** The same for all objects of the app together. */
  readonly mostBytes: number
}

/** The shard's half of a lane, to be given to the thread. */
export interface LaneEnd {
  readonly port: MessagePort
  /** One word, which counts messages. */
  readonly bell: Int32Array<SharedArrayBuffer>
}

export type ToLane =
  | {
      readonly type: 'perform'
      readonly call: number
      readonly object: ObjectName
      readonly operation: Operation
      readonly input: Uint8Array
      readonly timeMs: number
    }
  | {
      readonly type: 'open'
      readonly call: number
      readonly object: ObjectName
      /** What the data of all classes of the app is called. */
      readonly classes: readonly string[]
    }
  | { readonly type: 'commit' | 'close'; readonly call: number; readonly object: ObjectName }

export type FromLane =
  | {
      readonly type: 'performed'
      readonly call: number
      readonly bytes: Uint8Array
      /** There is something that is not committed. */
      readonly isOpen: boolean
      /** Milliseconds of processor time that it took. */
      readonly ms: number
    }
  /** The object is told, and goes on. */
  | {
      readonly type: 'refused'
      readonly call: number
      readonly name: string
      readonly code: string
      readonly message: string
      readonly isOpen: boolean
      readonly ms: number
    }
  /** On the disk; closed. */
  | { readonly type: 'stored'; readonly call: number }
  /** The object cannot go on; what it has not been told to be stored may be gone. `isTooLong`: it took longer than it may. */
  | { readonly type: 'lost'; readonly call: number; readonly message: string; readonly isTooLong: boolean }
