/**
 * The bindings of one instance, as the guest's imports and as one thing to flush, ask and end.
 */
import type { Binding, GuestEvent, Mailbox, Meter } from '../bindings/binding.ts'
import { DataBinding } from '../bindings/data.ts'
import type { ObjectPort } from '../bindings/durable.ts'
import { bindAll, EVENT_OWNERS, toImports } from '../bindings/registry.ts'
import type { RateTables } from '../bindings/rate-limit.ts'
import type { RequestBodyBinding } from '../bindings/request-body.ts'
import type { ResponseBinding } from '../bindings/response.ts'
import type { WebSocketsBinding } from '../bindings/web-sockets.ts'
import type { Bindings } from '../engine/guest.ts'
import type { Accounts } from '../limits/accounts.ts'
import type { TurnClock } from './clock.ts'
import type { InstanceHost, InstanceParts, RequestContext } from './contract.ts'
import { gateDialer, gateStorage } from './gates.ts'

/** The status of a run's answer, which nobody reads. */
const RUN_DONE = 204
const NOTHING = new Uint8Array(0)
const NO_TABLES: RateTables = new Map()

/** All that one guest may reach. */
export class BindingSet implements Omit<Binding, 'delivered'> {
  /** Its ports are those that `add` was given. */
  readonly responses: ResponseBinding<RequestContext>
  readonly bodies: RequestBodyBinding
  readonly webSockets: WebSocketsBinding
  /** By the names under which a guest's world has them. */
  readonly imports: Bindings
  readonly #byName: Readonly<Record<keyof ReturnType<typeof bindAll>, Binding>>
  readonly #all: readonly Binding[]

  constructor(
    mailbox: Mailbox,
    meter: Meter,
    host: InstanceHost,
    accounts: Accounts,
    { env, limits, rateTables }: Pick<InstanceParts, 'env' | 'limits' | 'rateTables'>,
    clock: TurnClock,
    port: ObjectPort | undefined,
  ) {
    const { buffers, idsOf, jobs, kept, objectStorage, shareRates: share } = host
    const { dialer, storage } = toWaysOut(host)
    const { cpuMs, concurrentSubrequests: maxDialing } = limits
    const { concurrentDataCalls: maxRunning, dataTimeoutMs: answerMs, idleMs: pauseMs } = limits
    const allowed = { maxRunning, answerMs, pauseMs }
    const bindings = bindAll({
      mailbox,
      meter,
      accounts,
      buffers,
      dialer,
      fetchCache: { storage, buffers, answerMs, mostBytes: limits.cacheMb * 2 ** 20 },
      data: new DataBinding({
        mailbox,
        meter,
        accounts,
        buffers,
        storage,
        env,
        maxCalls: maxDialing,
        ...allowed,
      }),
      objectStorage,
      bucketLimits: { mostBytes: limits.bucketMb * 2 ** 20, mostObjects: limits.bucketObjects },
      sql: { timeMs: limits.databaseMs, maxBytes: limits.databaseMb * 2 ** 20 },
      rates: { env, tables: rateTables ?? NO_TABLES, share },
      jobs,
      console: host,
      maxDialing,
      kvMb: limits.kvMb,
      queueLimits: {
        mostBytes: limits.queueMb * 2 ** 20,
        retentionMs: limits.queueRetentionS * 1000,
      },
      cpuMs,
      turnStart: () => clock.now,
      onDenied: (text) => host.onDenied(text),
      runs: {
        finish: (id) => this.responses.imports.send(id, RUN_DONE, NOTHING, NOTHING),
        fail: (id, error) => this.responses.imports.fail(id, error),
        noRetry: (id) => this.responses.portOf(id)?.noRetry?.(),
        settle: (id, mark) => this.responses.portOf(id)?.settle?.(mark),
      },
      webSockets: {
        places: host.webSocketPlaces,
        mostUnsent: limits.webSocketBufferKb * 1024,
        kept,
      },
      hibernation: { kept, pass: (act) => dialer.pass(act), handOff: (id) => this.webSockets.handOff(id) },
      leave: (id, request) => this.webSockets.leave(id, accounts.clientOf(request)),
      adopt: (side, request) => this.webSockets.adopt(side, accounts.clientOf(request)),
      durable: { env, idsOf, port },
      calls: {
        threw: (id, error) => this.responses.portOf(id)?.callThrew?.(new TextDecoder().decode(error)),
      },
      onResponseDone: (id) => {
        this.bodies.close(id)
        accounts.done(id)
      },
    })
    this.imports = toImports(bindings)
    this.#byName = bindings
    this.bodies = bindings['request-body']
    this.webSockets = bindings['web-sockets']
    this.responses = bindings.response as ResponseBinding<RequestContext>
    // what the app wrote comes before what became of it, and what it stored before what it sent
    const { console, 'durable-storage': durableStorage, response, ...others } = bindings
    this.#all = [console, durableStorage, response, ...Object.values(others)]
  }

  /** These events go to the guest now. */
  delivered(events: readonly GuestEvent[]): void {
    for (const event of events) {
      const owner = EVENT_OWNERS[event.tag]
      if (owner !== undefined) this.#byName[owner].delivered?.(event)
    }
  }

  flush(): void {
    for (const binding of this.#all) binding.flush()
  }

  /** What was begun for this request alone is not wanted any more. */
  closed(request: number): void {
    for (const binding of this.#all) binding.closed?.(request)
  }

  /** Nobody is there to work for until `wake`: no alarm goes off, and what is fetched is given up. */
  rest(): void {
    for (const binding of this.#all) binding.rest?.()
  }

  wake(): void {
    for (const binding of this.#all) binding.wake?.()
  }

  retire(): void {
    for (const binding of this.#all) binding.retire?.()
  }

  isPending(): boolean {
    return this.#all.some((binding) => binding.isPending())
  }

  [Symbol.dispose](): void {
    for (const binding of this.#all) binding[Symbol.dispose]()
  }
}

/** What the app reaches beyond the host; of a Durable Object, behind its gate. */
function toWaysOut({
  dialer,
  storage,
  objectStorage,
}: InstanceHost): Pick<InstanceHost, 'dialer' | 'storage'> {
  if (objectStorage === undefined) return { dialer, storage }
  const { gate } = objectStorage
  return { dialer: gateDialer(dialer, gate), storage: gateStorage(storage, gate) }
}
