/** The queues of an app: those that its settings name, and how it is given their messages. */

import type { Resource } from './env.ts'
import type { Limits } from './limits.ts'
import { toResource } from './resource.ts'

/** How an app is given the messages of a queue. */
export interface QueueConsumer {
  /** What the app calls it. */
  readonly queue: string
  /** Names it in the store. */
  readonly key: string
  readonly batchSize: number
  readonly batchTimeoutMs: number
  readonly retries: number
  readonly retryDelayS: number
  readonly concurrency: number
  /** Where messages go that failed too often. */
  readonly deadKey?: string
  /** How long they are kept there. */
  readonly retentionMs: number
}

/** A queue that an app names. */
export interface AppQueue {
  readonly name: string
  readonly resource: Resource
}

export interface AppQueues {
  /** Each once: to send to, to be given messages of, and for dead letters. */
  readonly all: readonly AppQueue[]
  readonly consumers: readonly QueueConsumer[]
}

/** As the settings say it, and what only nano.json does. */
export interface QueueSettings {
  readonly producers?: readonly ProducerSettings[]
  readonly consumers?: readonly ConsumerSettings[]
}

interface ProducerSettings {
  readonly binding: string
  readonly queue: string
  readonly delivery_delay?: number
  readonly shared?: boolean
}

interface ConsumerSettings {
  readonly queue: string
  readonly max_batch_size?: number
  readonly max_batch_timeout?: number
  readonly max_retries?: number
  readonly retry_delay?: number
  readonly dead_letter_queue?: string
  readonly max_concurrency?: number
  readonly shared?: boolean
}

/** The kind of a queue, in `env` and among stores. */
export const QUEUE = 'queue'
const MS_PER_SECOND = 1000

/** Undefined: it has none. `app`: its name. */
export function toQueues(
  app: string,
  given: QueueSettings | undefined,
  { queueRetentionS }: Limits,
): AppQueues | undefined {
  const { producers = [], consumers = [] } = given ?? {}
  const all = new Map<string, AppQueue>()
  const open = (name: string, shared = false): string => {
    const resource = toQueue(app, name, shared)
    all.set(resource.key, { name, resource })
    return resource.key
  }
  for (const { queue, shared } of producers) open(queue, shared)
  const toConsumer = ({ queue, shared, ...more }: ConsumerSettings): QueueConsumer => ({
    queue,
    key: open(queue, shared),
    batchSize: more.max_batch_size ?? 10,
    batchTimeoutMs: (more.max_batch_timeout ?? 5) * MS_PER_SECOND,
    retries: more.max_retries ?? 3,
    retryDelayS: more.retry_delay ?? 0,
    concurrency: more.max_concurrency ?? 10,
    retentionMs: queueRetentionS * MS_PER_SECOND,
    ...(more.dead_letter_queue === undefined ? {} : { deadKey: open(more.dead_letter_queue, shared) }),
  })
  const made = consumers.map(toConsumer)
  return all.size === 0 ? undefined : { all: [...all.values()], consumers: made }
}

export function toQueue(app: string, name: string, shared = false): Resource {
  return toResource(QUEUE, shared ? undefined : app, name)
}
