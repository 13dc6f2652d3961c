/**
 * What stands before a tenant where there are several shards: serves a request here, or hands it over to the app's home, as
 * its placement says (placement.ts).
 *
 *     request  >  home, or spread to here?  tenant
 *              >  away: more are on the way than the home could take? [APP_BUSY]  >  the home
 */

import type { ErrorCode } from '../errors.ts'
import { BUSY_MS } from '../tenant/open-request.ts'
import { NOBODY } from '../tenant/exchange.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import { toRequestLine } from '../tenant/log.ts'
import type { AppTenant } from '../tenant/tenant.ts'
import type { Hander, Peer } from './peer.ts'
import { Placement, toWorth } from './placement.ts'

/** What has become of requests, and of the app. */
export interface DoorCounts {
  handOvers: number
  spreads: number
}

export interface DoorOptions {
  readonly tenant: AppTenant
  readonly deployment: number
  /** It is looked after from now on: `look` is called now and then. */
  onSpread(door: Door): void
}

export class Door implements Hander {
  readonly deployment: number
  readonly counts: DoorCounts = { handOvers: 0, spreads: 0 }
  readonly #tenant: AppTenant
  readonly #options: DoorOptions
  readonly #placement = new Placement()
  readonly #mostOpen: number
  /** Where its home is; undefined: here. */
  #home: Peer | undefined
  /** Handed over, and not over. */
  #open = 0
  /** Those of them that are WebSockets: none waits for a place of the home's any more. */
  #webSockets = 0
  #closed: PromiseWithResolvers<void> | undefined
  /** Of the tenant, at the last look. */
  #requests = 0
  #cpuMs = 0

  constructor(options: DoorOptions) {
    this.#options = options
    const { tenant, deployment } = options
    this.deployment = deployment
    this.#tenant = tenant
    this.#mostOpen = tenant.limits.concurrentRequests + tenant.limits.queuedRequests
  }

  /** Take a request; never throws. */
  handle(exchange: Exchange): ExchangeListener {
    return this.#placement.state === 'away' && this.#home !== undefined
      ? this.#handOver(exchange, this.#home)
      : this.#tenant.handle(exchange)
  }

  /** The app's home is there; undefined: it is this shard. */
  move(home: Peer | undefined): void {
    this.#home = home
    const before = this.#placement.state
    this.#placement.moved(home === undefined, performance.now())
    if (this.#placement.state === 'spread' && before !== 'spread') this.#lookAfter()
  }

  /** Another shard hands a request over. */
  tookOver(): void {
    const before = this.#placement.state
    this.#placement.tookOver(performance.now())
    if (before === 'away') this.#lookAfter()
  }

  /** What was served here since the last look decides whether it goes on. Whether there is nothing left to look after. */
  look(): boolean {
    const { requests, cpuMs } = this.#tenant.counters
    this.#placement.look(toWorth(requests - this.#requests, cpuMs - this.#cpuMs), performance.now())
    this.#requests = requests
    this.#cpuMs = cpuMs
    const { state } = this.#placement
    return state === 'home' || (state === 'away' && this.#tenant.rest())
  }

  /** Resolves when nothing is handed over that is not over. */
  async drained(): Promise<void> {
    if (this.#open === 0) return
    this.#closed ??= Promise.withResolvers()
    await this.#closed.promise
  }

  onUpgraded(): void {
    this.#webSockets++
  }

  onOver(cpuMs: number, wasWebSocket: boolean): void {
    this.#left(wasWebSocket)
    const before = this.#placement.state
    this.#placement.handedOver(toWorth(1, cpuMs), performance.now())
    if (before !== 'away' || this.#placement.state === 'away') return
    this.counts.spreads++
    this.#lookAfter()
  }

  onLost(exchange: Exchange, wasWebSocket: boolean): void {
    this.#left(wasWebSocket)
    this.#refuse(exchange, 'SHUTTING_DOWN', 'the shard that had it is gone')
  }

  #handOver(exchange: Exchange, home: Peer): ExchangeListener {
    this.#tenant.counts.touch()
    if (this.#open - this.#webSockets >= this.#mostOpen) {
      this.#refuse(exchange, 'APP_BUSY', 'more are on the way than may wait')
      exchange.fail('APP_BUSY', BUSY_MS)
      return NOBODY
    }
    this.#open++
    this.counts.handOvers++
    return home.handOver(exchange, this)
  }

  #refuse({ id, method, url }: Exchange, code: ErrorCode, why: string): void {
    this.#tenant.refused(code, id, `${toRequestLine(method, url)}: ${code}: ${why}`)
  }

  #left(wasWebSocket: boolean): void {
    if (wasWebSocket) this.#webSockets--
    if (--this.#open === 0) this.#closed?.resolve()
  }

  #lookAfter(): void {
    const { requests, cpuMs } = this.#tenant.counters
    this.#requests = requests
    this.#cpuMs = cpuMs
    this.#options.onSpread(this)
  }
}
