/**
 * The guest's answers to clients (wit/response.wit).
 *
 *     waiting  --send, fail-->  done
 *     waiting  --start-->  streaming  --finish, fail-->  done
 *
 * Whatever comes for a response that is done, or out of this order, is ignored and counted. Status is checked here;
 * header bytes are checked where they are written, by the ingress.
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-response.d.ts'
import type { Buffers } from '../limits/buffers.ts'
import type { Binding, Mailbox, Meter } from './binding.ts'

/** One client's side of a response. */
export interface ResponsePort {
  send(status: number, headers: Uint8Array, body: Uint8Array): void
  start(status: number, headers: Uint8Array): void
  /** False: the client reads slowly; `ResponseBinding.writable` is called when it takes bytes again. */
  write(bytes: Uint8Array): boolean
  finish(): void
  /** The handler failed; the text is what the guest says about it. */
  threw(error: string): void
  /** The guest hands over more than the host may hold for it. */
  fail(code: 'APP_BUFFER_LIMIT'): void
}

interface Open<Port> {
  /** Undefined when it is forgotten: an outgrown table may keep this for a while, but not what the client had. */
  port: Port | undefined
  phase: 'waiting' | 'streaming' | 'done'
  /** What the client said to the last write that reached it. */
  takesBytes: boolean
  /** The guest was told to wait and is owed a `response-writable`. */
  owesWritable: boolean
  /** Bytes written in this turn. */
  written: number
}

type Effect<Port> =
  | { kind: 'send'; id: number; to: Open<Port>; status: number; headers: Uint8Array; body: Uint8Array }
  | { kind: 'start'; id: number; to: Open<Port>; status: number; headers: Uint8Array }
  | { kind: 'write'; id: number; to: Open<Port>; bytes: Uint8Array }
  | { kind: 'finish'; id: number; to: Open<Port> }
  | { kind: 'fail'; id: number; to: Open<Port>; error: Uint8Array }
  | { kind: 'refuse'; id: number; to: Open<Port> }

/** A guest that writes more than this in one turn is told to wait. */
const TURN_HIGH_WATER = 64 * 1024

/** The most bytes of an error that are kept. */
const ERROR_BYTES = 64 * 1024

const OUT_OF_RANGE = new TextEncoder().encode('NonResponse: the status of a Response must be 200 to 599')

/** All open responses of an instance. */
export class ResponseBinding<Port extends ResponsePort> implements Binding {
  readonly #open = new Map<number, Open<Port>>()
  readonly #mailbox: Mailbox
  readonly #meter: Meter
  readonly #buffers: Buffers
  readonly #onDone: (id: number) => void
  #effects: Effect<Port>[] = []
  #waiting = 0
  /** Responses that are owed a `response-writable`. */
  #owed = 0
  /** Bytes that wait for the end of the turn. */
  #taken = 0

  /** `onDone` is called when a response has got all that it will get. */
  constructor(mailbox: Mailbox, meter: Meter, buffers: Buffers, onDone: (id: number) => void) {
    this.#mailbox = mailbox
    this.#meter = meter
    this.#buffers = buffers
    this.#onDone = onDone
  }

  /** The functions that the guest calls. */
  readonly imports = {
    send: (id: number, status: number, headers: Uint8Array, body: Uint8Array): void => {
      const to = this.#find(id, 'waiting')
      if (to === undefined) return
      if (!isStatus(status)) return this.#end(id, to, OUT_OF_RANGE)
      if (!this.#take(headers.length + body.length)) return this.#refuse(id, to)
      this.#answered(to, 'done')
      this.#effects.push({ kind: 'send', id, to, status, headers, body })
    },
    start: (id: number, status: number, headers: Uint8Array): void => {
      const to = this.#find(id, 'waiting')
      if (to === undefined) return
      if (!isStatus(status)) return this.#end(id, to, OUT_OF_RANGE)
      if (!this.#take(headers.length)) return this.#refuse(id, to)
      this.#answered(to, 'streaming')
      this.#effects.push({ kind: 'start', id, to, status, headers })
    },
    write: (id: number, bytes: Uint8Array): boolean => {
      const to = this.#find(id, 'streaming')
      if (to === undefined) return true
      if (!this.#take(bytes.length)) {
        this.#refuse(id, to)
        return true
      }
      to.written += bytes.length
      this.#effects.push({ kind: 'write', id, to, bytes })
      if (to.takesBytes && to.written < TURN_HIGH_WATER) return true
      if (!to.owesWritable) this.#owed++
      to.owesWritable = true
      return false
    },
    finish: (id: number): void => {
      const to = this.#find(id, 'streaming')
      if (to === undefined) return
      to.phase = 'done'
      this.#effects.push({ kind: 'finish', id, to })
    },
    fail: (id: number, error: Uint8Array): void => {
      const to = this.#find(id)
      if (to !== undefined) this.#end(id, to, error.slice(0, ERROR_BYTES))
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

  add(id: number, port: Port): void {
    this.#open.set(id, { port, phase: 'waiting', takesBytes: true, owesWritable: false, written: 0 })
    this.#waiting++
  }

  /** The client takes bytes again. */
  writable(id: number): void {
    const to = this.#open.get(id)
    if (to === undefined || to.takesBytes) return
    to.takesBytes = true
    this.#tellWritable(id, to)
  }

  /** Forget a response; false when it was not open. */
  remove(id: number): boolean {
    const to = this.#open.get(id)
    if (to === undefined) return false
    this.#answered(to, 'done')
    this.#forget(id, to)
    return true
  }

  /** Forget a response and return its port, if it was open. */
  take(id: number): Port | undefined {
    const port = this.#open.get(id)?.port
    this.remove(id)
    return port
  }

  /** Forget the responses that still wait for the guest (all, or only those without a head) and return them. */
  takeUnanswered(which: 'all' | 'waiting'): { id: number; port: Port }[] {
    const taken: { id: number; port: Port }[] = []
    for (const [id, to] of this.#open) {
      if (which === 'waiting' && to.phase !== 'waiting') continue
      if (to.port !== undefined) taken.push({ id, port: to.port })
      this.remove(id)
    }
    return taken
  }

  flush(): void {
    if (this.#effects.length === 0) return
    const effects = this.#effects
    this.#effects = []
    // from here on whoever sends the bytes holds them
    this.#giveAll()
    for (const effect of effects) this.#apply(effect)
  }

  isPending(): boolean {
    return this.#owed > 0
  }

  [Symbol.dispose](): void {
    this.#open.clear()
    this.#effects = []
    this.#giveAll()
    this.#waiting = 0
    this.#owed = 0
  }

  #apply(effect: Effect<Port>): void {
    const { id, to } = effect
    const { port } = to
    // the client may have gone since
    if (port === undefined || this.#open.get(id) !== to) return
    if (effect.kind === 'start') return port.start(effect.status, effect.headers)
    if (effect.kind === 'write') return this.#write(id, to, port, effect.bytes)
    this.#forget(id, to)
    if (effect.kind === 'send') port.send(effect.status, effect.headers, effect.body)
    else if (effect.kind === 'finish') port.finish()
    else if (effect.kind === 'refuse') port.fail('APP_BUFFER_LIMIT')
    else port.threw(new TextDecoder().decode(effect.error))
    this.#onDone(id)
  }

  #write(id: number, to: Open<Port>, port: Port, bytes: Uint8Array): void {
    to.written = 0
    to.takesBytes = port.write(bytes)
    if (to.takesBytes) this.#tellWritable(id, to)
  }

  #tellWritable(id: number, to: Open<Port>): void {
    if (!to.owesWritable || to.phase !== 'streaming') return
    to.owesWritable = false
    this.#owed--
    this.#mailbox.post({ tag: 'response-writable', val: id }, id)
  }

  #find(id: number, phase?: 'waiting' | 'streaming'): Open<Port> | undefined {
    this.#meter.crossings++
    const to = this.#open.get(id)
    if (to !== undefined && to.phase !== 'done' && (phase === undefined || to.phase === phase)) return to
    this.#meter.ignored++
    return undefined
  }

  #take(bytes: number): boolean {
    if (!this.#buffers.take(bytes)) return false
    this.#taken += bytes
    return true
  }

  #giveAll(): void {
    this.#buffers.give(this.#taken)
    this.#taken = 0
  }

  #refuse(id: number, to: Open<Port>): void {
    this.#answered(to, 'done')
    this.#effects.push({ kind: 'refuse', id, to })
  }

  #answered(to: Open<Port>, phase: 'streaming' | 'done'): void {
    if (to.phase === 'waiting') this.#waiting--
    to.phase = phase
  }

  #forget(id: number, to: Open<Port>): void {
    if (to.owesWritable) this.#owed--
    to.port = undefined
    this.#open.delete(id)
  }

  #end(id: number, to: Open<Port>, error: Uint8Array): void {
    this.#answered(to, 'done')
    this.#effects.push({ kind: 'fail', id, to, error })
  }
}

function isStatus(status: number): boolean {
  return status >= 200 && status <= 599
}
