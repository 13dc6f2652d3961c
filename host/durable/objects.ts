/**
 * The Durable Objects of a shard: which of them are in memory here, and who takes a call for one.
 *
 *     call  >  does another host of the fleet have it? brought there [OBJECT_UNREACHABLE, cut]
 *           >  is its home elsewhere? handed over (host/home) [cut]  >  is it here? its tenant
 *              it is not there yet: waits                            >  another one is begun [APP_BUSY: the app has too many]
 *
 * Objects know nothing of versions but what they are made of: one that is here takes the calls of every version.
 */

import type { ErrorCode } from '../errors.ts'
import type { ObjectFacts } from '../instance/contract.ts'
import type { ByteBudget } from '../limits/byte-budget.ts'
import { NOBODY, type Exchange, type ExchangeListener } from '../tenant/exchange.ts'
import { toRequestLine } from '../tenant/log.ts'
import { BUSY_MS } from '../tenant/open-request.ts'
import { Opening } from '../tenant/opening.ts'
import type { ObjectGroup } from './group.ts'
import type { LiveObject } from './object.ts'

/** An object, by its class's data and its id. */
export interface ObjectAddress {
  /** What the data of its class is called. */
  readonly namespace: string
  readonly facts: ObjectFacts
  /** Of the version that begins it, if it has to be begun. */
  readonly group: Pick<ObjectGroup, 'name' | 'buffers' | 'counts' | 'open'> & { handOvers: number }
  /** Of the group. */
  readonly deployment: number
  readonly refused: (code: ErrorCode, request: string, text: string) => void
  /** The same for a call that has waited; undefined: the app is not served any more. */
  again(): ObjectAddress | undefined
}

/** Who takes calls for one. */
export interface ObjectTaker {
  readonly name: string
  readonly buffers: ByteBudget
  handle(exchange: Exchange): ExchangeListener
  refused(code: ErrorCode, request: string, text: string): void
}

/** Another shard (host/home). */
interface OtherShard {
  handOver(
    exchange: Exchange,
    hander: {
      readonly deployment: number
      readonly object: ObjectFacts
      onOver(cpuMs: number): void
      onLost(exchange: Exchange): void
    },
  ): ExchangeListener
}

/** Another host of the fleet. */
export interface OtherHost {
  bring(exchange: Exchange, object: ObjectFacts): ExchangeListener
}

/** Which host of the fleet has an object. */
export interface ObjectHosts {
  /** As far as it is known here. */
  find(namespace: string, id: string): 'here' | OtherHost | undefined
  /** It is this one from now on, unless another one has it. Rejects when that cannot be known. */
  ask(namespace: string, id: string): Promise<'here' | OtherHost>
}

export interface ObjectsOptions {
  /** Where the home of an object is; undefined: here. A promise: to be asked again when that has resolved. */
  toHome(key: string): OtherShard | Promise<void> | undefined
}

export class Objects implements Disposable {
  /** Undefined: there is this one. */
  hosts: ObjectHosts | undefined
  readonly #options: ObjectsOptions
  /** Those that take calls. */
  readonly #live = new Map<string, LiveObject>()
  #isOver = false

  constructor(options: ObjectsOptions) {
    this.#options = options
  }

  /** Who takes a call from here. */
  find(address: ObjectAddress): ObjectTaker {
    return toTaker(address, (exchange) => this.#handle(address, exchange, BRING))
  }

  /** Who takes what another host, or nobody, brings: nobody, if this host has not the object. */
  receive(address: ObjectAddress): ObjectTaker {
    return toTaker(address, (exchange) => this.#handle(address, exchange, refuseUnreachable))
  }

  /** Who takes a call here, whoever brings it. */
  take(address: ObjectAddress): ObjectTaker {
    return toTaker(address, (exchange) => this.#serve(address, exchange))
  }

  /** It takes no more calls. */
  forget(object: LiveObject): void {
    if (this.#live.get(object.key) === object) this.#live.delete(object.key)
  }

  /** What waits here is not begun any more. */
  [Symbol.dispose](): void {
    this.#isOver = true
  }

  #handle(address: ObjectAddress, exchange: Exchange, away: Away): ExchangeListener {
    const { namespace, facts } = address
    const { hosts } = this
    if (hosts === undefined || this.#live.has(toKey(address))) return this.#handleHere(address, exchange)
    const go = (to: ObjectAddress, host: 'here' | OtherHost): ExchangeListener =>
      host === 'here' ? this.#handleHere(to, exchange) : away(to, exchange, host)
    const known = hosts.find(namespace, facts.id)
    return known === undefined
      ? this.#wait(address, exchange, { until: hosts.ask(namespace, facts.id), go })
      : go(address, known)
  }

  /** What the exchange waits for decides who takes it. */
  #wait<T>(
    address: ObjectAddress,
    exchange: Exchange,
    { until, go }: { until: Promise<T>; go: (address: ObjectAddress, found: T) => ExchangeListener },
  ): ExchangeListener {
    const opening = new Opening()
    const isOver = (): boolean => opening.isGone || this.#isOver
    until.then(
      (found) => {
        if (isOver()) return
        const now = address.again()
        opening.to = now === undefined ? refuseReplaced(address, exchange) : go(now, found)
      },
      () => {
        if (!isOver()) refuseUnreachable(address, exchange)
      },
    )
    return opening
  }

  #handleHere(address: ObjectAddress, exchange: Exchange): ExchangeListener {
    const { group, facts, deployment, refused } = address
    const home = this.#options.toHome(toKey(address))
    if (home === undefined) return this.#serve(address, exchange)
    if (home instanceof Promise)
      return this.#wait(address, exchange, { until: home, go: (now) => this.#handleHere(now, exchange) })
    group.handOvers++
    group.counts.touch()
    return home.handOver(exchange, {
      deployment,
      object: facts,
      onOver() {},
      onLost: (lost) => refuse(lost, refused, 'SHUTTING_DOWN', 'the shard that had the object is gone'),
    })
  }

  #serve(address: ObjectAddress, exchange: Exchange): ExchangeListener {
    const key = toKey(address)
    let object = this.#live.get(key)
    if (object === undefined) {
      object = address.group.open(key, address.namespace, address.facts)
      if (object === undefined) return this.#refuseBusy(address, exchange)
      this.#live.set(key, object)
    }
    return object.handle(exchange) ?? this.#refuseBusy(address, exchange)
  }

  #refuseBusy({ refused }: ObjectAddress, exchange: Exchange): ExchangeListener {
    refuse(exchange, refused, 'APP_BUSY', 'as many Durable Objects are at work as may be')
    exchange.fail('APP_BUSY', BUSY_MS)
    return NOBODY
  }
}

type Away = (address: ObjectAddress, exchange: Exchange, host: OtherHost) => ExchangeListener

const BRING: Away = ({ group, facts }, exchange, host) => {
  group.handOvers++
  group.counts.touch()
  return host.bring(exchange, facts)
}

function refuseUnreachable({ refused }: ObjectAddress, exchange: Exchange): ExchangeListener {
  refuse(exchange, refused, 'OBJECT_UNREACHABLE', 'the host that has the Durable Object cannot be reached')
  exchange.fail('OBJECT_UNREACHABLE')
  return NOBODY
}

function refuseReplaced({ refused }: ObjectAddress, exchange: Exchange): ExchangeListener {
  refuse(exchange, refused, 'APP_REPLACED', 'the app has gone while the call waited for the object')
  exchange.fail('APP_REPLACED')
  return NOBODY
}

function toTaker({ group, refused }: ObjectAddress, handle: ObjectTaker['handle']): ObjectTaker {
  const { name, buffers } = group
  return { name, buffers, refused, handle }
}

function toKey({ namespace, facts }: ObjectAddress): string {
  return toObjectKey(namespace, facts.id)
}

/** Names an object in the whole process. */
export function toObjectKey(namespace: string, id: string): string {
  return `${namespace} ${id}`
}

function refuse(
  { id, method, url }: Exchange,
  refused: ObjectAddress['refused'],
  code: ErrorCode,
  why: string,
): void {
  refused(code, id, `${toRequestLine(method, url)}: ${code}: ${why}`)
}
