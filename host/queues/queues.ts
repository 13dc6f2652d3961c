/**
 * Who is given the messages of which queue. It lives in the main thread, follows what is served, and has a batch brought to its
 * app's home, as the clock its runs (cron/).
 *
 *     app  >  set: its consumers  >  start  >  consumer.ts: asks the storage, gives, settles  >  close
 */

import { isDeepStrictEqual } from 'node:util'

import { QUEUE } from '../config/app-queues.ts'
import type { AppQueue, AppQueues } from '../config/app-queues.ts'
import type { RunOutcome } from '../cron/outcome.ts'
import type { BatchRun } from '../http/request-head.ts'
import { askStore } from '../storage/ask.ts'
import type { Storage } from '../storage/client.ts'
import type { QueueState } from '../storage/queue/queue-store.ts'
import { Consumer } from './consumer.ts'
import type { DeliveryCounts } from './consumer.ts'

export interface QueuesOptions {
  readonly storage: Storage
  /** Have an app's version that serves do it, at its home. Undefined: nobody serves it. */
  readonly run: (app: string, run: BatchRun) => Promise<RunOutcome> | undefined
  readonly log: (entry: { level: 'warn'; app: string; text: string }) => void
}

/** What is known of a queue that an app names. */
export interface QueueStatus {
  readonly app: string
  readonly queue: string
  readonly state: QueueState
  /** Of the app's consumer; undefined: it has none. */
  readonly counts: Readonly<DeliveryCounts> | undefined
}

interface KnownApp {
  readonly queues: AppQueues
  /** By the key of the queue. */
  readonly consumers: ReadonlyMap<string, Consumer>
}

export class Queues {
  readonly #options: QueuesOptions
  readonly #apps = new Map<string, KnownApp>()
  /** Those that no app has any more, and that are not done. */
  readonly #closing = new Set<Promise<void>>()
  #lastTicket = 0
  #isStarted = false

  constructor(options: QueuesOptions) {
    this.#options = options
  }

  /** An app has these from now on; undefined: none, or it is gone. */
  set(app: string, queues: AppQueues | undefined): void {
    const known = this.#apps.get(app)
    const before = known?.consumers ?? new Map<string, Consumer>()
    const settings = new Map(known?.queues.consumers.map((each) => [each.key, each]))
    const consumers = new Map<string, Consumer>()
    for (const each of queues?.consumers ?? []) {
      const consumer = before.get(each.key) ?? this.#open(app, each)
      if (!isDeepStrictEqual(settings.get(each.key) ?? each, each)) consumer.settings = each
      consumers.set(each.key, consumer)
    }
    for (const [key, consumer] of before) if (!consumers.has(key)) this.#close(consumer)
    if (queues === undefined) this.#apps.delete(app)
    else this.#apps.set(app, { queues, consumers })
    if (this.#isStarted) for (const consumer of consumers.values()) consumer.pump()
  }

  /** What is served can be called from now on. */
  start(): void {
    this.#isStarted = true
    for (const { consumers } of this.#apps.values())
      for (const consumer of consumers.values()) consumer.pump()
  }

  /** Those of an app; undefined: it names none. */
  of(app: string): readonly AppQueue[] | undefined {
    return this.#apps.get(app)?.queues.all
  }

  /** Those of an app, or of all, within this time. Rejects with a `StorageError`. */
  async states(timeMs: number, app?: string): Promise<readonly QueueStatus[]> {
    const names = app === undefined ? [...this.#apps.keys()] : [app]
    const all = names.flatMap((name) => {
      const { queues, consumers } = this.#apps.get(name) ?? {}
      return (queues?.all ?? []).map(({ name: queue, resource: { key } }) => {
        return { app: name, queue, key, counts: consumers?.get(key)?.counts }
      })
    })
    if (all.length === 0) return []
    const request = { kind: QUEUE, key: '', op: 'states', args: { queues: all.map(({ key }) => key) } }
    const { meta } = await askStore(this.#options.storage, { ...request, body: new Uint8Array(0) }, timeMs)
    const states = meta as readonly QueueState[]
    return all.map(({ app: owner, queue, counts }, at) => ({ app: owner, queue, counts, state: states[at]! }))
  }

  /** No more is asked for; resolves when what apps have is settled, if the storage does that in time. */
  async close(): Promise<void> {
    for (const { consumers } of this.#apps.values())
      for (const consumer of consumers.values()) this.#close(consumer)
    this.#apps.clear()
    await Promise.all(this.#closing)
  }

  #open(app: string, settings: AppQueues['consumers'][number]): Consumer {
    const { storage, run, log } = this.#options
    return new Consumer(settings, {
      storage,
      ticket: () => ++this.#lastTicket,
      run: (batch) => run(app, batch),
      log: (text) => log({ level: 'warn', app, text }),
    })
  }

  #close(consumer: Consumer): void {
    const closed = consumer.close().finally(() => this.#closing.delete(closed))
    this.#closing.add(closed)
  }
}
