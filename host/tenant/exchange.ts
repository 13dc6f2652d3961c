/**
 * The seam between a tenant and whoever brings it requests. The ingress makes an exchange for each request and gives it
 * to the tenant, which gives back a listener for what happens to it later.
 *
 * Holds for the tenant's side: exactly one of `send`, `start`, `upgrade` and `fail` comes first, nothing comes after
 * `send`, `upgrade`, `finish` or `fail`. Both sides ignore what comes too late.
 */
import type { Mark } from '../cron/outcome.ts'
import type { ErrorCode } from '../errors.ts'
import type { RequestHead } from '../http/request-head.ts'
import type { CpuMeter } from '../limits/account.ts'
import type { Side } from '../web-socket/line.ts'

/** The client's side of one request: what it asks for (`RequestHead`), and the way back to the client. */
export interface Exchange extends RequestHead {
  /** An instance has it, and works at it with its next turn. */
  begun?(): void
  /** The app asks that a run of the clock is not tried again. */
  noRetry?(): void
  /** The app says what becomes of messages of a queue. */
  settle?(mark: Mark): void
  /** What the app threw: name, LF, message. For a call alone; comes before `fail`. */
  threw?(error: string): void
  /** The next chunk is wanted; it comes as `ExchangeListener.bodyChunk`, or `ExchangeListener.bodyFailed` says why not. */
  pullBody(): void
  /** The rest of the body is not wanted. */
  cancelBody(): void
  send(status: number, headers: Uint8Array, body: Uint8Array): void
  start(status: number, headers: Uint8Array): void
  /** In place of `send`: the client gets a WebSocket, the other side of this one. Undefined: it has not asked for one. */
  readonly upgrade?: ((headers: Uint8Array, side: Side) => void) | undefined
  /** False: wait for `ExchangeListener.writable`. */
  write(bytes: Uint8Array): boolean
  finish(): void
  /**
   * Before the head: the client gets the error. After it: the connection is cut. `retryMs`: when the client may try
   * again.
   */
  fail(code: ErrorCode, retryMs?: number): void
}

/** What happens to an exchange after the tenant has taken it. */
export interface ExchangeListener extends Readonly<CpuMeter> {
  /** An instance was made for it. */
  readonly isCold: boolean
  bodyChunk(bytes: Uint8Array, last: boolean): void
  bodyFailed(message: string): void
  writable(): void
  clientGone(): void
}

/** The listener of an exchange that is over already. */
export const NOBODY: ExchangeListener = {
  cpuMs: 0,
  isCold: false,
  bodyChunk() {},
  bodyFailed() {},
  writable() {},
  clientGone() {},
}
