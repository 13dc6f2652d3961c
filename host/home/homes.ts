/**
 * A shard's view of which shard is whose home: the other shards that it has a port to, itself, and a door before each of its
 * tenants.
 *
 *     a port comes, a shard leaves or is gone  >  each door is told where its home is
 *     every now and then                       >  each door with something that lives here beside its home looks at it
 *
 * An app's home is one of the shards that are there. A shard that knows of no other serves apps itself: so it does before it is
 * introduced, and when the server ends. The home of a Durable Object is one of all shards of the server: an object is not to move
 * because a shard has not heard of another one yet, or because that comes back in a moment.
 *
 *     awaited  --a port comes-->  there     there  --it says bye, it is gone-->  awaited: calls for its objects wait
 *     awaited  --the main thread gives it up-->  lost: its objects have other homes  --a port comes-->  there
 */

import type { MessagePort } from 'node:worker_threads'

import type { RequestTrace } from '../http/request-trace.ts'
import type { ObjectFacts } from '../instance/contract.ts'
import type { TraceContext } from '../http/trace-context.ts'
import type { AppTenant } from '../tenant/tenant.ts'
import { Door } from './door.ts'
import type { Taker } from './handed-over.ts'
import { homeOf, toHomeKey } from './home-of.ts'
import { Peer } from './peer.ts'

export interface HomesOptions {
  /** This shard's place among so many. */
  readonly place: number
  readonly places: number
  /** Who takes requests that are handed over to this shard; undefined: they are not served any more. */
  take(deployment: number, object?: ObjectFacts): Taker | undefined
  join(trace: TraceContext): RequestTrace | undefined
}

const LOOK_MS = 1000

export class Homes implements Disposable {
  readonly #options: HomesOptions
  /** By their places: those that take requests, and those that may still give some. */
  readonly #peers = new Map<number, Peer>()
  readonly #giving = new Set<Peer>()
  readonly #all = new Set<Peer>()
  /** With the keys of their apps. */
  readonly #doors = new Map<Door, number>()
  readonly #looked = new Set<Door>()
  #looks: NodeJS.Timeout | undefined
  #left: PromiseWithResolvers<void> | undefined
  /** The places of all shards but those that are lost. */
  readonly #members: Set<number>
  /** Another shard is there, or lost. */
  #changed = Promise.withResolvers<void>()
  #isLeaving = false

  constructor(options: HomesOptions) {
    this.#options = options
    this.#members = new Set(Array.from({ length: options.places }, (_, place) => place))
  }

  /** The shard in this place takes requests, through this port. */
  meet(place: number, port: MessagePort): void {
    const options = this.#options
    const peer: Peer = new Peer(port, {
      take: (deployment, object) => options.take(deployment, object),
      join: (trace) => trace && options.join(trace),
      onLeaving: () => {
        if (this.#peers.get(place) !== peer) return
        this.#peers.delete(place)
        this.#move()
      },
      onLeft: () => {
        this.#giving.delete(peer)
        if (this.#giving.size === 0) this.#left?.resolve()
      },
    })
    this.#peers.set(place, peer)
    this.#giving.add(peer)
    this.#all.add(peer)
    port.once('close', () => this.#all.delete(peer))
    this.#members.add(place)
    this.#move()
    this.#goOn()
  }

  /** The shard in this place is not there, and nobody waits for it any more. */
  lose(place: number): void {
    this.#members.delete(place)
    this.#goOn()
  }

  /** A door before this tenant. */
  open(tenant: AppTenant, deployment: number): Door {
    const door = new Door({ tenant, deployment, onSpread: (spread) => this.#lookAfter(spread) })
    const key = toHomeKey(tenant.name)
    this.#doors.set(door, key)
    door.move(this.toHome(key))
    return door
  }

  close(door: Door): void {
    this.#doors.delete(door)
    this.#looked.delete(door)
  }

  /** What was said to others goes out before anything that is said elsewhere from here on. */
  flush(): void {
    for (const peer of this.#all) peer.flush()
  }

  /** Hear what others have said up to now. */
  receive(): void {
    for (const peer of this.#all) peer.receive()
  }

  /** Hand nothing over any more. Resolves when nobody hands anything over to this shard. */
  async leave(): Promise<void> {
    this.#isLeaving = true
    for (const peer of this.#all) peer.leave()
    this.#goOn()
    if (this.#giving.size === 0) return
    this.#left ??= Promise.withResolvers()
    await this.#left.promise
  }

  /** What was handed over and is not over fails. */
  [Symbol.dispose](): void {
    clearInterval(this.#looks)
    for (const peer of this.#all) peer.close()
  }

  #move(): void {
    for (const [door, key] of this.#doors) door.move(this.toHome(key))
  }

  /** Where the home of an app with this key is; undefined: it is here. */
  toHome(key: number): Peer | undefined {
    return this.#peers.get(homeOf(key, [this.#options.place, ...this.#peers.keys()]))
  }

  /** Where the home of an object is; undefined: it is here. A promise: to be asked again when that has resolved. */
  toObjectHome(key: number): Peer | Promise<void> | undefined {
    if (this.#isLeaving) return undefined
    const home = homeOf(key, this.#members)
    return home === this.#options.place ? undefined : (this.#peers.get(home) ?? this.#changed.promise)
  }

  /** Who waits for the home of an object asks again. */
  #goOn(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  #lookAfter(door: Door): void {
    this.#looked.add(door)
    this.#looks ??= setInterval(this.#look, LOOK_MS).unref()
  }

  readonly #look = (): void => {
    for (const door of this.#looked) if (door.look()) this.#looked.delete(door)
    if (this.#looked.size > 0) return
    clearInterval(this.#looks)
    this.#looks = undefined
  }
}
