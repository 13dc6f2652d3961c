/**
 * Queues of a fleet: a message lies on the disk of the host that it was sent on, if an app there consumes the queue; otherwise on one where
 * an app does. Each host gives what lies on it to its own consumers.
 *
 *     send  >  somebody consumes it here, or nowhere?  kept here
 *           >  elsewhere: one message of NATS to one of those hosts, which answers when it has it on its disk [STORAGE_UNAVAILABLE]
 *
 *     kept here, and nobody consumes it here  --every CARRY_MS: somebody does elsewhere-->  given there, as by `send`, and settled here
 *
 * Holds: what is acknowledged is on the disk of a host. What is carried is there before it is gone here; when the answer is lost it is in
 * both places, and comes twice.
 */

import { RequestError } from '@nats-io/transport-node'
import type { Msg, Subscription } from '@nats-io/transport-node'

import type { FleetSettings } from '../../config/fleet-settings.ts'
import type { FleetConnection } from '../../fleet/connection.ts'
import { openConnection } from '../../fleet/open-connection.ts'
import { toSeal } from '../../fleet/seal.ts'
import type { Seal } from '../../fleet/seal.ts'
import { toToken } from '../../fleet/streams.ts'
import { StorageError, toFailure } from '../failure.ts'
import type { StorageCode, StorageFailure } from '../failure.ts'
import { decodeQueueFrame, encodeQueueFrame } from './queue-frame.ts'
import type { QueueFrame } from './queue-frame.ts'
import type {
  Backlog,
  GivenBatch,
  GivenMessage,
  NewMessage,
  QueueState,
  QueueStore,
  SendLimits,
  Settlement,
  Want,
} from './queue-store.ts'

const CONNECT_MS = 2000
const ANSWER_MS = 5000
const CARRY_MS = 10_000
/** Who has not asked for messages for so long, and waits for none, consumes no more. */
const IDLE_MS = 30_000
/** As many as one message of NATS has room for. */
const CARRIED = 5

/** Those who ask for messages of a queue here. */
interface Consumed {
  waiting: number
  askedAt: number
  subscription: Subscription | undefined
}

type Reply = { readonly backlog: Backlog } | { readonly failure: StorageFailure }

export async function openFleetQueues(
  settings: FleetSettings,
  local: QueueStore,
  log: (text: string) => void,
  carryMs = CARRY_MS,
): Promise<QueueStore> {
  const connection = await openConnection(settings, (text) => log(`storage of queues: ${text}`))
  await connection.firstWithin(CONNECT_MS)
  return new FleetQueues(connection, local, carryMs)
}

class FleetQueues implements QueueStore {
  readonly #connection: FleetConnection
  readonly #local: QueueStore
  readonly #seal: Seal | undefined
  readonly #consumed = new Map<string, Consumed>()
  readonly #ending = new AbortController()
  readonly #timer: NodeJS.Timeout
  #isCarrying = false
  /** Below those of others. */
  #ticket = 0

  constructor(connection: FleetConnection, local: QueueStore, carryMs: number) {
    this.#connection = connection
    this.#local = local
    this.#seal = toSeal(connection.settings, 'queues')
    this.#timer = setInterval(() => void this.#look(), carryMs).unref()
    connection.onChange((isConnected) => {
      if (isConnected) for (const [queue, consumed] of this.#consumed) this.#listen(queue, consumed)
    })
  }

  async send(queue: string, messages: readonly NewMessage[], limits: SendLimits): Promise<Backlog> {
    const taken = this.#consumed.has(queue) ? undefined : await this.#forward(queue, { messages, limits })
    return taken ?? (await this.#local.send(queue, messages, limits))
  }

  async receive(queue: string, want: Want, signal: AbortSignal): Promise<GivenBatch> {
    const consumed = this.#consumed.get(queue) ?? { waiting: 0, askedAt: 0, subscription: undefined }
    this.#consumed.set(queue, consumed)
    this.#listen(queue, consumed)
    consumed.waiting++
    try {
      return await this.#local.receive(queue, want, signal)
    } finally {
      consumed.waiting--
      consumed.askedAt = performance.now()
    }
  }

  takeBack(ticket: number): void {
    this.#local.takeBack(ticket)
  }

  settle(queue: string, settlement: Settlement): Promise<void> {
    return this.#local.settle(queue, settlement)
  }

  states(queues: readonly string[]): Promise<readonly QueueState[]> {
    return this.#local.states(queues)
  }

  holding(): Promise<readonly string[]> {
    return this.#local.holding()
  }

  peek(queue: string, limit: number): Promise<readonly GivenMessage[]> {
    return this.#local.peek(queue, limit)
  }

  pause(queue: string, isPaused: boolean): Promise<void> {
    return this.#local.pause(queue, isPaused)
  }

  purge(queue: string): Promise<void> {
    return this.#local.purge(queue)
  }

  forget(queue: string): Promise<void> {
    return this.#local.forget(queue)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    this.#ending.abort()
    await this.#connection[Symbol.asyncDispose]()
    await this.#local[Symbol.asyncDispose]()
  }

  /** Take what other hosts send. */
  #listen(queue: string, consumed: Consumed): void {
    if (consumed.subscription !== undefined || !this.#connection.isConnected) return
    consumed.subscription = this.#connection.client.subscribe(this.#toSubject(queue), {
      queue: 'hosts',
      callback: (error, message) => {
        if (error === null) void this.#take(queue, message)
      },
    })
  }

  /** Never rejects. */
  async #take(queue: string, message: Msg): Promise<void> {
    let reply: Reply
    try {
      const { messages, limits } = this.#read(queue, message.data)
      reply = { backlog: await this.#local.send(queue, messages, limits) }
    } catch (thrown) {
      reply = { failure: toFailure(thrown) }
    }
    message.respond(JSON.stringify(reply))
  }

  /** Undefined: nobody elsewhere consumes it, as far as is known. Rejects with what is told to whoever sends. */
  async #forward(queue: string, frame: QueueFrame): Promise<Backlog | undefined> {
    if (!this.#connection.isConnected) return undefined
    const plain = encodeQueueFrame(frame)
    const bytes = this.#seal?.sealBytes(plain, queue) ?? plain
    if (bytes.length > (this.#connection.client.info?.max_payload ?? 0)) return undefined
    let reply: Reply
    try {
      const answer = await this.#connection.client.request(this.#toSubject(queue), bytes, {
        timeout: ANSWER_MS,
      })
      reply = answer.json<Reply>()
    } catch (cause) {
      if (cause instanceof RequestError && cause.isNoResponders()) return undefined
      const text =
        'another host that consumes the queue did not answer; whether a change was made is not known'
      throw new StorageError('STORAGE_UNAVAILABLE', text, { cause })
    }
    if ('backlog' in reply) return reply.backlog
    const { code, message, name } = reply.failure
    throw new StorageError(code as StorageCode, message, { name })
  }

  /** Who consumes no more is sent no more, and what lies here goes where somebody does. Never rejects. */
  async #look(): Promise<void> {
    for (const [queue, { waiting, askedAt, subscription }] of this.#consumed) {
      if (waiting > 0 || performance.now() - askedAt < IDLE_MS) continue
      subscription?.unsubscribe()
      this.#consumed.delete(queue)
    }
    if (this.#isCarrying || !this.#connection.isConnected) return
    this.#isCarrying = true
    try {
      for (const queue of await this.#local.holding()) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        if (!this.#consumed.has(queue)) await this.#carry(queue)
      }
    } catch {
      // another time
    }
    this.#isCarrying = false
  }

  async #carry(queue: string): Promise<void> {
    const limits: SendLimits = { mostBytes: Number.MAX_SAFE_INTEGER, retentionMs: 0 }
    const isThere = async (): Promise<boolean> =>
      (await this.#forward(queue, { messages: [], limits })) !== undefined
    while (!this.#ending.signal.aborted && (await isThere())) {
      const messages = await this.#takeSome(queue)
      if (messages.length === 0) return
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await this.#bring(queue, messages)
    }
  }

  /** What is due at this moment. */
  async #takeSome(queue: string): Promise<readonly GivenMessage[]> {
    const ticket = --this.#ticket
    const want = { ticket, size: CARRIED, timeoutMs: 0 }
    const asked = this.#local.receive(queue, want, this.#ending.signal)
    this.#local.takeBack(ticket)
    return (await asked).messages
  }

  async #bring(queue: string, messages: readonly GivenMessage[]): Promise<void> {
    const retentionMs = Math.max(1, Math.min(...messages.map(({ expires }) => expires)) - Date.now())
    const sent = messages.map(({ type, body }) => ({ type, body, delayMs: 0 }))
    const limits = { mostBytes: Number.MAX_SAFE_INTEGER, retentionMs }
    const taken = await this.#forward(queue, { messages: sent, limits }).catch(() => undefined)
    const acks = taken === undefined ? [] : messages.map(({ seq }) => seq)
    const back = taken === undefined ? messages : []
    const retries = back.map(({ seq, attempts }) => ({ seq, delayMs: CARRY_MS, attempts: attempts - 1 }))
    await this.#local.settle(queue, { acks, retries })
  }

  /** Throws a `StorageError`. */
  #read(queue: string, data: Uint8Array): QueueFrame {
    try {
      return decodeQueueFrame(this.#seal?.openBytes(data, queue) ?? data)
    } catch (cause) {
      throw new StorageError('STORAGE_INVALID', 'expected messages of a queue', { cause })
    }
  }

  #toSubject(queue: string): string {
    return `nano.${this.#connection.settings.name}.queue.${toToken(queue)}`
  }
}
