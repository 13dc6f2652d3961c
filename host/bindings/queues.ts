/**
 * Queues (wit/queues.wit): checks what the guest passes, and starts calls; data.ts has what becomes of them. The limits are those
 * that Cloudflare documents. What the app says of messages that it was given is its run's (tenant/run.ts).
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-queues.d.ts'
import { QUEUE } from '../config/app-queues.ts'
import { StorageError } from '../storage/failure.ts'
import type { QueueCall } from '../storage/queue/open.ts'
import type { BindingContext } from './binding.ts'
import type { DataAsk } from './data.ts'
import { PassiveBinding } from './passive-binding.ts'

const TYPES: ReadonlySet<unknown> = new Set(['json', 'text', 'bytes', 'v8'])
const MOST_MESSAGES = 100
const MOST_MESSAGE_BYTES = 128_000
const MOST_BATCH_BYTES = 256_000
const MOST_DELAY_S = 86_400
const MS_PER_SECOND = 1000
const LF = 0x0a

/** As the guest says it, checked. */
interface Said {
  readonly type: string
  readonly length: number
  readonly delayMs: number
}

type Context = Pick<BindingContext, 'data' | 'queueLimits' | 'runs' | 'meter'>

class QueuesBinding extends PassiveBinding {
  readonly #context: Context

  constructor(context: Context) {
    super()
    this.#context = context
  }

  readonly imports = {
    send: (id: number, queue: Uint8Array, delay: number, messages: Uint8Array): void => {
      const { data, queueLimits } = this.#context
      data.start(id, QUEUE, queue, () => {
        const { said, bodies } = split(messages, toDelay(delay))
        return { ...ask({ op: 'send', args: { ...queueLimits, messages: said } }), body: bodies }
      })
    },
    backlog: (id: number, queue: Uint8Array): void =>
      this.#context.data.start(id, QUEUE, queue, () => ask({ op: 'backlog', args: undefined })),
    settle: (id: number, message: number, verdict: Wit.Verdict, delay: number): void =>
      this.#settle(id, message, verdict, delay),
    settleOthers: (id: number, verdict: Wit.Verdict, delay: number): void =>
      this.#settle(id, undefined, verdict, delay),
  } satisfies typeof Wit

  #settle(id: number, message: number | undefined, verdict: Wit.Verdict, delay: number): void {
    const { meter, runs } = this.#context
    meter.crossings++
    // nobody can be told that it is too long
    const delayS = delay >= 0 ? Math.min(Math.trunc(delay), MOST_DELAY_S) : undefined
    runs.settle(id, { message, verdict, delayS })
  }
}

/** Holds a call to what the store takes. */
function ask(call: QueueCall): DataAsk {
  return call
}

/** The messages as JSON, LF, and their bodies. */
function split(joined: Uint8Array, delayMs: number): { said: readonly Said[]; bodies: Uint8Array } {
  const end = joined.indexOf(LF)
  const list = parse(Buffer.from(joined.subarray(0, Math.max(0, end))).toString())
  if (list.length > MOST_MESSAGES)
    throw wrong(`batch message count of ${list.length} exceeds limit of ${MOST_MESSAGES}`)
  const bodies = joined.slice(end + 1)
  const said = list.map((each) => toSaid(each, delayMs))
  if (said.length === 0 || said.reduce((sum, { length }) => sum + length, 0) !== bodies.length)
    throw wrong('expected messages, and what is in them')
  if (bodies.length > MOST_BATCH_BYTES)
    throw wrong(`batch size of ${bodies.length} bytes exceeds limit of ${MOST_BATCH_BYTES}`)
  return { said, bodies }
}

function parse(json: string): readonly unknown[] {
  try {
    const list = JSON.parse(json) as unknown
    if (Array.isArray(list)) return list
  } catch {
    // the same as what is no list
  }
  throw wrong('expected a list of messages')
}

/** Nothing else comes from our guests than what has these members. */
function toSaid(each: unknown, delayMs: number): Said {
  const { type, length, delay } = (each ?? {}) as { type?: unknown; length?: unknown; delay?: unknown }
  if (!TYPES.has(type) || typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0)
    throw wrong('expected the type and the length of a message')
  if (length > MOST_MESSAGE_BYTES)
    throw wrong(`message length of ${length} bytes exceeds limit of ${MOST_MESSAGE_BYTES}`)
  return { type: type as string, length, delayMs: delay === undefined ? delayMs : toDelay(delay) }
}

function toDelay(seconds: unknown): number {
  if (typeof seconds === 'number' && Number.isInteger(seconds) && seconds >= 0 && seconds <= MOST_DELAY_S)
    return seconds * MS_PER_SECOND
  throw wrong(
    `delaySeconds of ${String(seconds)} is invalid: expected a whole number from 0 to ${MOST_DELAY_S}`,
  )
}

function wrong(problem: string): StorageError {
  return new StorageError('STORAGE_INVALID', `Queue send failed: ${problem}`)
}

export const bind = (context: BindingContext): QueuesBinding => new QueuesBinding(context)
