/**
 * What the ingress knows of one connection, besides its socket. Holds: once `isEnding` is set, no request that comes on
 * the connection is answered or reaches a tenant.
 */

import type { ErrorCode } from '../errors.ts'

/** The request whose body is still coming. */
export interface Reading {
  /** All of the body has come. */
  readonly isComplete: boolean
  /** The rest cannot be read. `text`: for the tenant's log; undefined when the client just left. */
  breakOff(code: ErrorCode, text?: string): void
}

/** The other end of a connection. */
export interface Client {
  isEnding: boolean
  reading: Reading | undefined
}
