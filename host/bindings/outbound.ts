/**
 * The app's own fetches (wit/outbound.wit): many at once, each with a body that flows at the pace of whoever is slower.
 * One chunk of an answer is read per pull, and an upload that the far side does not take stops the guest, so that no
 * body is ever held whole. So many wait for their heads at once, the others for their turn. When the instance ends, so
 * do its fetches.
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-outbound.d.ts'
import type { Accounts } from '../limits/accounts.ts'
import type { Buffers } from '../limits/buffers.ts'
import type { Binding, Mailbox, Meter } from './binding.ts'
import { nextLoop } from './cdn-loop.ts'
import { DeniedLog } from './denied-log.ts'
import type { Dialer } from './dialer.ts'
import { OutboundCall, type OutboundStart } from './outbound-call.ts'

/** The most fetches that one instance may have open, answers that are not read to their end included. */
const MAX_OPEN = 1000

const TOO_MANY = 'the request has made as many fetches as it may, or too many are open'
const TOO_MUCH = 'too much data of the app waits to be sent'
const NOBODY = 'the app has no request to work for; use ctx.waitUntil() for what outlives a response'

/** What the fetches of an instance need. */
export interface OutboundServices {
  readonly dialer: Dialer
  /** Who pays. */
  readonly accounts: Accounts
  /** What waits for the far side. */
  readonly buffers: Buffers
  /** Fetches that may wait for their answer's head at once. */
  readonly maxDialing: number
  /** The policy refused a fetch; the text, if there is one, is for the log. */
  onDenied(text?: string): void
}

/** The fetches of an instance. */
export class OutboundBinding implements Binding {
  readonly #calls = new Map<number, OutboundCall>()
  readonly #mailbox: Mailbox
  readonly #meter: Meter
  readonly #services: OutboundServices
  readonly #denied: DeniedLog
  /** Calls that wait for their turn to be dialled, oldest first. */
  #waiting: OutboundCall[] = []
  #dialing = 0
  #pulled: OutboundCall[] = []

  constructor(mailbox: Mailbox, meter: Meter, services: OutboundServices) {
    this.#mailbox = mailbox
    this.#meter = meter
    this.#services = services
    this.#denied = new DeniedLog((text) => services.onDenied(text))
  }

  /** The functions that the guest calls. */
  readonly imports = {
    start: (
      id: number,
      head: Uint8Array,
      body: Uint8Array,
      more: boolean,
      redirect: OutboundStart['redirect'],
    ): void => {
      this.#meter.crossings++
      if (this.#calls.has(id)) {
        this.#meter.ignored++
        return
      }
      const { accounts, buffers } = this.#services
      const account = this.#calls.size < MAX_OPEN ? accounts.takeFetch() : undefined
      const owner = account?.number ?? 0
      if (account === undefined || !buffers.hasRoom(head.length + body.length)) {
        const message = account === undefined ? TOO_MANY : TOO_MUCH
        return this.#mailbox.post({ tag: 'fetch-failed', val: { id, message } }, owner)
      }
      const loop = nextLoop(account.headers)
      const call = new OutboundCall({ id, owner, loop, head, body, more, redirect }, this.#mailbox, buffers, {
        onDialed: () => {
          this.#dialing--
          // not within an import
          queueMicrotask(() => this.#dial())
        },
        onOver: () => this.#calls.delete(id),
        onDenied: (denied) => this.#denied.add(denied),
      })
      this.#calls.set(id, call)
      this.#waiting.push(call)
    },
    write: (id: number, bytes: Uint8Array): boolean => this.#find(id)?.write(bytes) ?? true,
    finish: (id: number): void => this.#find(id)?.finish(),
    pull: (id: number): void => {
      const call = this.#find(id)
      if (call?.askPull()) this.#pulled.push(call)
    },
    abort: (id: number): void => this.#find(id)?.abort(),
  } satisfies typeof Wit

  flush(): void {
    if (this.#waiting.length > 0) this.#dial()
    if (this.#pulled.length > 0) {
      const pulled = this.#pulled
      this.#pulled = []
      for (const call of pulled) void call.pull()
    }
  }

  isPending(): boolean {
    for (const call of this.#calls.values()) if (call.isPending) return true
    return false
  }

  [Symbol.dispose](): void {
    this.#waiting = []
    this.#pulled = []
    for (const call of this.#calls.values()) call.abort()
    this.#calls.clear()
  }

  /** Nobody is there to wait for what is under way. */
  rest(): void {
    for (const call of this.#calls.values()) call.fail(NOBODY)
  }

  #dial(): void {
    while (this.#dialing < this.#services.maxDialing) {
      const call = this.#waiting.shift()
      if (call === undefined) return
      if (call.isOver) continue
      this.#dialing++
      void call.run(this.#services.dialer)
    }
  }

  #find(id: number): OutboundCall | undefined {
    this.#meter.crossings++
    const call = this.#calls.get(id)
    if (call === undefined) this.#meter.ignored++
    return call
  }
}
