/**
 * What holds for every connection, whatever app its requests are for; it stands beside `port` in nano.json.
 * nano.schema.json says the same to editors, and a test holds them together.
 */

import { readRules } from './limits.ts'
import type { LimitRule } from './limits.ts'

/** The limits of a connection, every default filled in. */
export interface ConnectionLimits {
  /** How long a connection may be without a request. */
  readonly keepAliveMs: number
  /** From the first byte of a request, or the connection's begin, to the end of the head. */
  readonly headersMs: number
  /** To the end of the body. */
  readonly requestMs: number
  /** On each shard; further ones are dropped. */
  readonly connections: number
}

const HOUR_MS = 3_600_000

/** By the names of `ConnectionLimits`. */
export const CONNECTION_RULES = {
  keepAliveMs: { key: 'keep_alive_ms', range: [1000, HOUR_MS], initial: 15_000 },
  headersMs: { key: 'headers_ms', range: [1000, HOUR_MS], initial: 15_000 },
  requestMs: { key: 'request_ms', range: [1000, 24 * HOUR_MS], initial: 300_000 },
  connections: { key: 'connections', range: [1, 1_000_000], initial: 10_000 },
} as const satisfies Record<keyof ConnectionLimits, LimitRule>

/** Where nobody says anything. */
export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = readConnectionLimits(() => undefined)

/** The limits with what `read` gives in place of the defaults. */
export function readConnectionLimits(read: (rule: LimitRule) => number | undefined): ConnectionLimits {
  return readRules<keyof ConnectionLimits>(CONNECTION_RULES, read) as ConnectionLimits
}
