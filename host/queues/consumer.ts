/**
 * The messages of one queue, given to one app.
 *
 *     idle  --pump-->  asking  --a batch-->  the app has it, asking goes on up to `concurrency` batches  --settled-->  pump
 *                         '--the storage fails-->  pausing  --a while-->  pump
 *                      the app cannot take it: released  >  pausing
 *     any  --close-->  closed: what the app has is settled when it is done, and no more is asked for
 *
 * Holds: a batch that was given is settled, or the storage has begun again and gives it anew. What is asked for is taken back, and
 * never given up: a batch could be on its way.
 */

import type { QueueConsumer } from '../config/app-queues.ts'
import type { RunOutcome } from '../cron/outcome.ts'
import type { BatchRun } from '../http/request-head.ts'
import { askStore } from '../storage/ask.ts'
import type { Storage } from '../storage/client.ts'
import { StorageError } from '../storage/failure.ts'
import type { ListedMessage, QueueCall } from '../storage/queue/open.ts'
import type { Backlog, Settlement } from '../storage/queue/queue-store.ts'
import { toReleased, toVerdicts } from './verdicts.ts'
import type { Verdicts } from './verdicts.ts'

/** What became of messages since the start. */
export interface DeliveryCounts {
  /** Acknowledged. */
  delivered: number
  retried: number
  /** Failed too often. */
  dead: number
}

export interface ConsumerServices {
  readonly storage: Storage
  /** Names what is asked for. */
  readonly ticket: () => number
  /** Have the app's version that serves do it. Undefined: nobody serves it. */
  run(run: BatchRun): Promise<RunOutcome> | undefined
  readonly log: (text: string) => void
}

/** What an app may have in its hands at once. */
const MOST_BYTES = 32 * 1024 * 1024
const SETTLE_MS = 60_000
/** The same when the server ends: a disk that hangs does not keep it. */
const LAST_SETTLE_MS = 3000
const LEAST_PAUSE_MS = 500
const MOST_PAUSE_MS = 30_000
const NOTHING = new Uint8Array(0)

export class Consumer {
  readonly counts: DeliveryCounts = { delivered: 0, retried: 0, dead: 0 }
  readonly #services: ConsumerServices
  #settings: QueueConsumer
  /** Batches that the app has, and their bytes. */
  readonly #working = new Set<Promise<void>>()
  #bytes = 0
  /** What is asked for. */
  #asked: number | undefined
  #pauseMs = 0
  #pause: NodeJS.Timeout | undefined
  #said = ''
  #isClosed = false

  constructor(settings: QueueConsumer, services: ConsumerServices) {
    this.#settings = settings
    this.#services = services
  }

  /** It is given to the app so from now on. */
  set settings(settings: QueueConsumer) {
    this.#settings = settings
    this.#takeBack()
    this.pump()
  }

  /** Ask for what there is, if the app has room for it. */
  pump(): void {
    const { concurrency } = this.#settings
    if (this.#isClosed || this.#asked !== undefined || this.#pause !== undefined) return
    if (this.#working.size >= concurrency || this.#bytes >= MOST_BYTES) return
    void this.#ask()
  }

  /** No more; resolves when what the app has is settled. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#pause)
    this.#takeBack()
    await Promise.all(this.#working)
  }

  async #ask(): Promise<void> {
    const { batchSize: size, batchTimeoutMs: timeoutMs } = this.#settings
    const ticket = this.#services.ticket()
    this.#asked = ticket
    try {
      const { meta, body } = await this.#call({ op: 'receive', args: { ticket, size, timeoutMs } }, undefined)
      this.#asked = undefined
      this.#said = ''
      const { messages, backlog } = meta as { messages: readonly ListedMessage[]; backlog: Backlog }
      if (messages.length > 0) this.#give(messages, backlog, body)
      this.pump()
    } catch (thrown) {
      this.#asked = undefined
      this.#fail(thrown)
    }
  }

  #give(messages: readonly ListedMessage[], backlog: Backlog, body: Uint8Array): void {
    this.#bytes += body.length
    const work = this.#deliver(messages, backlog, body).then(() => {
      this.#working.delete(work)
      this.#bytes -= body.length
      this.pump()
    })
    this.#working.add(work)
  }

  /** Never rejects. */
  async #deliver(messages: readonly ListedMessage[], backlog: Backlog, body: Uint8Array): Promise<void> {
    const settings = this.#settings
    const outcome = this.#isClosed
      ? undefined
      : await this.#services.run(toRun(settings.queue, messages, backlog, body))
    const verdicts = outcome && toVerdicts(messages, outcome, settings)
    if (verdicts === undefined) this.#pauseFor(outcome?.retryMs)
    else this.#pauseMs = 0
    await this.#settle(settings.key, verdicts?.settlement ?? toReleased(messages, this.#pauseMs))
    if (verdicts !== undefined) this.#count(verdicts, settings)
  }

  #count({ acked, retried, dead }: Verdicts, { queue, retries, deadKey }: QueueConsumer): void {
    this.counts.delivered += acked
    this.counts.retried += retried
    this.counts.dead += dead
    if (dead === 0) return
    const where = deadKey === undefined ? 'and are gone' : 'and go to the dead letter queue'
    this.#services.log(`queue ${queue}: ${dead} messages failed ${retries + 1} times ${where}`)
  }

  /** Until it is on the disk, or the server ends: then they are given anew. */
  async #settle(key: string, settlement: Settlement): Promise<void> {
    for (let pauseMs = LEAST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MOST_PAUSE_MS)) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- it is tried again
        await this.#call({ op: 'settle', args: settlement }, this.#isClosed ? LAST_SETTLE_MS : SETTLE_MS, key)
        return
      } catch (thrown) {
        this.#say(thrown)
        if (this.#isClosed) return
        // oxlint-disable-next-line no-await-in-loop -- the same
        await new Promise((resolve) => setTimeout(resolve, pauseMs).unref())
      }
    }
  }

  #fail(thrown: unknown): void {
    if (this.#isClosed) return
    this.#say(thrown)
    this.#pauseFor()
  }

  /** For so long, or for longer each time; what fails together has one pause. */
  #pauseFor(retryMs = this.#pause === undefined ? 2 * this.#pauseMs : this.#pauseMs): void {
    this.#pauseMs = Math.min(Math.max(LEAST_PAUSE_MS, retryMs), MOST_PAUSE_MS)
    if (this.#isClosed) return
    clearTimeout(this.#pause)
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      this.pump()
    }, this.#pauseMs).unref()
  }

  /** Once, until it is well again. */
  #say(thrown: unknown): void {
    const text = `queue ${this.#settings.queue}: ${thrown instanceof StorageError ? thrown.message : String(thrown)}`
    if (text !== this.#said) this.#services.log(text)
    this.#said = text
  }

  #takeBack(): void {
    if (this.#asked === undefined) return
    // it is answered, or has failed with the storage
    this.#call({ op: 'take-back', args: { ticket: this.#asked } }, SETTLE_MS).catch(() => undefined)
  }

  #call(call: QueueCall, timeMs: number | undefined, key = this.#settings.key) {
    return askStore(this.#services.storage, { kind: 'queue', key, ...call, body: NOTHING }, timeMs)
  }
}

function toRun(
  queue: string,
  messages: readonly ListedMessage[],
  backlog: Backlog,
  bodies: Uint8Array,
): BatchRun {
  let at = 0
  const parts = messages.map(({ id, sent: timestamp, attempts, type: contentType, length }) => {
    const body = bodies.slice(at, (at += length))
    return { id, timestamp, attempts, contentType, body }
  })
  return { batch: { queue, backlog: JSON.stringify(backlog), messages: parts } }
}
