/**
 * What two shards say to each other about requests that one hands over to the other: types only. Those of one turn of the
 * event loop go in one message. `number` names a request among those that its shard has handed over to this one.
 *
 *     the shard where it arrived    request, chunk, broken, taken, gone  >  the home
 *                                   <  pull, cancel, no-retry, threw, send, start, write, finish, fail
 *
 * Bytes are moved, and lie where they are charged: on the app's byte budget of the home until `taken` says that the client
 * has them, or that the other shard holds them for it.
 */

import type { ErrorCode } from '../errors.ts'
import type { RequestHead } from '../http/request-head.ts'
import type { LineEnd } from '../web-socket/line.ts'
import type { ObjectFacts } from '../instance/contract.ts'
import type { TraceContext } from '../http/trace-context.ts'

/** What a request took so far. */
export interface Cost {
  readonly cpuMs: number
  readonly isCold: boolean
}

/** About WebSockets that requests have become, the same of each. `isToHome`: which of the two has handed the requests over. */
export type OfLines = { readonly numbers: readonly number[]; readonly isToHome: boolean } & OfLine
export type OfLine =
  | { readonly type: 'line-message'; readonly isText: boolean; readonly bytes: Uint8Array }
  | { readonly type: 'line-taken'; readonly bytes: number }
  | { readonly type: 'line-closed'; readonly end: LineEnd }

/** About a request that was handed over, to its home. */
export type ToHome =
  | {
      readonly type: 'request'
      readonly number: number
      readonly deployment: number
      /** The Durable Object that it is for; undefined: for the app. */
      readonly object: ObjectFacts | undefined
      readonly head: Omit<RequestHead, 'trace'>
      /** It asks for a WebSocket. */
      readonly isUpgrade: boolean
      /** Of one that is traced. */
      readonly trace: TraceContext | undefined
    }
  | { readonly type: 'chunk'; readonly number: number; readonly bytes: Uint8Array; readonly isLast: boolean }
  | { readonly type: 'broken'; readonly number: number; readonly text: string }
  /** Bytes that no longer wait for the client on the way. */
  | { readonly type: 'taken'; readonly number: number; readonly bytes: number }
  | { readonly type: 'gone'; readonly number: number }

/** From its home. The last three end it, and `upgrade` makes it a WebSocket. */
export type FromHome =
  | { readonly type: 'pull'; readonly number: number }
  | { readonly type: 'cancel'; readonly number: number }
  | { readonly type: 'no-retry'; readonly number: number }
  | { readonly type: 'threw'; readonly number: number; readonly error: string }
  | {
      readonly type: 'start'
      readonly number: number
      readonly status: number
      readonly headers: Uint8Array
      readonly cost: Cost
    }
  | {
      readonly type: 'upgrade'
      readonly number: number
      readonly headers: Uint8Array
      readonly cost: Cost
    }
  | { readonly type: 'write'; readonly number: number; readonly bytes: Uint8Array }
  | {
      readonly type: 'send'
      readonly number: number
      readonly status: number
      readonly headers: Uint8Array
      readonly body: Uint8Array
      readonly cost: Cost
    }
  | { readonly type: 'finish'; readonly number: number; readonly cost: Cost }
  | {
      readonly type: 'fail'
      readonly number: number
      readonly code: ErrorCode
      readonly retryMs: number | undefined
      readonly cost: Cost
    }

/** `bye`: from here on I hand nothing over to you, and you nothing to me. */
export type Between = ToHome | FromHome | OfLines | { readonly type: 'bye' }
