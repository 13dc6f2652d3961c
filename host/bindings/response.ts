/**
 * The guest's answers to clients (wit/response.wit).
 *
 *     waiting  --send, fail-->  done            a `send` of 101: the client has a WebSocket from then on
 *     waiting  --start-->  streaming  --finish, fail-->  done          any  --the client is gone-->  done
 *
 * - waiting: the guest has not given a head. It owes an answer.
 * - streaming: the head is out, or goes out after this turn; response-stream.ts has what the client does not take.
 * - done: the guest has nothing more to say; what it said goes out after this turn.
 *
 * Whatever comes for a response that is done, or out of this order, is ignored and counted. Status is checked here;
 * header bytes are checked where they are written, by the ingress.
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-response.d.ts'
import { type ByteBudget, Holding, QUEUED_COST } from '../limits/byte-budget.ts'
import { NumberTable } from '../limits/number-table.ts'
import { BROKEN } from '../web-socket/line.ts'
import type { Side } from '../web-socket/line.ts'
import type { Binding, BindingContext, Mailbox, Meter } from './binding.ts'
import { ResponseStream } from './response-stream.ts'

/** One client's side of a response. */
export interface ResponsePort {
  send(status: number, headers: Uint8Array, body: Uint8Array): void
  start(status: number, headers: Uint8Array): void
  /** The client is to have the other side of a WebSocket. Whoever cannot give it that closes it. */
  upgrade(headers: Uint8Array, side: Side): void
  /** False: the client reads slowly; `ResponseBinding.writable` is called when it takes bytes again. */
  write(bytes: Uint8Array): boolean
  finish(): void
  /** The handler failed; the text is what the guest says about it. */
  threw(error: string): void
  /** The guest hands over more than the host may hold for it. */
  fail(code: 'APP_BUFFER_LIMIT'): void
}

/** What ends a response; in bytes: the guest's error. */
type End = 'send' | 'upgrade' | 'finish' | 'refuse' | Uint8Array

/** One response, with all that waits to be said to its client. */
interface Open<Port> {
  readonly id: number
  /** Undefined when it is forgotten. */
  port: Port | undefined
  phase: 'waiting' | 'streaming' | 'done'
  /** What the guest said in this turn. */
  isTouched: boolean
  status: number
  headers: Uint8Array | undefined
  body: Uint8Array
  /** The WebSocket that the client gets. */
  side: Side | undefined
  end: End | undefined
  /** From `streaming` on. */
  stream: ResponseStream | undefined
  /** The guest was told to wait and is owed a `response-writable`. */
  owesWritable: boolean
}

/** The status of an answer that is a WebSocket. */
const UPGRADED = 101

/** The most bytes of an error that are kept. */
const ERROR_BYTES = 64 * 1024

const NOTHING = new Uint8Array(0)
/** The line of a head that names a WebSocket. */
const SIDE = ':web-socket\n'
const LF = 10
const NO_SUCH_SIDE = new TextEncoder().encode(
  'NonResponse: the WebSocket of the Response was given away already',
)
const OUT_OF_RANGE = new TextEncoder().encode('NonResponse: the status of a Response must be 200 to 599')

/** All open responses of an instance. */
export class ResponseBinding<Port extends ResponsePort> implements Binding {
  readonly #open = new NumberTable<Open<Port>>()
  readonly #mailbox: Mailbox
  readonly #meter: Meter
  readonly #budget: ByteBudget
  readonly #onDone: (id: number) => void
  readonly #leave: BindingContext['leave']
  /** Heads, whole bodies and errors that wait for the end of the turn. */
  readonly #turn: Holding
  /** Responses of which the guest said something in this turn. */
  #touched: Open<Port>[] = []
  #waiting = 0
  /** Responses that are owed a `response-writable`. */
  #owed = 0

  /** `onDone` is called when a response has got all that it will get; `leave` gives the WebSocket that a head names. */
  constructor(
    mailbox: Mailbox,
    meter: Meter,
    budget: ByteBudget,
    onDone: (id: number) => void,
    leave: BindingContext['leave'] = () => undefined,
  ) {
    this.#mailbox = mailbox
    this.#meter = meter
    this.#budget = budget
    this.#turn = new Holding(budget)
    this.#onDone = onDone
    this.#leave = leave
  }

  /** The functions that the guest calls. */
  readonly imports = {
    send: (id: number, status: number, headers: Uint8Array, body: Uint8Array): void => {
      const to = this.#find(id, 'waiting')
      if (to === undefined) return
      if (status === UPGRADED) return this.#upgrade(to, headers)
      if (!this.#head(to, status, headers, body.length)) return
      to.body = body
      this.#end(to, 'send')
    },
    start: (id: number, status: number, headers: Uint8Array): void => {
      const to = this.#find(id, 'waiting')
      if (to === undefined) return
      if (!this.#head(to, status, headers, 0)) return
      this.#answered(to, 'streaming')
      to.stream = new ResponseStream(this.#budget)
      this.#touch(to)
    },
    write: (id: number, bytes: Uint8Array): boolean => {
      const to = this.#find(id, 'streaming')
      if (to?.stream === undefined) return true
      if (!to.stream.push(bytes)) {
        this.#end(to, 'refuse')
        return true
      }
      this.#touch(to)
      if (!to.stream.isFull) return true
      if (!to.owesWritable) this.#owed++
      to.owesWritable = true
      return false
    },
    finish: (id: number): void => {
      const to = this.#find(id, 'streaming')
      if (to !== undefined) this.#end(to, 'finish')
    },
    fail: (id: number, error: Uint8Array): void => {
      const to = this.#find(id)
      if (to !== undefined) this.#fail(to, error)
    },
  } satisfies typeof Wit

  /** Responses that are not complete. */
  get size(): number {
    return this.#open.size
  }

  /** Responses whose head the guest has not given yet. */
  get waiting(): number {
    return this.#waiting
  }

  /** Whose response it is, while it is open. */
  portOf(id: number): Port | undefined {
    return this.#open.get(id)?.port
  }

  add(id: number, port: Port): void {
    this.#open.set(id, {
      id,
      port,
      phase: 'waiting',
      isTouched: false,
      status: 0,
      headers: undefined,
      body: NOTHING,
      side: undefined,
      end: undefined,
      stream: undefined,
      owesWritable: false,
    })
    this.#waiting++
  }

  /** The client takes bytes again. */
  writable(id: number): void {
    const to = this.#open.get(id)
    if (to?.port !== undefined && to.stream?.resume() === true) this.#drain(to, to.port)
  }

  /** Forget a response; false when it was not open. */
  remove(id: number): boolean {
    const to = this.#open.get(id)
    if (to === undefined) return false
    this.#answered(to, 'done')
    this.#forget(to)
    return true
  }

  /** Forget a response and return its port, if it was open. */
  take(id: number): Port | undefined {
    const port = this.#open.get(id)?.port
    this.remove(id)
    return port
  }

  /** Forget the responses that still wait for the guest (all, or only those without a head) and return them. */
  takeUnanswered(which: 'all' | 'waiting'): { id: number; port: Port; hasHead: boolean }[] {
    const taken: { id: number; port: Port; hasHead: boolean }[] = []
    for (const to of this.#open.values()) {
      const { id } = to
      const hasHead = to.phase !== 'waiting'
      if (which === 'waiting' && hasHead) continue
      if (to.port !== undefined) taken.push({ id, port: to.port, hasHead })
      this.remove(id)
    }
    return taken
  }

  flush(): void {
    if (this.#touched.length === 0) return
    const touched = this.#touched
    this.#touched = []
    // from here on whoever sends the bytes holds them
    this.#turn.release()
    for (const to of touched) this.#apply(to)
  }

  isPending(): boolean {
    return this.#owed > 0
  }

  [Symbol.dispose](): void {
    this.takeUnanswered('all')
    this.#touched = []
    this.#turn.release()
  }

  #apply(to: Open<Port>): void {
    to.isTouched = false
    const { id, port, status, headers, body, side, end } = to
    // the client may have gone since
    if (port === undefined) return side?.closed(BROKEN)
    if (side !== undefined) {
      this.#forget(to)
      port.upgrade(headers ?? NOTHING, side)
      return this.#onDone(id)
    }
    if (end === 'send') {
      this.#forget(to)
      port.send(status, headers ?? NOTHING, body)
      return this.#onDone(id)
    }
    if (headers !== undefined) port.start(status, headers)
    to.headers = undefined
    this.#drain(to, port)
    if (end === undefined) return
    this.#forget(to)
    if (end === 'finish') port.finish()
    else if (end === 'refuse') port.fail('APP_BUFFER_LIMIT')
    else if (end !== 'upgrade') port.threw(new TextDecoder().decode(end))
    this.#onDone(id)
  }

  #drain(to: Open<Port>, port: Port): void {
    if (to.stream === undefined) return
    to.stream.drain(port, to.end === 'finish')
    if (to.stream.takesBytes) this.#tellWritable(to)
  }

  #tellWritable(to: Open<Port>): void {
    if (!to.owesWritable || to.phase !== 'streaming') return
    to.owesWritable = false
    this.#owed--
    this.#mailbox.post({ tag: 'response-writable', val: to.id }, to.id)
  }

  #find(id: number, phase?: 'waiting' | 'streaming'): Open<Port> | undefined {
    this.#meter.crossings++
    const to = this.#open.get(id)
    if (to !== undefined && to.phase !== 'done' && (phase === undefined || to.phase === phase)) return to
    this.#meter.ignored++
    return undefined
  }

  /** The head begins with the line that names the WebSocket. */
  #upgrade(to: Open<Port>, head: Uint8Array): void {
    const line = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
    const end = line.indexOf(LF, SIDE.length)
    const id =
      line.toString('latin1', 0, SIDE.length) === SIDE ? Number(line.toString('latin1', SIDE.length, end)) : 0
    const side = this.#leave(id, to.id)
    if (side === undefined) return this.#fail(to, NO_SUCH_SIDE)
    to.side = side
    const headers = head.subarray(end + 1)
    if (!this.#turn.add(QUEUED_COST + headers.length)) return this.#end(to, 'refuse')
    to.headers = headers
    this.#end(to, 'upgrade')
  }

  /** Keep a head; false when the response is over instead. */
  #head(to: Open<Port>, status: number, headers: Uint8Array, bodySize: number): boolean {
    if (!isStatus(status)) this.#fail(to, OUT_OF_RANGE)
    else if (!this.#turn.add(QUEUED_COST + headers.length + bodySize)) this.#end(to, 'refuse')
    else {
      to.status = status
      to.headers = headers
      return true
    }
    return false
  }

  #fail(to: Open<Port>, error: Uint8Array): void {
    const text = error.slice(0, ERROR_BYTES)
    this.#end(to, this.#turn.add(text.length) ? text : NOTHING)
  }

  #end(to: Open<Port>, end: End): void {
    this.#answered(to, 'done')
    to.end = end
    this.#touch(to)
  }

  #touch(to: Open<Port>): void {
    if (to.isTouched) return
    to.isTouched = true
    this.#touched.push(to)
  }

  #answered(to: Open<Port>, phase: 'streaming' | 'done'): void {
    if (to.phase === 'waiting') this.#waiting--
    to.phase = phase
  }

  #forget(to: Open<Port>): void {
    if (to.owesWritable) this.#owed--
    to.port = undefined
    to.headers = undefined
    to.body = NOTHING
    to.side = undefined
    to.stream?.release()
    to.stream = undefined
    this.#open.delete(to.id)
  }
}

function isStatus(status: number): boolean {
  return status >= 200 && status <= 599
}

export const bind = ({
  mailbox,
  meter,
  buffers,
  onResponseDone,
  leave,
}: BindingContext): ResponseBinding<ResponsePort> =>
  new ResponseBinding(mailbox, meter, buffers, onResponseDone, leave)
