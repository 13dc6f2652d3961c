/**
 * What the sources of one instance's events use up: each request, and the app itself for what no request can be named
 * for. A turn is paid for by the source of its events; a turn of new requests by all of them, in equal parts.
 *
 *     open  --response complete, client gone-->  background  --nothing holds it, or its time is over-->  closed
 *
 * An account is closed between turns. In the background one is held by `waitUntil`, however often it is held and
 * released; the last one that nothing holds lingers while the app has set something going: a timer, a fetch. The time
 * for both begins once, with the background. An instance without open accounts has nobody to work for.
 */
import type { Limits } from '../config/limits.ts'
import type { RequestHead } from '../http/request-head.ts'
import { CpuBudget } from './cpu-budget.ts'
import { Deadlines, type Deadline } from './deadlines.ts'

/** The source of what belongs to no request: the app itself. */
export const APP = 0

/** A limit that ends something other than a response. */
export type AccountLimit = 'APP_SUBREQUEST_LIMIT' | 'APP_BACKGROUND_LIMIT'

/** The request that an account is opened for. */
type AccountSubject = Pick<RequestHead, 'id' | 'client' | 'headers'>

/** One source. */
export class Account {
  readonly number: number
  /** The request's id. */
  readonly name: string
  readonly client: string
  readonly budget: CpuBudget
  /** The request's; empty when the account is closed: whoever still has it keeps no more of it. */
  headers: string
  state: 'open' | 'background' | 'closed' = 'open'
  isHeld = false
  fetches = 0
  /** More fetches were asked for than may be made; it was said. */
  isOverdrawn = false
  /** Of the background; begins at most once. */
  deadline: Deadline | undefined

  constructor(number: number, { id, headers, client }: AccountSubject, budget: CpuBudget) {
    this.number = number
    this.name = id
    this.headers = headers
    this.client = client
    this.budget = budget
  }
}

/** What the accounts tell their instance. */
export interface AccountsHost {
  onLimit(code: AccountLimit, request: string): void
  /** An account was closed; `isLate`: by its deadline, outside of a turn. */
  onClosed(number: number, isLate: boolean): void
}

type AccountLimits = Pick<Limits, 'cpuMs' | 'subrequests' | 'backgroundMs'>

/** The accounts of one instance. Moments are milliseconds of `performance.now()`. */
export class Accounts implements Disposable {
  readonly #limits: AccountLimits
  readonly #host: AccountsHost
  readonly #app: Account
  readonly #open = new Map<number, Account>()
  readonly #background: Deadlines
  /** What may be closed after the turn. */
  #leaving: Account[] = []
  #lingering: Account | undefined
  #payers: readonly Account[] = []

  constructor(limits: AccountLimits, host: AccountsHost) {
    this.#limits = limits
    this.#host = host
    this.#app = new Account(APP, { id: '', headers: '', client: '' }, new CpuBudget(limits.cpuMs))
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

  open(number: number, request: AccountSubject): void {
    this.#open.set(number, new Account(number, request, new CpuBudget(this.#limits.cpuMs)))
  }

  /** The request has got all that it will get. */
  done(number: number): void {
    const account = this.#open.get(number)
    if (account?.state !== 'open') return
    account.state = 'background'
    this.#leaving.push(account)
  }

  /** Work goes on after the response; false when there is no such account. */
  hold(number: number): boolean {
    const account = this.#open.get(number)
    if (account === undefined) return false
    account.isHeld = true
    if (this.#lingering === account) this.#lingering = undefined
    return true
  }

  /** That work is done; false when none was going on. */
  release(number: number): boolean {
    const account = this.#open.get(number)
    if (account === undefined || !account.isHeld) return false
    account.isHeld = false
    if (account.state === 'background') this.#leaving.push(account)
    return true
  }

  /** How long the source's events have to wait until it may have a turn; 0: they need not. */
  waitMs(number: number, now: number): number {
    return this.#find(number).budget.waitMs(now)
  }

  /** A turn of these sources begins. */
  begin(numbers: readonly number[]): void {
    this.#payers = numbers.map((number) => this.#find(number))
  }

  /** The client whose request alone the turn is for; undefined: that cannot be said. */
  get blamed(): string | undefined {
    const [payer, another] = this.#payers
    return another === undefined && payer !== this.#app ? payer?.client : undefined
  }

  /** The turn took so many milliseconds of processor time. Gives those of its requests that have none left. */
  charge(ms: number, now: number): readonly number[] {
    const part = ms / this.#payers.length
    const over: number[] = []
    for (const { number, state, budget } of this.#payers) {
      budget.spend(part, now)
      if (state === 'open' && number !== APP && budget.left(now) < 0) over.push(number)
    }
    return over
  }

  /** The account that pays for a fetch of the current turn: the one with the most left. Undefined: none has any. */
  takeFetch(): Account | undefined {
    const isOfApp = this.#payers[0] === this.#app
    const payers = isOfApp ? [...this.#open.values()] : this.#payers
    const [first] = payers
    if (first === undefined) return undefined
    const payer = payers.reduce((a, b) => (b.fetches < a.fetches ? b : a), first)
    if (payer.fetches < this.#limits.subrequests) {
      payer.fetches++
      return payer
    }
    if (!payer.isOverdrawn) this.#host.onLimit('APP_SUBREQUEST_LIMIT', payer.name)
    payer.isOverdrawn = true
    return undefined
  }

  /** The turn is over, and so are the accounts that nothing holds. `isBusy`: whether the app set something going. */
  sweep(isBusy: () => boolean): void {
    this.#payers = []
    if (this.#leaving.length > 0) {
      const leaving = this.#leaving
      this.#leaving = []
      for (const account of leaving) this.#leave(account, isBusy)
    }
    const lingering = this.#lingering
    if (lingering !== undefined && (this.#open.size > 1 || !isBusy())) this.#close(lingering)
  }

  [Symbol.dispose](): void {
    this.#background[Symbol.dispose]()
    this.#open.clear()
    this.#leaving = []
    this.#lingering = undefined
    this.#payers = []
  }

  #find(number: number): Account {
    return this.#open.get(number) ?? this.#app
  }

  #leave(account: Account, isBusy: () => boolean): void {
    if (account.state === 'closed') return
    if (!account.isHeld) {
      if (this.#open.size > 1 || !isBusy()) return this.#close(account)
      this.#lingering = account
    }
    account.deadline ??= this.#background.start({ late: () => this.#expire(account) })
  }

  #expire(account: Account): void {
    this.#close(account, true)
    if (account.isHeld) this.#host.onLimit('APP_BACKGROUND_LIMIT', account.name)
  }

  #close(account: Account, isLate = false): void {
    if (this.#lingering === account) this.#lingering = undefined
    account.state = 'closed'
    account.deadline?.cancel()
    this.#open.delete(account.number)
    // an outgrown table may keep the account for a while, see deadlines.ts
    account.headers = ''
    this.#host.onClosed(account.number, isLate)
  }
}
