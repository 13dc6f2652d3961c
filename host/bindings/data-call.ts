/**
 * One call of an app to its data, from its start to the last byte of its answer or its failure.
 *
 *     gathering  --finish-->  waiting  --run-->  running  --answer-->  answered  --last byte-->  over
 *                                                                          any  --abort, failure-->  over
 *
 * - gathering: the body of a call that the store takes whole is on its way here.
 * - waiting: for its turn among the calls of the instance.
 * - running: it has one of the places of those that wait for an answer.
 * - answered: a chunk is asked for with each pull. One event at most is on its way to the guest beside `data-writable`.
 * - over: nothing is held any more but the event that is on its way, and the call is known until that has arrived.
 *
 * What the guest asks for within a turn is noted, and done by `act` after it.
 */
import { type ByteBudget, Holding, QUEUED_COST } from '../limits/byte-budget.ts'
import { Link } from '../limits/chain.ts'
import type { Deadline, Deadlines } from '../limits/deadlines.ts'
import type { Storage, StorageHandle, StorageListener } from '../storage/client.ts'
import { toFailure } from '../storage/failure.ts'
import type { StorageError, StorageFailure } from '../storage/failure.ts'
import type { StorageRequest } from '../storage/protocol.ts'
import type { GuestEvent, Mailbox } from './binding.ts'
import { ChunkQueue } from './chunk-queue.ts'

/** What a binding asks for. */
export interface DataStart {
  readonly id: number
  readonly request: StorageRequest
  /** Further bytes of the body follow. */
  readonly more?: boolean
  /** Bytes beside the body that are held until the call is over. */
  readonly heldBytes?: number
  /**
   * Given: it is no store's but another app's to answer, which has deadlines of its own; and the call ends with the last of the
   * requests that it may be for.
   */
  readonly sources?: Set<number> | undefined
  /** Given: the store takes the body whole, and this is what the call fails with when it is longer. */
  readonly whole?: { readonly mostBytes: number; tooLong(length: number): StorageError }
}

/** What a call tells its binding. */
export interface DataCallPort {
  /** It may run: called once, unless it is over before. */
  onWhole(): void
  /** It no longer waits for an answer. Called once, if it has run. */
  onRun(): void
  /** The guest has heard all that it will hear of it. Called once, last. */
  onOver(end: CallEnd): void
}

/** What came of a call. */
export interface CallEnd {
  readonly failed: boolean
  /** Of the bodies that came and went. */
  readonly readBytes: number
  readonly writtenBytes: number
}

/** What the calls of an instance share. */
export interface DataCallServices {
  readonly mailbox: Mailbox
  readonly buffers: ByteBudget
  readonly storage: Storage
  /**
   * How long the storage may take for the next thing that it says, and how long the app may leave an answer alone; undefined: for
   * as long as the call is for somebody.
   */
  readonly deadlines: { readonly answers: Deadlines; readonly pauses: Deadlines } | undefined
}

/** What a call costs the host beside its bytes. */
const CALL_BYTES = 2048
/** When more than this waits for the store, the guest is told to wait. */
const HIGH_WATER = 256 * 1024
/** Of a body on its way to another app: what is larger goes when that asks for it, in parts that are not. */
const PART_BYTES = 64 * 1024

const NOTHING = new Uint8Array(0)

const unavailable = (message: string): StorageFailure => ({
  name: 'Error',
  code: 'STORAGE_UNAVAILABLE',
  message,
})
const LATE = unavailable('the storage did not answer in time; whether a change was made is not known')
const limit = (message: string): StorageFailure => ({ name: 'Error', code: 'STORAGE_LIMIT', message })
const TOO_MUCH = limit('for this call the host would have to hold more than it may (buffer_mb)')
const LEFT_ALONE = limit('the app left the answer alone for too long')
const ENDED: StorageFailure = {
  name: 'Error',
  code: 'CALL_LIMIT',
  message: 'the request that the call was made for is over; use ctx.waitUntil() for what outlives a response',
}
const UNBOUNDED = limit('the app wrote without waiting for the store')

/** One call. */
export class DataCall extends Link implements StorageListener {
  readonly #start: DataStart
  readonly #owner: number
  readonly #services: DataCallServices
  readonly #port: DataCallPort
  readonly #holding: Holding
  /** What has come of the body and is not sent. */
  readonly #body = new ChunkQueue()
  #state: 'gathering' | 'waiting' | 'running' | 'answered' | 'over'
  /** How it ends when the turn is over. */
  #ending: { readonly failure?: StorageFailure } | undefined
  #failed = false
  #readBytes = 0
  #writtenBytes = 0
  #handle: StorageHandle | undefined
  #deadline: Deadline | undefined
  /** The guest writes no more. */
  #isComplete: boolean
  /** The store wants the next chunk of the body. */
  #isWanted = false
  #owesWritable = false
  /** The guest wants a chunk, and the store has been told. */
  #isPulled = false
  #isAsked = false
  /** The event that has not reached the guest, and what it costs. */
  #posted: GuestEvent | undefined
  #postedCost = 0

  /** Undefined when the host cannot hold so much. */
  static open(
    start: DataStart,
    owner: number,
    services: DataCallServices,
    port: DataCallPort,
  ): DataCall | undefined {
    const call = new DataCall(start, owner, services, port)
    return call.#hold() ? call : undefined
  }

  private constructor(start: DataStart, owner: number, services: DataCallServices, port: DataCallPort) {
    super()
    const { more = false, whole, request } = start
    this.#start = start
    this.#owner = owner
    this.#services = services
    this.#port = port
    this.#holding = new Holding(services.buffers)
    this.#isComplete = !more
    this.#state = more && whole !== undefined ? 'gathering' : 'waiting'
    this.#body.push(request.body)
    this.#expectLength()
  }

  /** It has nothing to wait for but its turn. */
  get isWaiting(): boolean {
    return this.#state === 'waiting' && this.#ending === undefined
  }

  /** Whether it is going to bring the guest an event. */
  get isPending(): boolean {
    if (this.#state === 'waiting' || this.#state === 'running') return true
    return this.#owesWritable || (this.#state === 'answered' && this.#isPulled)
  }

  /** Whether the guest may still ask for something. */
  get isOpen(): boolean {
    return this.#state !== 'over' && this.#ending === undefined
  }

  // within a turn

  /** Further bytes of the body; false when the guest has to wait. */
  write(bytes: Uint8Array): boolean {
    if (this.#isComplete) return true
    this.#body.push(bytes)
    if (!this.#hold()) {
      this.#ending = { failure: this.#start.whole === undefined ? UNBOUNDED : TOO_MUCH }
      return true
    }
    this.#expectLength()
    if (this.#start.whole !== undefined || this.#body.bytes < HIGH_WATER) return true
    this.#owesWritable = true
    return false
  }

  finish(): void {
    this.#isComplete = true
    this.#owesWritable = false
  }

  pull(): void {
    if (this.#state === 'answered' && this.#posted === undefined) this.#isPulled = true
  }

  abort(): void {
    this.#ending = {}
  }

  // between turns

  /** The account of this request is closed. */
  closed(request: number): void {
    const { sources } = this.#start
    if (sources?.delete(request) === true && sources.size === 0) this.#end(ENDED)
  }

  /** Do what the guest asked for in the turn that just ended. */
  act(): void {
    if (this.#ending !== undefined) return this.#end(this.#ending.failure)
    if (this.#state === 'gathering' && this.#isComplete) {
      this.#state = 'waiting'
      this.#port.onWhole()
    }
    this.#flow()
    if (!this.#isPulled || this.#isAsked) return
    this.#isAsked = true
    this.#expectAnswer()
    this.#handle?.pull()
  }

  /** Make the call. */
  run(): void {
    if (this.#state !== 'waiting') return
    this.#state = 'running'
    const { request } = this.#start
    const more = this.#isMore
    const body = more ? (this.#body.shift(this.#start.sources && PART_BYTES) ?? NOTHING) : join(this.#body)
    this.#expectAnswer()
    this.#writtenBytes += body.length
    this.#handle = this.#services.storage.call({ ...request, body }, more, this)
    this.#hold()
  }

  /** An event has reached the guest. */
  delivered(event: GuestEvent): void {
    if (event !== this.#posted) return
    this.#posted = undefined
    this.#postedCost = 0
    if (this.#state === 'over') this.#leave()
    else this.#hold()
  }

  /** It came to nothing. */
  fail(failure: StorageFailure): void {
    this.#end(failure)
  }

  /** The guest is gone. */
  [Symbol.dispose](): void {
    this.#end()
  }

  // what the storage says

  onAnswer(meta: string, body: Uint8Array, hasMore: boolean): void {
    if (this.#state !== 'running') return
    const event: GuestEvent = { tag: 'data-answered', val: { id: this.#start.id, meta, body, hasMore } }
    this.#state = 'answered'
    this.#port.onRun()
    this.#readBytes += body.length
    this.#bring(event, 2 * meta.length + body.length, !hasMore)
  }

  onChunk(bytes: Uint8Array, last: boolean): void {
    if (this.#state !== 'answered') return
    this.#isPulled = false
    this.#isAsked = false
    this.#readBytes += bytes.length
    this.#bring({ tag: 'data-body', val: { id: this.#start.id, bytes, last } }, bytes.length, last)
  }

  onWant(): void {
    this.#isWanted = true
    this.#expectAnswer()
    this.#flow()
  }

  onFailed(failure: StorageFailure): void {
    this.#handle = undefined
    this.#end(failure)
  }

  /** What the storage says goes to the guest, if the host may hold it. */
  #bring(event: GuestEvent, bytes: number, isLast: boolean): void {
    this.#deadline?.cancel()
    if (isLast) this.#handle = undefined
    this.#postedCost = QUEUED_COST + bytes
    if (!this.#hold()) return this.#end(TOO_MUCH)
    if (isLast) return this.#close(event)
    this.#post(event)
    this.#deadline = this.#services.deadlines?.pauses.start({ late: () => this.#end(LEFT_ALONE) })
  }

  /** More of the body follows the beginning of the call. */
  get #isMore(): boolean {
    const { whole, more, sources } = this.#start
    if (!this.#isComplete) return true
    return sources === undefined
      ? whole === undefined && more === true
      : this.#body.bytes > PART_BYTES || more === true
  }

  #expectAnswer(): void {
    this.#deadline?.cancel()
    this.#deadline = this.#services.deadlines?.answers.start({ late: () => this.#end(LATE) })
  }

  #expectLength(): void {
    const { whole } = this.#start
    if (whole !== undefined && this.#body.bytes > whole.mostBytes)
      this.#ending = { failure: toFailure(whole.tooLong(this.#body.bytes)) }
  }

  /** The body to the store, if that wants it. */
  #flow(): void {
    if (!this.#isWanted || this.#handle === undefined) return
    const chunk = this.#body.shift(this.#start.sources && PART_BYTES)
    if (chunk === undefined && !this.#isComplete) return
    this.#isWanted = false
    this.#writtenBytes += chunk?.length ?? 0
    this.#handle.push(chunk ?? NOTHING, chunk === undefined)
    this.#hold()
    if (!this.#owesWritable || this.#body.bytes >= HIGH_WATER) return
    this.#owesWritable = false
    this.#services.mailbox.post({ tag: 'data-writable', val: this.#start.id }, this.#owner)
  }

  #end(failure?: StorageFailure): void {
    if (this.#state === 'over') return
    this.#failed = failure !== undefined
    this.#postedCost = QUEUED_COST
    this.#close(failure && { tag: 'data-failed', val: { id: this.#start.id, ...failure } })
  }

  /** `event`: the last one. */
  #close(event: GuestEvent | undefined): void {
    if (this.#state === 'running') this.#port.onRun()
    this.#state = 'over'
    this.#isPulled = false
    this.#owesWritable = false
    this.#handle?.abort()
    this.#handle = undefined
    this.#deadline?.cancel()
    this.#body.clear()
    if (event !== undefined) this.#post(event)
    this.#hold()
    if (this.#posted === undefined) this.#leave()
  }

  #leave(): void {
    this.#holding.release()
    this.#port.onOver({
      failed: this.#failed,
      readBytes: this.#readBytes,
      writtenBytes: this.#writtenBytes,
    })
  }

  #post(event: GuestEvent): void {
    this.#posted = event
    this.#services.mailbox.post(event, this.#owner)
  }

  /** Hold what it costs now; false when that is too much. */
  #hold(): boolean {
    const held = this.#state === 'over' ? 0 : (this.#start.heldBytes ?? 0)
    return this.#holding.set(CALL_BYTES + held + this.#body.cost + this.#postedCost)
  }
}

/** All that waits, in one. */
function join(chunks: ChunkQueue): Uint8Array {
  const first = chunks.shift() ?? NOTHING
  if (chunks.bytes === 0) return first
  const parts = [first]
  for (let next = chunks.shift(); next !== undefined; next = chunks.shift()) parts.push(next)
  return Buffer.concat(parts)
}
