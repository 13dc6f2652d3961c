/** What the storage thread and a process that has files of Durable Objects say to each other. */

import type { ObjectPlace, Operation } from './operation.ts'

/** An operation is waited for so many times as long as it may take: a busy machine, or a disk, may keep it. */
export const MOST_HELD = 5

export type ToProcess =
  | {
      readonly type: 'perform'
      readonly id: number
      readonly file: ObjectPlace
      readonly operation: Operation
      readonly input: Uint8Array
      /** Milliseconds of processor time that it may take. */
      readonly timeMs: number
    }
  /** Answered by `committed`, and then by `stored` when it is on the disk. */
  | { readonly type: 'commit'; readonly id: number; readonly path: string }
  /** What is not committed is gone. Answered by `stored`. */
  | { readonly type: 'close'; readonly id: number; readonly path: string }

export type FromProcess =
  | { readonly type: 'ready' }
  | {
      readonly type: 'performed'
      readonly id: number
      readonly bytes: Uint8Array
      readonly isOpen: boolean
      /** Milliseconds of processor time that it took. */
      readonly ms: number
    }
  | {
      readonly type: 'refused'
      readonly id: number
      readonly name: string
      readonly code: string
      readonly message: string
      readonly isOpen: boolean
      readonly ms: number
    }
  /** The object cannot go on: what it has written and not committed is gone, and its file is closed. */
  | { readonly type: 'lost'; readonly id: number; readonly message: string }
  /** `bytes`: what the file has by now. */
  | { readonly type: 'committed'; readonly id: number; readonly bytes: number }
  | { readonly type: 'stored'; readonly id: number }
