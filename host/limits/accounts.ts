/**
 * The accounts of one instance: who pays for a turn and for a fetch, and how long an account stays.
 *
 * A turn is paid for by the source of its events; a turn of new requests by all of them, in equal parts.
 *
 *     begin(payers)  >  the guest runs: takeFetch, hold, release  >  charge  >  done  >  sweep
 *
 * An account is closed between turns (account.ts has its states):
 *
 *     open  --done-->  held by `waitUntil`  --release-->  leaving  --sweep-->  closed
 *           --done------------------------------------->           <--hold--
 *     held, leaving  --deadline-->  closed
 *
 * It is held once, however often it is held and released. The last one that leaves stays while the app has set something
 * going: a timer, a fetch. The time for both begins once, with the background. An instance without accounts has nobody to
 * work for.
 */
import type { Limits } from '../config/limits.ts'
import { Account, APP, type AccountSubject, type CpuMeter, type CpuShare } from './account.ts'
import { Deadlines } from './deadlines.ts'
import { NumberTable } from './number-table.ts'

/** A limit that ends something other than a response. */
export type AccountLimit =
  | 'APP_SUBREQUEST_LIMIT'
  | 'APP_DATA_LIMIT'
  | 'APP_CONNECTION_LIMIT'
  | 'APP_BACKGROUND_LIMIT'

/** What the accounts tell their instance. */
export interface AccountsHost {
  onLimit(code: AccountLimit, request: string): void
  /** An account was closed; `isLate`: by its deadline, outside of a turn. */
  onClosed(number: number, isLate: boolean): void
}

type AccountLimits = Pick<
  Limits,
  'cpuMs' | 'scheduledCpuMs' | 'scheduledTurnMs' | 'subrequests' | 'dataCalls' | 'backgroundMs'
>

/** The accounts of one instance. Moments are milliseconds of `performance.now()`. */
export class Accounts implements Disposable {
  readonly #limits: AccountLimits
  readonly #host: AccountsHost
  readonly #app: Account
  readonly #ofRequests: CpuShare
  /** Of what the clock sets off. */
  readonly #ofRuns: CpuShare
  readonly #open = new NumberTable<Account>()
  readonly #background: Deadlines
  /** What the next sweep closes, if it may. */
  #leaving: Account[] = []
  #payers: readonly Account[] = []

  constructor(limits: AccountLimits, host: AccountsHost) {
    this.#limits = limits
    this.#host = host
    const { cpuMs, scheduledCpuMs, scheduledTurnMs } = limits
    this.#ofRequests = { cpuMs, turnMs: cpuMs }
    this.#ofRuns = { cpuMs: scheduledCpuMs, turnMs: scheduledTurnMs }
    this.#app = new Account(APP, { id: '', headers: '', client: '' }, this.#ofRequests, { cpuMs: 0 })
    this.#background = new Deadlines(limits.backgroundMs)
  }

  /** No request has one. */
  get isEmpty(): boolean {
    return this.#open.size === 0
  }

  /** Requests that have one. */
  get size(): number {
    return this.#open.size
  }

  has(number: number): boolean {
    return this.#open.has(number)
  }

  /** `meter` is told what it pays for. */
  open(number: number, request: AccountSubject, meter: CpuMeter): void {
    const isRun = request.run !== undefined && !('kept' in request.run)
    const share = isRun ? this.#ofRuns : this.#ofRequests
    this.#open.set(number, new Account(number, request, share, meter))
  }

  /** Of a source that is no request, such as a WebSocket: held until it is released, however long. */
  keep(number: number, subject: AccountSubject): void {
    const account = new Account(number, subject, this.#ofRequests, { cpuMs: 0 })
    account.state = 'background'
    account.isHeld = true
    this.#open.set(number, account)
  }

  /** What the source begins now has as much as a request. */
  renew(number: number): void {
    this.#open.get(number)?.renew()
  }

  /** The request has got all that it will get. */
  done(number: number): void {
    const account = this.#open.get(number)
    if (account?.state !== 'open') return
    account.state = 'background'
    this.#goOn(account)
  }

  /** Work goes on after the response; false when there is no such account. */
  hold(number: number): boolean {
    const account = this.#open.get(number)
    if (account === undefined) return false
    account.isHeld = true
    if (account.state === 'background') this.#goOn(account)
    return true
  }

  /** That work is done; false when none was going on. */
  release(number: number): boolean {
    const account = this.#open.get(number)
    if (account === undefined || !account.isHeld) return false
    account.isHeld = false
    if (account.state === 'background') this.#goOn(account)
    return true
  }

  /** How long the source's events have to wait until it may have a turn; 0: they need not. */
  waitMs(number: number, now: number): number {
    return this.#find(number).budget.waitMs(now)
  }

  /** The app itself has used up most of what it may, for nobody in particular. */
  isAppSpent(now: number): boolean {
    return this.#app.budget.left(now) < this.#limits.cpuMs / 2
  }

  /** A turn of these sources begins. */
  begin(numbers: readonly number[]): void {
    this.#payers = numbers.map((number) => this.#find(number))
  }

  /** How long the turn may be, in milliseconds: what the least of its payers may. */
  get turnMs(): number {
    return this.#payers.reduce((least, { turnMs }) => Math.min(least, turnMs), Infinity)
  }

  /** The client of a source; nobody's: none is known. */
  clientOf(number: number): string {
    return this.#find(number).client
  }

  /** The client whose request alone the turn is for; undefined: that cannot be said. */
  get blamed(): string | undefined {
    return this.#lone?.client
  }

  /** The client that all of the turn is for; nobody's: there are several. */
  get client(): string {
    const [first, ...others] = this.#payers
    return first !== undefined && others.every(({ client }) => client === first.client) ? first.client : ''
  }

  /** The turn that its payers are told of, if they are traced. */
  trace(from: number, to: number): void {
    for (const { trace } of this.#payers) trace?.span('turn', from, to)
  }

  /** The source of the turn; undefined: it has several. */
  get source(): number | undefined {
    const [payer, another] = this.#payers
    return another === undefined ? payer?.number : undefined
  }

  /** Who hears that something was refused, and goes on at his own cost. */
  get asker(): number {
    return this.source ?? APP
  }

  /** The request that the turn is for; undefined: that cannot be said. */
  get request(): string | undefined {
    return this.#lone?.name
  }

  /** The turn took so many milliseconds of processor time. Gives those of its requests that have none left. */
  charge(ms: number, now: number): readonly number[] {
    const part = ms / this.#payers.length
    const over: number[] = []
    for (const { number, state, budget, meter, isOver } of this.#payers) {
      budget.spend(part, now)
      meter.cpuMs += part
      if (state === 'open' && number !== APP && (isOver || budget.left(now) < 0)) over.push(number)
    }
    return over
  }

  /** The account that pays for a fetch of the current turn: the one with the most left. Undefined: none has any. */
  takeFetch(): Account | undefined {
    return this.#take('fetches', this.#limits.subrequests, 'APP_SUBREQUEST_LIMIT')
  }

  /** The same for a call to the app's data. */
  takeDataCall(): Account | undefined {
    return this.#take('dataCalls', this.#limits.dataCalls, 'APP_DATA_LIMIT')
  }

  /** It wanted a connection when there were as many as there may be; that is told of once. */
  refuseConnection(number: number): void {
    const account = this.#find(number)
    if (!account.wantedConnections) this.#host.onLimit('APP_CONNECTION_LIMIT', account.name)
    account.wantedConnections = true
  }

  /** The requests that the current turn may be for: its payers, or any of those that have an account. */
  get sources(): readonly number[] {
    return this.#payers[0] === this.#app ? this.#open.numbers() : this.#payers.map(({ number }) => number)
  }

  /** The account that pays for what the current turn has done off the shard's thread: the one with the most left. */
  takeJob(now: number): Account {
    const [first = this.#app, ...others] = this.#payers
    return others.reduce((a, b) => (b.budget.left(now) > a.budget.left(now) ? b : a), first)
  }

  /** A job of this account has taken so many milliseconds. What a closed one set off is the app's. */
  chargeJob(account: Account, ms: number, now: number): void {
    this.#spend(account, ms, now)
  }

  /** The same of a call of another app: a request that has nothing left then is over with its next turn, however late. */
  chargeCall(account: Account, ms: number, now: number): void {
    const payer = this.#spend(account, ms, now)
    if (payer.budget.left(now) < 0) payer.isOver = true
  }

  /** The turn is over, and so are the accounts that nothing holds. `isBusy`: whether the app set something going. */
  sweep(isBusy: () => boolean): void {
    this.#payers = []
    if (this.#leaving.length === 0) return
    const leaving = this.#leaving
    this.#leaving = []
    for (const account of leaving) {
      account.isLeaving = false
      if (account.state === 'closed' || account.isHeld) continue
      if (this.#open.size > 1 || !isBusy()) this.#close(account)
      else {
        this.#bound(account)
        this.#leave(account)
      }
    }
  }

  [Symbol.dispose](): void {
    this.#background[Symbol.dispose]()
    this.#open.clear()
    this.#leaving = []
    this.#payers = []
  }

  /** Who pays for the turn alone, and is a request. */
  get #lone(): Account | undefined {
    const [payer, another] = this.#payers
    return another === undefined && payer !== this.#app ? payer : undefined
  }

  #take(kind: 'fetches' | 'dataCalls', most: number, code: AccountLimit): Account | undefined {
    const isOfApp = this.#payers[0] === this.#app
    const payers = isOfApp ? this.#open.values() : this.#payers
    const [first] = payers
    if (first === undefined) return undefined
    const payer = payers.reduce((a, b) => (b[kind].made < a[kind].made ? b : a), first)
    const count = payer[kind]
    if (count.made < most) {
      count.made++
      return payer
    }
    if (!count.isOverdrawn) this.#host.onLimit(code, payer.name)
    count.isOverdrawn = true
    return undefined
  }

  #spend({ number }: Account, ms: number, now: number): Account {
    const payer = this.#find(number)
    payer.budget.spend(ms, now)
    payer.meter.cpuMs += ms
    return payer
  }

  #find(number: number): Account {
    return this.#open.get(number) ?? this.#app
  }

  /** In the background. */
  #goOn(account: Account): void {
    if (account.isHeld) this.#bound(account)
    else this.#leave(account)
  }

  #leave(account: Account): void {
    if (!account.isLeaving) this.#leaving.push(account)
    account.isLeaving = true
  }

  /** It has a time for what goes on in the background. */
  #bound(account: Account): void {
    account.deadline ??= this.#background.start({ late: () => this.#expire(account) })
  }

  #expire(account: Account): void {
    this.#close(account, true)
    if (account.isHeld) this.#host.onLimit('APP_BACKGROUND_LIMIT', account.name)
  }

  #close(account: Account, isLate = false): void {
    account.state = 'closed'
    account.deadline?.cancel()
    this.#open.delete(account.number)
    this.#host.onClosed(account.number, isLate)
  }
}
