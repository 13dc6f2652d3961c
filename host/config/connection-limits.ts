/** What holds for every connection, whatever app its requests are for; it stands beside `port` in nano.json. */

import { toInitial } from './number-rule.ts'
import type { NumberRule, Numbers } from './number-rule.ts'

const HOUR_MS = 3_600_000

/** Every limit of a connection. */
export const CONNECTION_RULES = {
  keepAliveMs: {
    range: [1000, HOUR_MS],
    initial: 15_000,
    text: 'How long a connection may be without a request. Longer than a proxy before this server keeps its own.',
  },
  headersMs: {
    range: [1000, HOUR_MS],
    initial: 15_000,
    text: 'How long a client may take to send the head of a request.',
  },
  requestMs: {
    range: [1000, 24 * HOUR_MS],
    initial: 300_000,
    text: 'How long a client may take to send a whole request, body included.',
  },
  connections: {
    range: [1, 1_000_000],
    initial: 10_000,
    text: 'Open connections on each shard; further ones are dropped.',
  },
} as const satisfies Record<string, NumberRule>

/** The limits of a connection, every default filled in. */
export type ConnectionLimits = Numbers<typeof CONNECTION_RULES>

/** When nothing is given. */
export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = toInitial(CONNECTION_RULES)
