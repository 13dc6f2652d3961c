/** Queues on the host: what the app's `Queue` sends, and batches of messages that the app is given (lazy/queues.ts has both). */

import {
  backlog,
  type Batch,
  type Event,
  send,
  settle,
  settleOthers,
  type Verdict,
} from 'nano:workers/queues'
import type { Bytes } from '../globals/buffer-source.ts'
import { encode, NativeError } from '../globals/primordials.ts'
import loadQueues from '../lazy/queues.ts?lazy'
import type { GuestBinding } from './binding.ts'
import { type Answer, sendCall, startCall } from './data.ts'
import { beginRun } from './scheduled.ts'

export interface QueueSettings {
  /** Seconds. */
  readonly delay: number
}

/** The calls of one binding. */
export class QueueHost {
  readonly #name: Bytes
  readonly delay: number

  /** `name`: the binding's in `env`. */
  constructor(name: string, { delay }: QueueSettings) {
    this.#name = encode(name)
    this.delay = delay
  }

  send(delay: number, messages: Bytes): Promise<Answer> {
    return sendCall(messages, (id, bytes) => send(id, this.#name, delay, bytes))
  }

  backlog(): Promise<Answer> {
    return startCall((id) => backlog(id, this.#name))
  }
}

/** What the app says of the messages of one batch. */
export class BatchHost {
  readonly #id: number

  constructor(id: number) {
    this.#id = id
  }

  /** `delay`: in seconds; negative: as the configuration says. */
  settle(message: number, verdict: Verdict, delay: number): void {
    settle(this.#id, message, verdict, delay)
  }

  settleOthers(verdict: Verdict, delay: number): void {
    settleOthers(this.#id, verdict, delay)
  }
}

/** Calls the app. `batch`: what its handler gets. */
export type QueueCall = (batch: QueueBatch, id: number) => unknown

/** A batch as an app sees it. */
export interface QueueBatch {
  readonly queue: string
  readonly messages: readonly unknown[]
  readonly metadata: unknown
  ackAll(): void
  retryAll(options?: unknown): void
}

type Part = () => {
  readonly WorkerQueue: new (host: QueueHost) => unknown
  readonly QueueController: new (batch: Batch, host: BatchHost) => QueueBatch
}

const NO_HANDLER =
  'The app has no queue handler. Write: export default { async queue(batch, env, ctx) { ... } }'

let call: QueueCall | undefined

export function setQueueCall(given: QueueCall | undefined): void {
  call = given
}

const load = loadQueues as Part

function begin(batch: Batch): void {
  beginRun(batch.id, () => {
    if (call === undefined) throw new NativeError(NO_HANDLER)
    const { QueueController } = load()
    return call(new QueueController(batch, new BatchHost(batch.id)), batch.id)
  })
}

export const binding: GuestBinding<Event> = {
  events: { 'queue-batch': begin },
  kinds: {
    queue: (settings, name) => new (load().WorkerQueue)(new QueueHost(name, settings as QueueSettings)),
  },
}
