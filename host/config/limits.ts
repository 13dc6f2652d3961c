/** What one app may use up, on each shard: the one table of these numbers, and what follows from them. */

import { toInitial } from './number-rule.ts'
import type { NumberRule, Numbers } from './number-rule.ts'

const BYTES_PER_KB = 1024

const HOUR_MS = 3_600_000

/** Every limit of an app. */
export const LIMIT_RULES = {
  timeoutMs: {
    range: [1, HOUR_MS],
    initial: 5000,
    text: 'Milliseconds from the arrival of a request to the head of its response, time in the queue included.',
  },
  idleMs: {
    range: [100, HOUR_MS],
    initial: 60_000,
    text: 'The longest pause in milliseconds between two chunks of a body, in either direction. After it the connection is cut.',
  },
  backgroundMs: {
    range: [0, HOUR_MS],
    initial: 30_000,
    text: 'Milliseconds that the work of waitUntil may go on after the response.',
  },
  cpuMs: {
    range: [1, 60_000],
    initial: 200,
    text: 'Milliseconds of processor time for a request at once, and for one turn; more comes with time. Beyond it the app is stopped.',
  },
  scheduledCpuMs: {
    range: [1, 900_000],
    initial: 30_000,
    text: 'Milliseconds of processor time that a run of the clock has, in place of cpu_ms.',
  },
  scheduledTurnMs: {
    range: [1, 60_000],
    initial: 1000,
    text: 'The longest that a run of the clock may keep the processor without a pause, in milliseconds: the other apps of the shard wait for it.',
  },
  scheduledTimeoutMs: {
    range: [1, HOUR_MS],
    initial: 900_000,
    text: 'Milliseconds that a run of the clock may take, with what it gives to waitUntil.',
  },
  memoryMb: {
    range: [128, 4096],
    initial: 128,
    why: "below 128 the engine's garbage collector can run out of room and crash the app",
    text: "Memory ceiling of an instance in MiB. Below 128 the engine's garbage collector can run out of room.",
  },
  totalMemoryMb: {
    range: [128, 65_536],
    text: 'Memory ceiling of all instances of the app together in MiB, those included that only finish what they began. Twice memory_mb unless given.',
  },
  bufferMb: {
    range: [1, 4096],
    initial: 128,
    text: 'The most MiB that the host holds for the app: bytes that wait for slow clients and slow upstreams.',
  },
  concurrentRequests: {
    range: [1, 10_000],
    initial: 256,
    text: 'Requests that the app works at at once, on each shard.',
  },
  queuedRequests: {
    range: [0, 10_000],
    initial: 256,
    text: 'Requests that may wait for one of those places; further ones are refused with 503.',
  },
  maxBodyMb: {
    range: [0, 4096],
    initial: 100,
    text: 'Largest request body in MiB; a larger one is refused with 413.',
  },
  maxHeaderKb: {
    range: [1, 128],
    initial: 32,
    text: 'Largest request head in KiB, without the URL; a larger one is refused with 431.',
  },
  maxUrlKb: {
    range: [1, 64],
    initial: 16,
    text: 'Longest path and query of a request in KiB; a longer one is refused with 414.',
  },
  maxResponseMb: {
    range: [0, 1_000_000],
    text: 'Largest response body in MiB; there is no limit unless given.',
  },
  subrequests: {
    range: [0, 100_000],
    initial: 1000,
    text: 'Fetches and calls of other apps that one request may make; further ones are rejected.',
  },
  concurrentSubrequests: {
    range: [1, 1000],
    initial: 128,
    text: "Fetches that wait for their answer's head at once, on each shard; further ones wait their turn.",
  },
  webSockets: {
    range: [0, 100_000],
    initial: 1000,
    text: 'WebSockets that the app has at once, on each shard.',
  },
  webSocketMessageKb: {
    range: [1, 65_536],
    initial: 1024,
    text: 'Largest message of a WebSocket in KiB; a larger one closes it with 1009.',
  },
  webSocketBufferKb: {
    range: [1, 1_048_576],
    initial: 4096,
    text: 'The most KiB that wait in a WebSocket for who reads slowly; it is closed then.',
  },
  webSocketIdleMs: {
    range: [1000, 24 * HOUR_MS],
    initial: 60_000,
    text: 'Milliseconds after which a WebSocket is given up that says nothing, not even to a ping.',
  },
  tcpConnections: {
    range: [0, 10_000],
    initial: 256,
    text: 'TCP connections that the app may have open at once, on each shard; further ones fail.',
  },
  dataCalls: {
    range: [0, 100_000],
    initial: 1000,
    text: 'Calls to KV and the other bindings for data that one request may make; further ones are rejected.',
  },
  concurrentDataCalls: {
    range: [1, 1000],
    initial: 32,
    text: 'Calls to data that wait for their answer at once, on each shard; further ones wait their turn.',
  },
  dataTimeoutMs: {
    range: [100, HOUR_MS],
    initial: 10_000,
    text: 'Milliseconds that the storage may take for an answer, or for the next part of one; the call fails then.',
  },
  kvMb: {
    range: [1, 1_000_000],
    initial: 1024,
    text: 'MiB that a KV namespace of the app may take up; writes beyond that are refused.',
  },
  databaseMs: {
    range: [10, 600_000],
    initial: 5000,
    text: 'Milliseconds that a call to a D1 database may run; it is stopped then, and fails.',
  },
  databaseMb: {
    range: [1, 1_000_000],
    initial: 500,
    text: 'Size of a D1 database; what would make it larger fails.',
  },
  queueMb: {
    range: [1, 1_000_000],
    initial: 1024,
    text: 'MiB that a queue of the app may hold; what would make it more fails.',
  },
  queueRetentionS: {
    range: [60, 1_209_600],
    initial: 345_600,
    text: 'Seconds that a message is kept in a queue of the app; then it is gone.',
  },
  bucketMb: {
    range: [1, 1_000_000_000],
    initial: 10_240,
    text: 'MiB that an R2 bucket of the app may hold; what would make it more fails.',
  },
  bucketObjects: {
    range: [1, 1_000_000_000],
    initial: 1_000_000,
    text: 'Objects that an R2 bucket of the app may hold, each part of one counted; further ones fail.',
  },
  cacheMb: {
    range: [1, 65_536],
    initial: 64,
    text: 'MiB that the caches take up which the app fills itself, all of them together; what was used last stays.',
  },
  liveObjects: {
    range: [1, 100_000],
    initial: 1000,
    text: 'Durable Objects of the app that are in memory at once, on each shard. Beyond it those go that rest, and calls of further ones are refused when all of them work.',
  },
  liveObjectsMb: {
    range: [128, 1_000_000],
    initial: 2048,
    text: 'MiB of memory that all of them have together, on each shard; the same holds beyond it, and the largest ends when it works.',
  },
  durableMb: {
    range: [1, 1_000_000],
    initial: 1024,
    text: 'MiB that a Durable Object may store; what would make it more fails.',
  },
  durableTotalMb: {
    range: [1, 1_000_000_000],
    initial: 10_240,
    text: 'MiB that all Durable Objects of an app may store together.',
  },
  recycleRequests: {
    range: [1, 1_000_000_000],
    initial: 1_000_000,
    text: 'An instance is replaced after this many requests, without dropping one.',
  },
  recycleMemoryMb: {
    range: [64, 4096],
    text: 'An instance is replaced once its memory passes this many MiB, without dropping a request. Three quarters of memory_mb unless given.',
  },
  retireMs: {
    range: [100, 24 * HOUR_MS],
    initial: HOUR_MS,
    text: 'Milliseconds that an instance which is replaced has for what it has begun.',
  },
  recycleIdleMs: {
    range: [100, 24 * HOUR_MS],
    initial: 600_000,
    text: 'An instance that has had nothing to do for so many milliseconds is given up; the next request gets a new one.',
  },
  minInstances: {
    range: [0, 1],
    initial: 0,
    text: 'With 1 the instance of the app stays on each shard once it was made, however long it has nothing to do and whoever else needs room.',
  },
} as const satisfies Record<string, NumberRule>

/** The limits of one app, every default filled in. */
export type Limits = Numbers<typeof LIMIT_RULES>

/** Those that an app's own wrangler file may say, by its keys. */
export const FILE_LIMITS: Readonly<Record<string, 'cpuMs' | 'subrequests'>> = {
  cpu_ms: 'cpuMs',
  subrequests: 'subrequests',
}

/** When nothing is given. */
export const DEFAULT_LIMITS: Limits = toInitial(LIMIT_RULES)

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

/** What URL and headers of a request may come to, in bytes. */
export function toHeadBytes({ maxHeaderKb, maxUrlKb }: Limits): number {
  return (maxHeaderKb + maxUrlKb) * BYTES_PER_KB
}

/** Of an app that says nothing about it: when the first one comes, connections that are open take its heads already. */
export const USUAL_HEAD_BYTES = toHeadBytes(DEFAULT_LIMITS)
