/**
 * Queues as Cloudflare has them; workerd names the classes so, and has these messages. What is said first of a message counts, and
 * what is said of it alone comes before what is said of the batch.
 */

import type { Batch, Message } from 'nano:workers/queues'
import { guestConsole } from '../bindings/console.ts'
import type { Answer } from '../bindings/data.ts'
import type { BatchHost, QueueHost } from '../bindings/queues.ts'
import { bytesOf, type Bytes, toOwn } from '../globals/buffer-source.ts'
import { decodeAll, encode, isView, NativeTypeError, parseJson, toJson } from '../globals/primordials.ts'
import { loadSerializer } from '../globals/serialize.ts'
import { refuse } from '../globals/structured-clone.ts'
import { finishInterface, isObject, toScalarText, toText } from '../globals/web-idl.ts'

interface Given {
  readonly body?: unknown
  readonly contentType?: unknown
  readonly delaySeconds?: unknown
}

/** What is known of a queue, as the host says it. */
interface Backlog {
  readonly count: number
  readonly bytes: number
  readonly oldest?: number
}

interface Sent {
  readonly type: string
  readonly bytes: Bytes
  readonly delay: number | undefined
}

/** As the configuration says. */
const OWN_DELAY = -1

export class WorkerQueue {
  readonly #host: QueueHost

  constructor(host: QueueHost) {
    this.#host = host
  }

  async metrics(): Promise<unknown> {
    return toMetrics((await this.#host.backlog()).meta)
  }

  async send(body?: unknown, options: unknown = undefined): Promise<unknown> {
    if (arguments.length === 0) throw wrongParameter('send', 'Value')
    const { contentType, delaySeconds } = toDictionary(options)
    return this.#send([toSent({ body, contentType })], delaySeconds)
  }

  async sendBatch(messages: unknown, options: unknown = undefined): Promise<unknown> {
    if (!isIterable(messages)) throw wrongParameter('sendBatch', 'Sequence')
    const sent: Sent[] = []
    for (const each of messages) sent[sent.length] = toSent(toDictionary(each))
    if (sent.length === 0) throw new NativeTypeError('sendBatch() requires at least one message')
    return this.#send(sent, toDictionary(options).delaySeconds)
  }

  async #send(messages: readonly Sent[], delaySeconds: unknown): Promise<unknown> {
    const said = messages.map(({ type, bytes, delay }) => ({ type, length: bytes.length, delay }))
    const parts = [encode(`${toJson(said)}\n`), ...messages.map(({ bytes }) => bytes)]
    const answer: Answer = await this.#host.send(toDelay(delaySeconds) ?? this.#host.delay, join(parts))
    return { metadata: { metrics: toMetrics(answer.meta) } }
  }
}

function toSent({ body, contentType, delaySeconds }: Given): Sent {
  if (body === undefined) throw new NativeTypeError('Message body cannot be undefined')
  const type = contentType === undefined ? 'json' : toText(contentType)
  return { type, bytes: toBytes(body, type), delay: toDelay(delaySeconds) }
}

function toBytes(body: unknown, type: string): Bytes {
  switch (type) {
    case 'text':
      if (typeof body !== 'string') throw wrongBody(type, 'string', body)
      return encode(toScalarText(body))
    case 'bytes':
      if (!isView(body)) throw wrongBody(type, 'ArrayBufferView', body)
      return bytesOf(body) as Bytes
    case 'json': {
      const json = toJson(body) as string | undefined
      if (json === undefined) throw new NativeTypeError(`Message body cannot be a ${typeof body} as JSON`)
      return encode(json)
    }
    case 'v8':
      return loadSerializer().serialize(body)
    default:
      throw new NativeTypeError(`Unsupported queue message content type: ${type}`)
  }
}

const wrongBody = (type: string, expected: string, got: unknown): TypeError =>
  new NativeTypeError(
    `Content Type "${type}" requires a value of type ${expected}, but received: ${typeof got}`,
  )

const wrongParameter = (method: string, expected: string): TypeError =>
  new NativeTypeError(
    `Failed to execute '${method}' on 'WorkerQueue': parameter 1 is not of type '${expected}'.`,
  )

export class QueueMessage {
  readonly id: string
  readonly timestamp: Date
  readonly body: unknown
  readonly attempts: number
  readonly #at: number
  readonly #batch: BatchState

  constructor({ id, timestamp, attempts, contentType, body }: Message, at: number, batch: BatchState) {
    this.id = id
    this.timestamp = new Date(timestamp)
    this.body = toBody(toOwn(body), contentType)
    this.attempts = attempts
    this.#at = at
    this.#batch = batch
  }

  ack(): void {
    this.#batch.settle(this.#at, this.id, 'ack')
  }

  retry(options: unknown = undefined): void {
    this.#batch.settle(this.#at, this.id, 'retry', options)
  }
}

function toBody(bytes: Bytes, type: string): unknown {
  if (type === 'bytes') return bytes
  if (type === 'v8') return loadSerializer().deserialize(bytes)
  const text = decodeAll(bytes)
  return type === 'json' ? parseJson(text) : text
}

type Verdict = 'ack' | 'retry'

/** What was said of a batch. */
class BatchState {
  readonly #host: BatchHost
  readonly #said: (Verdict | undefined)[] = []
  #ofAll: Verdict | undefined

  constructor(host: BatchHost) {
    this.#host = host
  }

  settle(at: number, id: string, verdict: Verdict, options?: unknown): void {
    const before = this.#said[at]
    if (before !== undefined && before !== verdict)
      return warn(`${verdict}()`, `${before}()`, ` on message ${id}`, ' on a message')
    if (before !== undefined) return
    if (this.#ofAll !== undefined && this.#ofAll !== verdict)
      return warn(`${verdict}()`, `${this.#ofAll}All()`, ` on message ${id}`, ' on a message')
    const delay = toDelay(toDictionary(options).delaySeconds) ?? OWN_DELAY
    this.#said[at] = verdict
    this.#host.settle(at, verdict, delay)
  }

  settleAll(verdict: Verdict, options?: unknown): void {
    const before = this.#ofAll
    if (before !== undefined && before !== verdict) return warn(`${verdict}All()`, `${before}All()`, '', '')
    if (before !== undefined) return
    const delay = toDelay(toDictionary(options).delaySeconds) ?? OWN_DELAY
    this.#ofAll = verdict
    this.#host.settleOthers(verdict, delay)
  }
}

function warn(call: string, before: string, on: string, general: string): void {
  ;(guestConsole as { warn(text: string): void }).warn(
    `Received a call to ${call}${on} after ${before} was already called. ` +
      `Calling ${call}${general} after calling ${before} has no effect.`,
  )
}

export class QueueController {
  readonly metadata: unknown
  readonly queue: string
  readonly messages: readonly QueueMessage[]
  readonly #state: BatchState

  constructor({ queue, backlog, messages }: Batch, host: BatchHost) {
    this.metadata = { metrics: toMetrics(parseJson(backlog)) }
    this.queue = queue
    this.#state = new BatchState(host)
    this.messages = messages.map((message, at) => new QueueMessage(message, at, this.#state))
  }

  ackAll(): void {
    this.#state.settleAll('ack')
  }

  retryAll(options: unknown = undefined): void {
    this.#state.settleAll('retry', options)
  }
}

function toMetrics(backlog: unknown): unknown {
  const { count, bytes, oldest } = backlog as Backlog
  const metrics = { backlogCount: count, backlogBytes: bytes }
  return oldest === undefined ? metrics : { ...metrics, oldestMessageTimestamp: new Date(oldest) }
}

/** What is no object has no members. */
function toDictionary(value: unknown): Given {
  return isObject(value) ? value : {}
}

/** Whole seconds; what is no number is none. The host refuses what is out of range. */
function toDelay(value: unknown): number | undefined {
  return value === undefined ? undefined : Math.trunc(Number(value)) || 0
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return isObject(value) && typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function'
}

function join(parts: readonly Bytes[]): Bytes {
  let length = 0
  for (const part of parts) length += part.length
  const joined = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

const CLASSES = { WorkerQueue, QueueMessage, QueueController }
for (const [name, each] of Object.entries(CLASSES)) finishInterface(each, name)
refuse(Object.values(CLASSES))
