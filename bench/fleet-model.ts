/**
 * A fleet as a model: hosts that keep those apps live which were asked last, and a balancer before them that decides which
 * host a request goes to. The same seed gives the same figures. Pure.
 *
 *     request  >  app, by Zipf's law  >  host, by the routing  >  live there? it is the latest : first, the oldest one goes
 *
 * - any: each host in the same way, as a balancer does that does not look at the host name.
 * - hash: the app's home, by rendezvous hashing (host/home/home-of.ts).
 * - bounded: the next one in the order of the app's weights while a host has more under way than BOUND times the mean
 *   (consistent hashing with bounded loads, Mirrokni and others 2016).
 */

import { homeOf, toHomeKey } from '../host/home/home-of.ts'
import { toNext, toRandom } from './next-host.ts'

export type Routing = 'any' | 'hash' | 'bounded'

export interface FleetPlan {
  readonly hosts: number
  readonly apps: number
  /** Apps that a host keeps live at most. */
  readonly live: number
  readonly routing: Routing
  readonly seed: number
}

/** What became of requests. */
export interface Asked {
  readonly requests: number
  /** Those that found their app not live. */
  readonly firsts: number
  /** The busiest host's, and what each would have if all had the same. */
  readonly most: number
  readonly mean: number
}

export const BOUND = 1.25
/** Requests under way, for each host. */
const OPEN_EACH = 32

export class FleetModel {
  readonly #plan: FleetPlan
  readonly #next: () => number
  readonly #random: () => number
  readonly #keys: Int32Array
  /** By app: its home when all hosts are there, and now. */
  readonly #homes: Int32Array
  readonly #places: Int32Array
  /** By host: its live apps, the latest last. */
  readonly #live: Map<number, true>[]
  readonly #lost = new Set<number>()
  #there: number[]
  /** Of apps that are too much for their home: hosts in the order of their weights, as far as they were needed. */
  readonly #orders = new Map<number, number[]>()
  /** Hosts of the requests that are under way, the oldest at `#at`. */
  readonly #open: Int32Array
  readonly #openOf: Int32Array
  #at = 0

  /** Begins with those apps live that are asked most. */
  constructor(plan: FleetPlan) {
    const { hosts, apps, routing, seed } = plan
    this.#plan = plan
    this.#random = toRandom(seed)
    this.#next = toNext('zipf', apps, toRandom(seed + 1))
    this.#there = Array.from({ length: hosts }, (_, host) => host)
    this.#keys = Int32Array.from({ length: apps }, (_, app) => toHomeKey(`app-${app}`) | 0)
    this.#homes = this.#keys.map((key) => (routing === 'any' ? -1 : homeOf(key, this.#there)))
    this.#places = this.#homes.slice()
    this.#open = new Int32Array(OPEN_EACH * hosts).fill(-1)
    this.#openOf = new Int32Array(hosts)
    this.#live = this.#there.map(() => new Map<number, true>())
    this.#warm()
  }

  /** Apps by their home; where all hosts are alike, none has one. */
  get places(): readonly number[] {
    return [...this.#places]
  }

  get live(): readonly number[] {
    return this.#live.map((live) => live.size)
  }

  ask(requests: number): Asked {
    const served = new Int32Array(this.#plan.hosts)
    let firsts = 0
    for (let i = 0; i < requests; i++) {
      const app = this.#next()
      const host = this.#route(app)
      served[host]!++
      if (!this.#serve(host, app)) firsts++
    }
    return { requests, firsts, most: Math.max(...served), mean: requests / this.#there.length }
  }

  /** These end. Gives how many apps have another home now. */
  lose(hosts: readonly number[]): number {
    for (const host of hosts) {
      this.#lost.add(host)
      this.#live[host]!.clear()
    }
    return this.#move((app) => this.#lost.has(this.#places[app]!))
  }

  /** These are back, with nothing live. Gives how many apps have another home now. */
  bring(hosts: readonly number[]): number {
    for (const host of hosts) this.#lost.delete(host)
    return this.#move((app) => this.#places[app] !== this.#homes[app])
  }

  #move(isConcerned: (app: number) => boolean): number {
    this.#there = this.#live.flatMap((_, host) => (this.#lost.has(host) ? [] : [host]))
    this.#orders.clear()
    if (this.#plan.routing === 'any') return 0
    let moved = 0
    for (let app = 0; app < this.#places.length; app++) {
      if (!isConcerned(app)) continue
      const home = homeOf(this.#keys[app]!, this.#there)
      if (home !== this.#places[app]) moved++
      this.#places[app] = home
    }
    return moved
  }

  #warm(): void {
    const { live, routing } = this.#plan
    const own = this.#live.map((): number[] => [])
    for (const [app, home] of this.#homes.entries()) {
      if (routing !== 'any' && own[home]!.length < live) own[home]!.push(app)
    }
    const common = Array.from({ length: Math.min(live, this.#plan.apps) }, (_, app) => app)
    for (const [host, apps] of own.entries()) {
      for (const app of (routing === 'any' ? common : apps).toReversed()) this.#live[host]!.set(app, true)
    }
  }

  #route(app: number): number {
    const { routing } = this.#plan
    if (routing === 'any') return this.#there[Math.floor(this.#random() * this.#there.length)]!
    return routing === 'hash' ? this.#places[app]! : this.#routeBounded(app)
  }

  #routeBounded(app: number): number {
    const most = (BOUND * this.#open.length) / this.#there.length
    let host = this.#places[app]!
    for (let turn = 1; this.#openOf[host]! >= most && turn < this.#there.length; turn++) {
      host = this.#orderOf(app, turn)
    }
    const before = this.#open[this.#at]!
    if (before >= 0) this.#openOf[before]!--
    this.#open[this.#at] = host
    this.#openOf[host]!++
    this.#at = (this.#at + 1) % this.#open.length
    return host
  }

  /** The app's host of this turn, 0 being its home. */
  #orderOf(app: number, turn: number): number {
    let order = this.#orders.get(app)
    if (order === undefined) this.#orders.set(app, (order = [this.#places[app]!]))
    while (order.length <= turn) {
      const known = new Set(order)
      const others = this.#there.filter((host) => !known.has(host))
      order.push(homeOf(this.#keys[app]!, others))
    }
    return order[turn]!
  }

  /** Whether the app was live there. It is now. */
  #serve(host: number, app: number): boolean {
    const live = this.#live[host]!
    const wasLive = live.delete(app)
    live.set(app, true)
    if (live.size > this.#plan.live) live.delete(live.keys().next().value!)
    return wasLive
  }
}
