/**
 * The side of a line that an app has, as its host half.
 *
 *     connecting  --attach-->  open  --the app closes-->  closing  --the other side has closed-->  over
 *                                    --the other side has closed, it breaks----------------------->
 *
 * - connecting: there is no other side yet; what the app sends waits.
 * - open: messages for the app wait here until it has accepted the side and it is its turn (message-turns.ts), one at a
 *   time; what it sends is given on after the turn.
 * - closing: what still comes is dropped.
 * - over: nothing is sent; what came before, and how it ended, waits for the app as messages do.
 */

import { Holding } from '../limits/byte-budget.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import type { ClientPlace } from '../limits/client-places.ts'
import { BROKEN, NO_SIDE, toCost } from '../web-socket/line.ts'
import type { LineEnd, Message, Side } from '../web-socket/line.ts'
import { PassingSide } from '../web-socket/passing-side.ts'

/** Whose side it is: an instance's, or that of a Durable Object, which has it for longer. */
export interface SideOwner {
  /** What the app says goes out, now or later. */
  pass(act: () => void): void
  /** Something waits for the app. */
  onWaiting(side: WebSocketSide): void
}

/** What waits for an app. */
export type Waiting = Message | LineEnd

export interface SideOptions {
  readonly id: number
  /** Whose it is: it is free when the side is over. */
  readonly place: ClientPlace
  readonly buffers: ByteBudget
  /** The most bytes that may wait for the other side. */
  readonly mostUnsent: number
  readonly owner: SideOwner
}

const TRY_AGAIN_LATER = 1013
const TOO_SLOW = 'more than web_socket_buffer_kb wait to be sent'
const NO_ROOM = 'more waits than buffer_mb of the app allows'

export class WebSocketSide implements Side {
  readonly id: number
  /** The app wants to hear what comes. */
  isAccepted = false
  /** It is on its way to whom it is for. */
  isGiven = false
  /** What is on its way to the app. */
  posted: Waiting | undefined
  readonly #mostUnsent: number
  readonly #held: Holding
  readonly #place: ClientPlace
  #owner: SideOwner
  #other: Side = NO_SIDE
  #state: 'connecting' | 'open' | 'closing' | 'over' = 'connecting'
  /** What the app has said in this turn, or before there was anybody to hear it. */
  #said: Message[] = []
  #close: LineEnd | undefined
  #waiting: Message[] = []
  /** How it ended, until the app has heard of it. */
  #end: LineEnd | undefined
  #waitingCost = 0
  /** What the app has sent and the other side has not taken. */
  #unsentCost = 0
  #unsentBytes = 0
  /** Why more cannot wait. */
  #excess: string | undefined
  /** Bytes of what its owner keeps with it. */
  #besideCost = 0

  constructor({ id, place, buffers, mostUnsent, owner }: SideOptions) {
    this.#place = place
    this.#owner = owner
    this.#mostUnsent = mostUnsent
    this.id = id
    this.#held = new Holding(buffers)
  }

  /** Whom it is for: the client whose request it began with. */
  get client(): string {
    return this.#place.client
  }

  set client(client: string) {
    this.#place.client = client
  }

  /** Something waits for the app. */
  get hasWaiting(): boolean {
    return this.#waiting.length > 0 || this.#end !== undefined
  }

  /** What waits for the app and comes next, unless something is on its way. */
  get next(): Message | undefined {
    return this.posted === undefined ? this.#waiting[0] : undefined
  }

  /** The app has closed it, or the other side has. */
  get isClosing(): boolean {
    return this.#close !== undefined || this.#state === 'closing' || this.#state === 'over'
  }

  /** It is another one's from here on. */
  moveTo(owner: SideOwner): void {
    this.#owner = owner
  }

  /** So many bytes are kept with it. False: there is no room. */
  keepBeside(bytes: number): boolean {
    const before = this.#besideCost
    this.#besideCost = bytes
    if (this.#hold()) return true
    this.#besideCost = before
    return false
  }

  // the app, within a turn

  send(message: Message): void {
    if (this.isClosing || this.#excess !== undefined) return
    this.#unsentBytes += message.bytes.byteLength
    this.#unsentCost += toCost(message)
    if (this.#unsentCost > this.#mostUnsent) this.#excess = TOO_SLOW
    else if (this.#hold()) this.#said.push(message)
    else this.#excess = NO_ROOM
  }

  /** Bytes of messages that the other side has not taken, until it has taken all. */
  get unsent(): number {
    return this.#unsentBytes
  }

  close(end: LineEnd): void {
    this.#close ??= end
  }

  // between turns

  /** What the app said goes to the other side. */
  act(): void {
    if (this.#state === 'over') return
    if (this.#excess !== undefined) return this.#break(this.#excess)
    if (this.#state === 'connecting') return
    const said = this.#said.splice(0)
    const close = this.#close
    this.#owner.pass(() => this.#give(said, close))
  }

  /** It goes to the app now. */
  post(): Waiting | undefined {
    this.posted = this.#waiting.shift()
    if (this.posted !== undefined) return this.posted
    this.posted = this.#end
    this.#end = undefined
    return this.posted
  }

  /** What was posted waits again, before all else. */
  putBack(): void {
    const { posted } = this
    this.posted = undefined
    if (posted === undefined) return
    if ('bytes' in posted) this.#waiting.unshift(posted)
    else this.#end = posted
  }

  /** What was posted has come to the app. */
  delivered(): void {
    const { posted } = this
    this.posted = undefined
    if (posted === undefined || !('bytes' in posted)) return
    const cost = toCost(posted)
    this.#waitingCost -= cost
    this.#hold()
    this.#other.taken(cost)
  }

  /** The app knows that it is over. */
  release(): void {
    this.#place.release()
  }

  /** The app hands it on. Undefined: it has accepted it, or said something. */
  leave(): Side | undefined {
    if (this.isAccepted || this.#said.length > 0 || this.#state === 'connecting') return undefined
    const passing = new PassingSide(this.#other, this.#waiting, this.#end)
    this.#other.attach(passing.back)
    this.#finish()
    return passing
  }

  /** The app is gone. */
  end(end: LineEnd): void {
    const hasSaid = this.#state === 'closing' || this.#state === 'over'
    const other = this.#other
    this.#finish()
    if (!hasSaid) other.closed(end)
  }

  // the other side

  attach(other: Side): void {
    if (this.#state === 'over') return other.closed(BROKEN)
    this.#other = other
    this.#state = 'open'
    this.act()
  }

  message(message: Message): void {
    if (this.#state !== 'open') return this.#other.taken(toCost(message))
    this.#waiting.push(message)
    this.#waitingCost += toCost(message)
    if (!this.#hold()) return this.#break(NO_ROOM)
    this.#owner.onWaiting(this)
  }

  taken(bytes: number): void {
    if (this.#state === 'over') return
    this.#unsentCost -= bytes
    if (this.#unsentCost === 0) this.#unsentBytes = 0
    this.#hold()
  }

  closed(end: LineEnd): void {
    if (this.#state === 'over') return
    const other = this.#other
    const hasSaid = this.#state === 'closing'
    this.#over(end)
    if (!hasSaid) other.closed(end)
  }

  #give(said: readonly Message[], close: LineEnd | undefined): void {
    for (const message of said) this.#other.message(message)
    if (close === undefined || this.#state !== 'open') return
    this.#state = 'closing'
    this.#drop()
    this.#other.closed(close)
  }

  /** It goes no further, on account of the app. */
  #break(reason: string): void {
    const other = this.#other
    this.#drop()
    this.#over({ ...BROKEN, reason })
    other.closed({ code: TRY_AGAIN_LATER, reason: '' })
  }

  #over(end: LineEnd): void {
    this.#state = 'over'
    this.#said = []
    this.#unsentCost = 0
    this.#unsentBytes = 0
    this.#other = NO_SIDE
    this.#end = end
    this.#hold()
    this.#owner.onWaiting(this)
  }

  #drop(): void {
    this.#waiting = []
    this.#waitingCost = 0
    this.#hold()
  }

  /** Nothing is held, and nobody is told anything. */
  #finish(): void {
    this.#state = 'over'
    this.#said = []
    this.#end = undefined
    this.#other = NO_SIDE
    this.#waiting = []
    this.#held.release()
    this.#place.release()
  }

  #hold(): boolean {
    return this.#held.set(this.#waitingCost + this.#unsentCost + this.#besideCost)
  }
}
