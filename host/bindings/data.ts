/**
 * What the bindings for data have in common (wit/data.wit): their calls, many at once, each with bodies that flow at the pace
 * of whoever is slower. The host's half of each (kv.ts) checks what the guest passes, and starts calls here; `data-call.ts` has
 * the states of one. So many wait for an answer at once, the others for their turn.
 *
 *     kv.ts: start(...)  >  paid for [APP_DATA_LIMIT]  >  flush  >  the storage thread  >  data-answered, data-body ...
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-data.d.ts'
import type { Env, EnvValue, Resource } from '../config/env.ts'
import type { Account } from '../limits/account.ts'
import type { Accounts } from '../limits/accounts.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import { Deadlines } from '../limits/deadlines.ts'
import type { Storage } from '../storage/client.ts'
import { type StorageFailure, toFailure } from '../storage/failure.ts'
import type { Binding, BindingContext, GuestEvent, Mailbox, Meter } from './binding.ts'
import { CallLine } from './call-line.ts'
import { DataCall, type DataStart } from './data-call.ts'
import type { DataKind } from './data-counts.ts'
import { OpenCalls } from './open-calls.ts'

/** The most calls that one instance may have open, answers that are not read to their end included. */
const MAX_OPEN = 1000

const NOTHING = new Uint8Array(0)

const toLimit = (message: string): StorageFailure => ({ name: 'Error', code: 'STORAGE_LIMIT', message })
const TOO_MANY = toLimit(
  'the request has made as many calls to data as it may (data_calls), or too many are open',
)
const TOO_MANY_CALLS: StorageFailure = {
  name: 'Error',
  code: 'CALL_LIMIT',
  message: 'the request has made as many fetches and calls as it may (subrequests), or too many are open',
}
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
  /** Calls that may wait for an answer of the storage, and of other apps, at once. */
  readonly maxRunning: number
  readonly maxCalls: number
  /** How long the storage may be silent, and how long the app may leave an answer alone. */
  readonly answerMs: number
  readonly pauseMs: number
}

/** A call as a binding asks for it. */
export interface DataAsk extends Pick<DataStart, 'more' | 'whole' | 'heldBytes'> {
  readonly op: string
  readonly args: unknown
  readonly body?: Uint8Array
}

/** What an app has without a binding: its own entrypoints. */
const SELF: Resource = { kind: 'service', key: '', callee: { app: '', entrypoint: '' } }

/** What `#start` is asked for. */
interface Wanted {
  readonly kind: DataKind
  /** What it leads to; undefined: the app has no such binding. */
  readonly open: () => Resource | undefined
  readonly toAsk: (account: Account) => DataAsk
  /** Who pays; undefined: nobody can. */
  readonly take: () => Account | undefined
  /** Of a call of another app: the requests that it may be for. */
  readonly sources?: Set<number>
}

/** The calls of an instance. */
export class DataBinding implements Binding {
  readonly #services: DataServices
  readonly #answers: Deadlines
  readonly #pauses: Deadlines
  readonly #calls: OpenCalls<DataCall>
  /** So many wait for an answer at once. */
  readonly #storageLine: CallLine<DataCall>
  /** Other apps have a line of their own: one that is slow keeps nobody from the data. */
  readonly #callLine: CallLine<DataCall>

  constructor(services: DataServices) {
    this.#services = services
    this.#answers = new Deadlines(services.answerMs)
    this.#pauses = new Deadlines(services.pauseMs)
    this.#calls = new OpenCalls(services.meter)
    const run = (call: DataCall): void => call.run()
    this.#storageLine = new CallLine({ most: services.maxRunning, run })
    this.#callLine = new CallLine({ most: services.maxCalls, run })
  }

  /** The functions that the guest calls. */
  readonly imports = {
    write: (id: number, bytes: Uint8Array): boolean => this.#calls.find(id)?.write(bytes) ?? true,
    finish: (id: number): void => this.#calls.find(id)?.finish(),
    pull: (id: number): void => this.#calls.find(id)?.pull(),
    abort: (id: number): void => this.#calls.find(id)?.abort(),
  } satisfies typeof Wit

  /**
   * Start a call; it is made when the turn is over. `name`: the binding's in `env`, as the guest says it. `toAsk` checks what
   * else the guest says: it throws a `StorageError` for what the app is to be told.
   */
  start(id: number, kind: DataKind, name: Uint8Array, toAsk: () => DataAsk): void {
    const open = (): Resource | undefined => this.#toResource(kind, name)
    this.#start(id, { kind, open, toAsk, take: () => this.#services.accounts.takeDataCall() })
  }

  /** The same for what every app has without a binding in its `env`: whose it is, is for its storage to say. */
  startOwn(id: number, kind: DataKind, toAsk: () => DataAsk): void {
    const open = (): Resource => ({ kind, key: '' })
    this.#start(id, { kind, open, toAsk, take: () => this.#services.accounts.takeDataCall() })
  }

  /**
   * The same for a call of another app: it is a fetch of the account that it is made for, and ends with it. Without a name it is
   * one of the app itself, and what is called of it says the target.
   */
  startCall(id: number, kind: DataKind, name: Uint8Array, toAsk: (account: Account) => DataAsk): void {
    const { accounts } = this.#services
    const sources = new Set(accounts.sources)
    const open = (): Resource | undefined => (name.length === 0 ? SELF : this.#toCalled(name))
    this.#start(id, { kind, open, toAsk, take: () => accounts.takeFetch(), sources })
  }

  #start(id: number, { kind, open, toAsk, take, sources }: Wanted): void {
    const { accounts, meter, mailbox } = this.#services
    if (!this.#calls.admit(id)) return
    meter[`${kind}Calls`]++
    const account = this.#calls.size < MAX_OPEN ? take() : undefined
    const owner = account?.number ?? accounts.asker
    const refuse = (failure: StorageFailure): void => {
      meter[`${kind}Errors`]++
      mailbox.post({ tag: 'data-failed', val: { id, ...failure } }, owner)
    }
    if (account === undefined) return refuse(sources === undefined ? TOO_MANY : TOO_MANY_CALLS)
    const resource = open()
    if (resource === undefined) return refuse(toUnknown(kind))
    let ask
    try {
      ask = toAsk(account)
    } catch (error) {
      return refuse(toFailure(error))
    }
    const { op, args, body = NOTHING, ...rest } = ask
    const start = { id, request: { ...resource, op, args, body }, sources, ...rest }
    const line = sources === undefined ? this.#storageLine : this.#callLine
    const call = this.#open(kind, start, { owner, line })
    if (call === undefined) return refuse(TOO_MUCH)
    this.#calls.add(id, call)
    if (call.isWaiting) line.add(call)
    else this.#calls.touch(id, call)
  }

  flush(): void {
    this.#calls.act()
    this.#storageLine.run()
    this.#callLine.run()
  }

  /** An event has reached the guest. */
  delivered(event: GuestEvent): void {
    if (event.tag === 'data-answered' || event.tag === 'data-body' || event.tag === 'data-failed')
      this.#calls.get(event.val.id)?.delivered(event)
  }

  isPending(): boolean {
    return this.#calls.isPending
  }

  closed(request: number): void {
    for (const call of this.#calls.values()) call.closed(request)
  }

  /** Nobody is there to wait for what is under way. */
  rest(): void {
    for (const call of this.#calls.values()) call.fail(NOBODY)
  }

  [Symbol.dispose](): void {
    this.#calls[Symbol.dispose]()
    this.#storageLine.clear()
    this.#callLine.clear()
    this.#answers[Symbol.dispose]()
    this.#pauses[Symbol.dispose]()
  }

  #open(
    kind: DataKind,
    start: DataStart,
    { owner, line }: { owner: number; line: CallLine<DataCall> },
  ): DataCall | undefined {
    const { mailbox, buffers, storage, meter } = this.#services
    const deadlines =
      start.sources === undefined ? { answers: this.#answers, pauses: this.#pauses } : undefined
    const services = { mailbox, buffers, storage, deadlines }
    const call = DataCall.open(start, owner, services, {
      onWhole: () => call !== undefined && line.add(call),
      onRun: () => line.left(),
      onOver: ({ failed, readBytes, writtenBytes }) => {
        if (failed) meter[`${kind}Errors`]++
        meter[`${kind}ReadBytes`] += readBytes
        meter[`${kind}WrittenBytes`] += writtenBytes
        this.#calls.delete(start.id)
        if (call !== undefined) line.delete(call)
      },
    })
    return call
  }

  /** What a binding of the app leads to: only what its own `env` has. */
  #toResource(kind: DataKind, name: Uint8Array): Resource | undefined {
    const member = this.#toMember(name)
    return member?.type === 'binding' && member.kind === kind ? member.resource : undefined
  }

  /** What is called, whatever kind of entrypoint it is. */
  #toCalled(name: Uint8Array): Resource | undefined {
    const member = this.#toMember(name)
    const resource = member?.type === 'binding' ? member.resource : undefined
    return resource?.callee === undefined ? undefined : resource
  }

  #toMember(name: Uint8Array): EnvValue | undefined {
    const { env } = this.#services
    const key = Buffer.from(name.buffer, name.byteOffset, name.length).toString()
    return Object.hasOwn(env, key) ? env[key] : undefined
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
