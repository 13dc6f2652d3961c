/**
 * What the bindings for data have in common (wit/data.wit): their calls, many at once, each with bodies that flow at the pace
 * of whoever is slower. The host's half of each (kv.ts) checks what the guest passes, and starts calls here; `data-call.ts` has
 * the states of one. So many wait for an answer at once, the others for their turn.
 *
 *     kv.ts: start(...)  >  paid for [APP_DATA_LIMIT]  >  flush  >  the storage thread  >  data-answered, data-body ...
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-data.d.ts'
import type { Env, Resource } from '../config/env.ts'
import type { Accounts } from '../limits/accounts.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import { Deadlines } from '../limits/deadlines.ts'
import type { Storage } from '../storage/client.ts'
import { type StorageFailure, toFailure } from '../storage/failure.ts'
import type { Binding, BindingContext, GuestEvent, Mailbox, Meter } from './binding.ts'
import { DataCall, type DataStart } from './data-call.ts'
import type { DataKind } from './data-counts.ts'

/** The most calls that one instance may have open, answers that are not read to their end included. */
const MAX_OPEN = 1000

const NOTHING = new Uint8Array(0)

const toLimit = (message: string): StorageFailure => ({ name: 'Error', code: 'STORAGE_LIMIT', message })
const TOO_MANY = toLimit(
  'the request has made as many calls to data as it may (data_calls), or too many are open',
)
const TOO_MUCH = toLimit('for this call the host would have to hold more than it may (buffer_mb)')
const NOBODY = toLimit('the app has no request to work for; use ctx.waitUntil() for what outlives a response')

/** What the calls of an instance need. */
export interface DataServices {
  readonly mailbox: Mailbox
  readonly meter: Meter
  readonly accounts: Accounts
  readonly buffers: ByteBudget
  readonly storage: Storage
  readonly env: Env
  /** Calls that may wait for an answer at once. */
  readonly maxRunning: number
  /** How long the storage may be silent, and how long the app may leave an answer alone. */
  readonly answerMs: number
  readonly pauseMs: number
}

/** A call as a binding asks for it. */
export interface DataAsk extends Pick<DataStart, 'more' | 'whole'> {
  readonly op: string
  readonly args: unknown
  readonly body?: Uint8Array
}

/** The calls of an instance. */
export class DataBinding implements Binding {
  readonly #services: DataServices
  readonly #answers: Deadlines
  readonly #pauses: Deadlines
  readonly #calls = new Map<number, DataCall>()
  /** Calls that wait for their turn, oldest first. */
  readonly #waiting = new Set<DataCall>()
  #running = 0
  /** Calls that were asked for something in this turn. */
  readonly #touched = new Set<DataCall>()

  constructor(services: DataServices) {
    this.#services = services
    this.#answers = new Deadlines(services.answerMs)
    this.#pauses = new Deadlines(services.pauseMs)
  }

  /** The functions that the guest calls. */
  readonly imports = {
    write: (id: number, bytes: Uint8Array): boolean => this.#find(id)?.write(bytes) ?? true,
    finish: (id: number): void => this.#find(id)?.finish(),
    pull: (id: number): void => this.#find(id)?.pull(),
    abort: (id: number): void => this.#find(id)?.abort(),
  } satisfies typeof Wit

  /**
   * Start a call; it is made when the turn is over. `name`: the binding's in `env`, as the guest says it. `toAsk` checks what
   * else the guest says: it throws a `StorageError` for what the app is to be told.
   */
  start(id: number, kind: DataKind, name: Uint8Array, toAsk: () => DataAsk): void {
    this.#start(id, kind, () => this.#toResource(kind, name), toAsk)
  }

  /** The same for what every app has without a binding in its `env`: whose it is, is for its storage to say. */
  startOwn(id: number, kind: DataKind, toAsk: () => DataAsk): void {
    this.#start(id, kind, () => ({ kind, key: '' }), toAsk)
  }

  #start(id: number, kind: DataKind, open: () => Resource | undefined, toAsk: () => DataAsk): void {
    const { meter, accounts, mailbox } = this.#services
    meter.crossings++
    if (this.#calls.has(id)) return void meter.ignored++
    meter[`${kind}Calls`]++
    const account = this.#calls.size < MAX_OPEN ? accounts.takeDataCall() : undefined
    const owner = account?.number ?? 0
    const refuse = (failure: StorageFailure): void => {
      meter[`${kind}Errors`]++
      mailbox.post({ tag: 'data-failed', val: { id, ...failure } }, owner)
    }
    if (account === undefined) return refuse(TOO_MANY)
    const resource = open()
    if (resource === undefined) return refuse(toUnknown(kind))
    let ask
    try {
      ask = toAsk()
    } catch (error) {
      return refuse(toFailure(error))
    }
    const { op, args, body = NOTHING, ...rest } = ask
    const start = { id, request: { ...resource, op, args, body }, ...rest }
    const call = this.#open(kind, start, owner)
    if (call === undefined) return refuse(TOO_MUCH)
    this.#calls.set(id, call)
    if (call.isWaiting) this.#waiting.add(call)
    else this.#touched.add(call)
  }

  flush(): void {
    if (this.#touched.size > 0) {
      for (const call of this.#touched) call.act()
      this.#touched.clear()
    }
    if (this.#waiting.size > 0) this.#run()
  }

  /** An event has reached the guest. */
  delivered(event: GuestEvent): void {
    if (event.tag === 'data-answered' || event.tag === 'data-body' || event.tag === 'data-failed')
      this.#calls.get(event.val.id)?.delivered(event)
  }

  isPending(): boolean {
    for (const call of this.#calls.values()) if (call.isPending) return true
    return false
  }

  /** Nobody is there to wait for what is under way. */
  rest(): void {
    for (const call of this.#calls.values()) call.fail(NOBODY)
  }

  [Symbol.dispose](): void {
    for (const call of this.#calls.values()) call[Symbol.dispose]()
    this.#calls.clear()
    this.#waiting.clear()
    this.#touched.clear()
    this.#answers[Symbol.dispose]()
    this.#pauses[Symbol.dispose]()
  }

  #open(kind: DataKind, start: DataStart, owner: number): DataCall | undefined {
    const { mailbox, buffers, storage, meter } = this.#services
    const services = { mailbox, buffers, storage, answers: this.#answers, pauses: this.#pauses }
    const call = DataCall.open(start, owner, services, {
      onWhole: () => call !== undefined && this.#waiting.add(call),
      onRun: () => {
        this.#running--
        // not within a turn
        queueMicrotask(() => this.#run())
      },
      onOver: ({ failed, readBytes, writtenBytes }) => {
        if (failed) meter[`${kind}Errors`]++
        meter[`${kind}ReadBytes`] += readBytes
        meter[`${kind}WrittenBytes`] += writtenBytes
        this.#calls.delete(start.id)
        if (call !== undefined) this.#waiting.delete(call)
      },
    })
    return call
  }

  #run(): void {
    for (const call of this.#waiting) {
      if (this.#running >= this.#services.maxRunning) return
      this.#waiting.delete(call)
      if (!call.isWaiting) continue
      this.#running++
      call.run()
    }
  }

  /** What a binding of the app leads to: only what its own `env` has. */
  #toResource(kind: DataKind, name: Uint8Array): Resource | undefined {
    const { env } = this.#services
    const key = Buffer.from(name.buffer, name.byteOffset, name.length).toString()
    const member = Object.hasOwn(env, key) ? env[key] : undefined
    return member?.type === 'binding' && member.kind === kind ? member.resource : undefined
  }

  /** The call that the guest asks something of. */
  #find(id: number): DataCall | undefined {
    this.#services.meter.crossings++
    const call = this.#calls.get(id)
    if (call?.isOpen === true) {
      this.#touched.add(call)
      return call
    }
    this.#services.meter.ignored++
    return undefined
  }
}

function toUnknown(kind: string): StorageFailure {
  return {
    name: 'Error',
    code: 'STORAGE_INVALID',
    message: `the app has no binding of this name for ${kind}`,
  }
}

export const bind = ({ data }: BindingContext): DataBinding => data
