/**
 * What the requests of one instance use up. A turn is paid for by the requests that had an event in it, in equal parts;
 * one that no request can be named for (a timer) by all that have an account.
 *
 *     open  --response complete, client gone-->  background  --`waitUntil` settled, its time is over-->  closed
 *
 * An account is closed between turns. The last one lingers, no longer than background work may take, while the app has
 * set something going that nobody holds: a timer, a fetch. An instance without accounts has nobody to work for.
 */
import { performance } from 'node:perf_hooks'
import type { Limits } from '../config/limits.ts'
import { Deadlines, type Dated } from './deadlines.ts'

/** What a turn gets at the least: a request that has used up its time is over after a turn, not in the middle. */
const LEAST_MS = 5

/** A limit that ends something other than a response. */
export type AccountLimit = 'APP_SUBREQUEST_LIMIT' | 'APP_BACKGROUND_LIMIT'

/** What an account is opened for. */
export interface Accountable {
  /** Names the request in logs. */
  readonly id: string
  /** As the guest gets them. */
  readonly headers: string
}

/** What one request has used. */
export interface Account {
  readonly number: number
  /** The request's. */
  readonly headers: string
}

class OpenAccount implements Account, Dated<OpenAccount> {
  readonly number: number
  /** The request's id. */
  readonly name: string
  headers: string
  earlier: OpenAccount | undefined
  later: OpenAccount | undefined
  /** Processor time in milliseconds. */
  used = 0
  fetches = 0
  isOverdrawn = false
  isDone = false
  isHeld = false
  /** When its background work has to be over. */
  deadline = 0

  constructor(number: number, { id, headers }: Accountable) {
    this.number = number
    this.name = id
    this.headers = headers
  }
}

/** The accounts of one instance. */
export class Accounts implements Disposable {
  readonly #limits: Pick<Limits, 'cpuMs' | 'subrequests' | 'backgroundMs'>
  readonly #onLimit: (code: AccountLimit, request: string) => void
  readonly #open = new Map<number, OpenAccount>()
  readonly #background: Deadlines<OpenAccount>
  #leaving: OpenAccount[] = []
  #lingering: OpenAccount | undefined
  #payers: readonly OpenAccount[] = []

  /** `onClosed` is called when an account was closed outside of a turn. */
  constructor(
    limits: Pick<Limits, 'cpuMs' | 'subrequests' | 'backgroundMs'>,
    onLimit: (code: AccountLimit, request: string) => void,
    onClosed: () => void,
  ) {
    this.#limits = limits
    this.#onLimit = onLimit
    this.#background = new Deadlines(limits.backgroundMs, (account) => {
      this.#close(account)
      if (account.isHeld) onLimit('APP_BACKGROUND_LIMIT', account.name)
      onClosed()
    })
  }

  get isEmpty(): boolean {
    return this.#open.size === 0
  }

  open(number: number, request: Accountable): void {
    this.#open.set(number, new OpenAccount(number, request))
  }

  /** The request has got all that it will get. */
  done(number: number): void {
    const account = this.#open.get(number)
    if (account === undefined || account.isDone) return
    account.isDone = true
    account.deadline = performance.now() + this.#limits.backgroundMs
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
    if (account.isDone) this.#leaving.push(account)
    return true
  }

  /** A turn begins; the numbers are of the requests that have an event in it. */
  begin(numbers: readonly number[]): void {
    const payers = new Set<OpenAccount>()
    for (const number of numbers) {
      const account = this.#open.get(number)
      if (account !== undefined) payers.add(account)
    }
    this.#payers = [...(payers.size > 0 ? payers : this.#open.values())]
  }

  /** Milliseconds that the turn may take: the most that any of its payers has left. */
  get allowance(): number {
    const { cpuMs } = this.#limits
    const least = this.#payers.reduce((least, { used }) => Math.min(least, used), Infinity)
    return least === Infinity ? cpuMs : Math.min(cpuMs, Math.max(LEAST_MS, cpuMs - least))
  }

  /** Processor time of the turn, in milliseconds. */
  charge(ms: number): void {
    for (const account of this.#payers) account.used += ms / this.#payers.length
  }

  /** Whether a payer of the turn has used more processor time than it may. */
  get isOver(): boolean {
    return this.#payers.some(({ used }) => used > this.#limits.cpuMs)
  }

  /** The account that pays for a fetch of the current turn: the one with the most left. Undefined: none has any. */
  takeFetch(): Account | undefined {
    const [first] = this.#payers
    if (first === undefined) return undefined
    const payer = this.#payers.reduce((a, b) => (b.fetches < a.fetches ? b : a), first)
    if (payer.fetches < this.#limits.subrequests) {
      payer.fetches++
      return payer
    }
    if (!payer.isOverdrawn) this.#onLimit('APP_SUBREQUEST_LIMIT', payer.name)
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

  #leave(account: OpenAccount, isBusy: () => boolean): void {
    if (account.isHeld) this.#background.add(account)
    else if (this.#open.size > 1 || !isBusy()) this.#close(account)
    else {
      this.#lingering = account
      this.#background.add(account)
    }
  }

  #close(account: OpenAccount): void {
    if (this.#lingering === account) this.#lingering = undefined
    this.#background.delete(account)
    this.#open.delete(account.number)
    // an outgrown table may keep the account for a while, see deadlines.ts
    account.headers = ''
  }
}
