/**
 * What one app may use up, on each shard: the one table of the names in nano.json, the bounds of each number and what
 * holds where nothing is said. nano.schema.json says the same to editors, and a test holds them together.
 */

/** The limits of one app, every default filled in. */
export interface Limits {
  /** Wall time in milliseconds from a request's arrival to the head of its response, time in the queue included. */
  readonly timeoutMs: number
  /** The longest pause in milliseconds between two chunks of a body, in either direction. */
  readonly idleMs: number
  /** How long the work of `waitUntil` may go on after the response, in milliseconds. */
  readonly backgroundMs: number
  /** Processor time of a request in milliseconds, at once and as long as one turn; more comes with time. */
  readonly cpuMs: number
  /** Ceiling of an instance's memory in MiB. */
  readonly memoryMb: number
  /** Ceiling of the memories of all of the app's instances in MiB; undefined: some times `memoryMb`. */
  readonly totalMemoryMb?: number
  /** The most MiB that the host holds for the app: bytes that wait for a slow client or a slow upstream. */
  readonly bufferMb: number
  /** Requests that the app works at at once. */
  readonly concurrentRequests: number
  /** Requests that may wait for one of those places. */
  readonly queuedRequests: number
  /** Largest request body in MiB. */
  readonly maxBodyMb: number
  /** Largest request head in KiB, without the URL. */
  readonly maxHeaderKb: number
  /** Longest path and query of a request in KiB. */
  readonly maxUrlKb: number
  /** Largest response body in MiB; undefined: none. */
  readonly maxResponseMb?: number
  /** Fetches that one request may make. */
  readonly subrequests: number
  /** Fetches that wait for their answer's head at once; further ones wait their turn. */
  readonly concurrentSubrequests: number
  /** An instance is replaced after this many requests. */
  readonly recycleRequests: number
  /** An instance is replaced once its memory is larger than this many MiB; undefined: a part of `memoryMb`. */
  readonly recycleMemoryMb?: number
  /** How long an instance that is replaced may go on with what it has begun, in milliseconds. */
  readonly retireMs: number
  /** An instance that has had nothing to do for so many milliseconds is given up; the next request gets a new one. */
  readonly recycleIdleMs: number
}

/** One limit in nano.json. */
export interface LimitRule {
  readonly key: string
  readonly range: readonly [least: number, most: number]
  /** Undefined: there is no limit unless one is given. */
  readonly initial?: number
  /** Explains a bound that is not evident. */
  readonly why?: string
}

const HOUR_MS = 3_600_000

/** By the names of `Limits`. */
export const LIMIT_RULES = {
  timeoutMs: { key: 'timeout_ms', range: [1, HOUR_MS], initial: 5000 },
  idleMs: { key: 'idle_ms', range: [100, HOUR_MS], initial: 60_000 },
  backgroundMs: { key: 'background_ms', range: [0, HOUR_MS], initial: 30_000 },
  cpuMs: { key: 'cpu_ms', range: [1, 60_000], initial: 200 },
  memoryMb: {
    key: 'memory_mb',
    range: [128, 4096],
    initial: 128,
    why: " (below 128 the engine's garbage collector can run out of room and crash the app)",
  },
  totalMemoryMb: { key: 'total_memory_mb', range: [128, 65_536] },
  bufferMb: { key: 'buffer_mb', range: [1, 4096], initial: 128 },
  concurrentRequests: { key: 'concurrent_requests', range: [1, 10_000], initial: 256 },
  queuedRequests: { key: 'queued_requests', range: [0, 10_000], initial: 256 },
  maxBodyMb: { key: 'max_body_mb', range: [0, 4096], initial: 100 },
  maxHeaderKb: { key: 'max_header_kb', range: [1, 128], initial: 32 },
  maxUrlKb: { key: 'max_url_kb', range: [1, 64], initial: 16 },
  maxResponseMb: { key: 'max_response_mb', range: [0, 1_000_000] },
  subrequests: { key: 'subrequests', range: [0, 100_000], initial: 1000 },
  concurrentSubrequests: { key: 'concurrent_subrequests', range: [1, 1000], initial: 128 },
  recycleRequests: { key: 'recycle_requests', range: [1, 1_000_000_000], initial: 1_000_000 },
  recycleMemoryMb: { key: 'recycle_memory_mb', range: [64, 4096] },
  retireMs: { key: 'retire_ms', range: [100, 24 * HOUR_MS], initial: HOUR_MS },
  recycleIdleMs: { key: 'recycle_idle_ms', range: [100, 24 * HOUR_MS], initial: 600_000 },
} as const satisfies Record<keyof Limits, LimitRule>

/** What an instance's memory may grow to before it is replaced, as a part of its ceiling. */
const RECYCLE_SHARE = 0.75

/** An instance is replaced once its memory is larger than this many MiB. */
export function toRecycleMb({ recycleMemoryMb, memoryMb }: Limits): number {
  return recycleMemoryMb ?? memoryMb * RECYCLE_SHARE
}

/** The memories of an app's instances together, in times of one: the current one, and those that finish their work. */
const TOTAL_MEMORY = 2

/** The memories of all of an app's instances together have at most so many MiB. One always has room. */
export function toTotalMemoryMb({ totalMemoryMb, memoryMb }: Limits): number {
  return Math.max(memoryMb, totalMemoryMb ?? memoryMb * TOTAL_MEMORY)
}

/** Where nobody says anything. */
export const DEFAULT_LIMITS: Limits = readLimits(() => undefined)

/** The limits with what `read` gives in place of `defaults`. */
export function readLimits(
  read: (rule: LimitRule) => number | undefined,
  defaults: Partial<Limits> = {},
): Limits {
  return readRules<keyof Limits>(LIMIT_RULES, read, defaults) as Limits
}

/** A number for each rule that has one. */
export function readRules<Name extends string>(
  rules: Readonly<Record<Name, LimitRule>>,
  read: (rule: LimitRule) => number | undefined,
  defaults: Partial<Record<Name, number>> = {},
): Partial<Record<Name, number>> {
  const values: Partial<Record<Name, number>> = {}
  for (const [name, rule] of Object.entries(rules) as [Name, LimitRule][]) {
    const value = read(rule) ?? defaults[name] ?? rule.initial
    if (value !== undefined) values[name] = value
  }
  return values
}
