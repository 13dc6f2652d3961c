/**
 * The WebSockets of an instance (wit/web-sockets.wit): its sides of lines (host/web-socket/). A side that the app has
 * accepted is a source of events with an account of its own, which is filled up with each message, and keeps the instance.
 */

import type * as Wit from '../../wit/types/host/interfaces/nano-workers-web-sockets.d.ts'
import { nextLoop } from '../http/cdn-loop.ts'
import { nextTrace } from '../http/trace-context.ts'
import type { Accounts } from '../limits/accounts.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import type { ClientPlaces } from '../limits/client-places.ts'
import { RateLimit } from '../limits/rate-limit.ts'
import { isCloseCode, MOST_REASON_BYTES } from '../web-socket/codes.ts'
import { BROKEN, couple, GOING_AWAY, NO_CODE } from '../web-socket/line.ts'
import type { LineEnd, Side } from '../web-socket/line.ts'
import type { Binding, BindingContext, GuestEvent, Mailbox, Meter } from './binding.ts'
import type { Dialer } from './dialer.ts'
import type { KeptSockets } from './hibernation.ts'
import { MessageTurns } from './message-turns.ts'
import { connectWebSocket } from './web-socket-connect.ts'
import type { ConnectStart } from './web-socket-connect.ts'
import { WebSocketSide } from './web-socket-side.ts'
import type { SideOwner } from './web-socket-side.ts'

export interface WebSocketServices {
  readonly accounts: Accounts
  readonly dialer: Dialer
  readonly buffers: ByteBudget
  /** Sides that there may be, of the app. */
  readonly places: ClientPlaces
  /** Bytes that may wait for one of them to be sent. */
  readonly mostUnsent: number
  /** Of the Durable Object that the instance is: those that it keeps. */
  readonly kept: Pick<KeptSockets, 'lastId' | 'find'> | undefined
  /** The egress policy refused a connection. */
  onDenied(text?: string): void
}

/** Accounts of sides have numbers beyond those of requests. */
const FIRST_ACCOUNT = 2 ** 31

/** Refusals of the policy that are put into words. */
const DENIED_RATE = { count: 10 }

export class WebSocketsBinding implements Binding {
  readonly #mailbox: Mailbox
  readonly #meter: Meter
  readonly #services: WebSocketServices
  readonly #sides = new Map<number, WebSocketSide>()
  readonly #turns = new MessageTurns<WebSocketSide>()
  /** Sides of which the app has said something in this turn. */
  readonly #touched = new Set<WebSocketSide>()
  /** Sides that are to be connected, and those that are being. */
  readonly #asked = new Map<WebSocketSide, ConnectStart>()
  readonly #connecting = new Map<WebSocketSide, AbortController>()
  readonly #deniedLines = new RateLimit(DENIED_RATE)
  #last: number
  /** Accepted, and not over. */
  #accepted = 0
  #isRetiring = false

  constructor(mailbox: Mailbox, meter: Meter, services: WebSocketServices) {
    this.#mailbox = mailbox
    this.#meter = meter
    this.#services = services
    this.#last = services.kept?.lastId ?? 0
  }

  /** The functions that the guest calls. */
  readonly imports = {
    open: (): number => {
      this.#meter.crossings++
      return this.#add(this.#services.accounts.client)?.id ?? 0
    },
    connect: (head: Uint8Array): number => {
      this.#meter.crossings++
      const { accounts } = this.#services
      const account = accounts.takeFetch()
      const side = account && this.#add(account.client)
      if (side === undefined) return 0
      this.#meter.subrequests++
      side.isAccepted = true
      this.#touched.add(side)
      const { name, headers } = account!
      this.#asked.set(side, { head, loop: nextLoop(headers), traceHeaders: nextTrace(name, headers) })
      return side.id
    },
    accept: (id: number): void => {
      this.#meter.crossings++
      const side = this.#find(id)
      if (side !== undefined) side.isAccepted = true
    },
    send: (ids: Uint32Array, isText: boolean, bytes: Uint8Array): void => {
      this.#meter.crossings++
      this.#meter.webSocketMessagesSent += ids.length
      const message = { isText, bytes }
      for (const id of ids) this.#find(id)?.send(message)
    },
    waiting: (id: number): number => {
      this.#meter.crossings++
      return this.#get(id)?.unsent ?? 0
    },
    close: (id: number, code: number, reason: Uint8Array): void => {
      this.#meter.crossings++
      const isCode = code === NO_CODE || isCloseCode(code)
      const text = new TextDecoder().decode(reason.subarray(0, MOST_REASON_BYTES))
      this.#find(id)?.close({ code: isCode ? code : NO_CODE, reason: isCode ? text : '' })
    },
  } satisfies typeof Wit

  /** A line that somebody else has begun comes to the app. Undefined: it has as many as it may. */
  adopt(other: Side, client: string): number | undefined {
    const side = this.#add(client)
    if (side === undefined) {
      other.closed(BROKEN)
      return undefined
    }
    couple(side, other)
    return side.id
  }

  /** The side that leaves the app with the answer to a request of this client; undefined: there is none. */
  leave(id: number, client: string): Side | undefined {
    const side = this.#get(id)
    if (side === undefined) return undefined
    side.isGiven = true
    const passing = side.leave()
    if (passing === undefined) {
      side.client = client
      return side
    }
    this.#forget(side)
    return passing
  }

  /** A side goes to the Durable Object that the instance is; undefined: it cannot. */
  handOff(id: number): WebSocketSide | undefined {
    const side = this.#sides.get(id)
    if (side === undefined || side.isAccepted || this.#connecting.has(side)) return undefined
    this.#sides.delete(id)
    return side
  }

  flush(): void {
    if (this.#touched.size === 0) return
    const touched = [...this.#touched]
    this.#touched.clear()
    for (const side of touched) {
      const start = this.#asked.get(side)
      if (start !== undefined) void this.#connect(side, start)
      if (side.isAccepted) this.#keep(side)
      side.act()
    }
    this.#post()
  }

  delivered(event: GuestEvent): void {
    if (event.tag !== 'web-socket-message' && event.tag !== 'web-socket-closed') return
    const side = this.#sides.get(event.val.id)
    if (side?.posted === undefined) return
    side.delivered()
    this.#turns.delivered()
    if (event.tag === 'web-socket-message') {
      this.#meter.webSocketMessages++
      this.#services.accounts.renew(toAccount(side))
    } else this.#forget(side)
    if (side.hasWaiting) this.#turns.add(side)
    this.#post()
  }

  isPending(): boolean {
    return this.#accepted > 0
  }

  /** It takes no more requests: its clients are to go elsewhere. */
  retire(): void {
    this.#isRetiring = true
    for (const side of this.#sides.values()) {
      side.close(GOING_AWAY)
      side.act()
    }
    this.#post()
  }

  /** The instance is over, in this way as seen from the other sides. */
  end(end: LineEnd): void {
    for (const connecting of this.#connecting.values()) connecting.abort()
    for (const side of this.#sides.values()) side.end(end)
    this.#sides.clear()
    this.#touched.clear()
  }

  [Symbol.dispose](): void {
    this.end(GOING_AWAY)
  }

  #add(client: string): WebSocketSide | undefined {
    const { places, mostUnsent, buffers } = this.#services
    const place = this.#isRetiring ? undefined : places.take(client)
    if (place === undefined) return undefined
    const side = new WebSocketSide({ id: ++this.#last, place, buffers, mostUnsent, owner: this.#owner })
    this.#sides.set(side.id, side)
    return side
  }

  /** It has an account from here on. */
  #keep(side: WebSocketSide): void {
    const number = toAccount(side)
    if (this.#services.accounts.has(number)) return
    this.#services.accounts.keep(number, { id: `web-socket-${side.id}`, headers: '', client: side.client })
    this.#accepted++
    if (side.hasWaiting) this.#turns.add(side)
  }

  #forget(side: WebSocketSide): void {
    side.release()
    this.#sides.delete(side.id)
    this.#turns.delete(side)
    this.#asked.delete(side)
    if (this.#services.accounts.release(toAccount(side))) this.#accepted--
  }

  async #connect(side: WebSocketSide, start: ConnectStart): Promise<void> {
    this.#asked.delete(side)
    const abort = new AbortController()
    this.#connecting.set(side, abort)
    const opened = await connectWebSocket(start, abort.signal, {
      ...this.#services,
      onDenied: ({ code, message }) => this.#deny(`${code}: ${message}`),
    })
    this.#connecting.delete(side)
    const isGone = !this.#sides.has(side.id)
    if (typeof opened === 'string') side.closed({ ...BROKEN, reason: opened })
    else if (isGone) opened.side.closed(GOING_AWAY)
    else {
      const val = { id: side.id, protocol: opened.protocol, extensions: '' }
      this.#mailbox.post({ tag: 'web-socket-opened', val }, toAccount(side))
      couple(side, opened.side)
    }
  }

  /** The tenant hears of every refusal, and gets words for so many of them. */
  #deny(text: string): void {
    this.#services.onDenied(this.#deniedLines.admit() ? text : undefined)
  }

  #post(): void {
    for (let side = this.#turns.take(); side !== undefined; side = this.#turns.take()) {
      const waiting = side.post()
      if (waiting === undefined) this.#turns.delivered()
      else this.#mailbox.post(toEvent(side, waiting), toAccount(side))
    }
  }

  /** The app says something of it. */
  #find(id: number): WebSocketSide | undefined {
    const side = this.#get(id)
    if (side === undefined) this.#meter.ignored++
    else this.#touched.add(side)
    return side
  }

  #get(id: number): WebSocketSide | undefined {
    return this.#sides.get(id) ?? this.#services.kept?.find(id)
  }

  readonly #owner: SideOwner = {
    pass: (act) => this.#services.dialer.pass(act),
    onWaiting: (side) => {
      if (!side.isAccepted || side.posted !== undefined || !this.#sides.has(side.id)) return
      this.#turns.add(side)
      this.#post()
    },
  }
}

function toAccount({ id }: WebSocketSide): number {
  return FIRST_ACCOUNT + id
}

function toEvent({ id }: WebSocketSide, waiting: NonNullable<WebSocketSide['posted']>): GuestEvent {
  return 'bytes' in waiting
    ? { tag: 'web-socket-message', val: { id, isText: waiting.isText, bytes: waiting.bytes } }
    : { tag: 'web-socket-closed', val: { id, code: waiting.code, reason: waiting.reason } }
}

export const bind = (context: BindingContext): WebSocketsBinding =>
  new WebSocketsBinding(context.mailbox, context.meter, { ...context, ...context.webSockets })
