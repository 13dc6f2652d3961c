/**
 * One fetch of an app, from its start to the last byte of its answer or its failure.
 *
 *     waiting  >  dialing  >  answered  >  over          any  --abort, failure-->  over
 *
 * Once over it brings the guest nothing more.
 */
import {
  ReadableStream,
  type ReadableStreamDefaultController,
  type ReadableStreamDefaultReader,
} from 'node:stream/web'
import type { Buffers } from '../limits/buffers.ts'
import type { GuestEvent, Mailbox } from './binding.ts'
import { CDN_LOOP } from './cdn-loop.ts'
import { EgressDenied } from '../egress/connect.ts'
import type { Answer, Dial, Dialer } from './dialer.ts'
import { parseHead, toAnswerHeaders, toUnpackBytes } from './outbound-head.ts'

/** What the guest gave to `outbound.start`. */
export interface OutboundStart {
  readonly id: number
  /** The request whose account pays for it. */
  readonly owner: number
  /** What its `CDN-Loop` header says. */
  readonly loop: string
  readonly head: Uint8Array
  readonly body: Uint8Array
  readonly more: boolean
  readonly redirect: Dial['redirect']
}

/** What a fetch tells its binding. */
export interface CallPort {
  /** It no longer waits for its answer's head; comes once if it was dialled at all, before `onOver`. */
  onDialed(): void
  /** The guest will hear nothing more of it. Called once. */
  onOver(): void
  /** The policy does not admit it. */
  onDenied(denied: EgressDenied): void
}

const BAD_URL =
  'fetch needs an absolute http: or https: URL without user name and password, and no more than 128 KiB of headers'

const LEFT_ALONE = 'the app left it alone for too long'
const TOO_PACKED = 'to read or unpack the answer the host would have to hold more than it may'

/** What may wait to be read between the socket and the app, whatever the answer is. */
const OPEN_BYTES = 128 * 1024

/** Bytes of an upload that may wait for the far side before the guest is told to. */
const UPLOAD_HIGH_WATER = 64 * 1024

const NOTHING = new Uint8Array(0)

/** One fetch. */
export class OutboundCall {
  readonly #start: OutboundStart
  readonly #mailbox: Mailbox
  readonly #buffers: Buffers
  readonly #port: CallPort
  readonly #abort = new AbortController()
  #state: 'waiting' | 'dialing' | 'answered' | 'over' = 'waiting'
  /** Bytes of its body that the host holds. */
  #held: number
  #upload: ReadableStreamDefaultController<Uint8Array> | undefined
  #uploadStream: ReadableStream<Uint8Array> | undefined
  #owesWritable = false
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #isPulled = false
  /** Bytes that reading and unpacking the answer may take. */
  #reserved = 0
  #idle: NodeJS.Timeout | undefined

  /** There must be room for the first bytes. */
  constructor(start: OutboundStart, mailbox: Mailbox, buffers: Buffers, port: CallPort) {
    this.#start = start
    this.#mailbox = mailbox
    this.#buffers = buffers
    this.#port = port
    this.#held = start.head.length + start.body.length
    buffers.take(this.#held)
    if (start.more) this.#uploadStream = this.#openUpload(start.body)
  }

  /** Whether it is going to bring the guest an event. */
  get isPending(): boolean {
    if (this.#state === 'waiting' || this.#state === 'dialing') return true
    return this.#state === 'answered' && (this.#isPulled || this.#owesWritable)
  }

  get isOver(): boolean {
    return this.#state === 'over'
  }

  /** Make the fetch; never throws. */
  async run(dialer: Dialer): Promise<void> {
    const { head: bytes, body, redirect, loop } = this.#start
    if (this.#state !== 'waiting') return
    this.#state = 'dialing'
    const head = parseHead(bytes)
    if (head === undefined) return this.fail(BAD_URL)
    this.#idle = setTimeout(() => this.#expectMove(), dialer.idleMs).unref()
    try {
      const whole = body.length > 0 ? body : undefined
      const dial: Dial = {
        method: head.method,
        headers: [...head.headers, [CDN_LOOP, loop]],
        body: this.#uploadStream ?? whole,
        redirect,
        signal: this.#abort.signal,
      }
      this.#answer(await dialer.fetch(head.url, dial), head.method)
    } catch (error) {
      const denied = error instanceof Error && error.cause
      if (!(denied instanceof EgressDenied)) return this.fail(toMessage(error))
      this.#port.onDenied(denied)
      this.fail(denied.message)
    }
  }

  /** Further bytes of the upload; false when the guest has to wait. */
  write(bytes: Uint8Array): boolean {
    const upload = this.#upload
    if (upload === undefined || this.#state === 'over') return true
    if (!this.#buffers.take(bytes.length)) {
      this.fail('the app wrote to a fetch without waiting for the far side')
      return true
    }
    this.#held += bytes.length
    this.#idle?.refresh()
    upload.enqueue(bytes)
    if ((upload.desiredSize ?? 0) > 0) return true
    this.#owesWritable = true
    return false
  }

  /** The upload is complete. */
  finish(): void {
    const upload = this.#upload
    this.#upload = undefined
    this.#owesWritable = false
    if (this.#state !== 'over') upload?.close()
  }

  /** Note that the guest wants a chunk; true when one is to be read after the turn. */
  askPull(): boolean {
    if (this.#state !== 'answered' || this.#isPulled) return false
    this.#isPulled = true
    return true
  }

  /** Read one chunk of the answer; never throws. */
  async pull(): Promise<void> {
    const reader = this.#reader
    if (reader === undefined || this.#state !== 'answered') return
    const { id } = this.#start
    try {
      const { done, value } = await reader.read()
      this.#isPulled = false
      this.#idle?.refresh()
      if (done) this.#end({ tag: 'answer-body', val: { id, bytes: NOTHING, last: true } })
      else this.#post({ tag: 'answer-body', val: { id, bytes: value, last: false } })
    } catch (error) {
      this.fail(toMessage(error))
    }
  }

  /** Nobody wants it any more. */
  abort(): void {
    this.#end()
  }

  #openUpload(first: Uint8Array): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#upload = controller
          if (first.length > 0) controller.enqueue(first)
        },
        pull: () => {
          this.#give()
          if (!this.#owesWritable) return
          this.#owesWritable = false
          this.#post({ tag: 'fetch-writable', val: this.#start.id })
        },
        cancel: () => {
          this.#upload = undefined
          if (this.#owesWritable) this.#post({ tag: 'fetch-writable', val: this.#start.id })
          this.#owesWritable = false
        },
      },
      { highWaterMark: UPLOAD_HIGH_WATER, size: (chunk) => chunk.byteLength },
    )
  }

  #answer(answer: Answer, method: string): void {
    if (this.#state !== 'dialing') {
      answer.body?.cancel().catch(() => undefined)
      return
    }
    const { body } = answer
    this.#reserved = body === null ? 0 : OPEN_BYTES + toUnpackBytes(answer.headers)
    if (!this.#buffers.take(this.#reserved)) {
      this.#reserved = 0
      return this.fail(TOO_PACKED)
    }
    this.#state = 'answered'
    this.#idle?.refresh()
    this.#port.onDialed()
    const { id } = this.#start
    const { status, statusText, url, redirected } = answer
    const hasBody = body !== null
    const headers = toAnswerHeaders(answer.headers, hasBody && method !== 'HEAD')
    this.#reader = body?.getReader()
    const event = { id, status, statusText, url, redirected, headers, hasBody }
    if (hasBody) this.#post({ tag: 'answered', val: event })
    else this.#end({ tag: 'answered', val: event })
  }

  /**
   * Nothing has moved for a while. A far side that says nothing is the dialer's to give up; an app that neither reads
   * what came nor writes what it began would keep the connection for nothing.
   */
  #expectMove(): void {
    const isReadable = this.#state === 'answered' && !this.#isPulled
    const isWritable = this.#upload !== undefined && !this.#owesWritable
    if (isReadable || (isWritable && !this.#isPulled)) this.fail(LEFT_ALONE)
    else this.#idle?.refresh()
  }

  /** It came to nothing. */
  fail(message: string): void {
    this.#end({ tag: 'fetch-failed', val: { id: this.#start.id, message } })
  }

  #end(event?: GuestEvent): void {
    if (this.#state === 'over') return
    if (event !== undefined) this.#post(event)
    if (this.#state === 'dialing') this.#port.onDialed()
    this.#state = 'over'
    this.#upload = undefined
    this.#give()
    this.#buffers.give(this.#reserved)
    clearTimeout(this.#idle)
    this.#owesWritable = false
    this.#port.onOver()
    this.#abort.abort()
    this.#reader?.cancel().catch(() => undefined)
  }

  /** What the far side has taken is not held any more. */
  #give(): void {
    const waiting = this.#upload === undefined ? 0 : UPLOAD_HIGH_WATER - (this.#upload.desiredSize ?? 0)
    const gone = Math.max(0, this.#held - waiting)
    this.#held -= gone
    this.#buffers.give(gone)
  }

  #post(event: GuestEvent): void {
    if (this.#state !== 'over') this.#mailbox.post(event, this.#start.owner)
  }
}

/** What went wrong, fit to show to the app's developer: undici says it in the cause, if there is one. */
function toMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  return (cause instanceof Error && toReason(cause)) || toReason(error)
}

/** A connection that fails for several addresses has a code and no message. */
function toReason(error: Error): string {
  return error.message || ('code' in error ? String(error.code) : error.name)
}
