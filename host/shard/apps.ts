/**
 * The apps of one shard, as the main thread says (deploy/change.ts): which versions there are, and which of them a host
 * name leads to.
 *
 *     a version:  deploy  >  ready  --switch-->  serving  --switch to another-->  ready  --retire-->  draining  >  gone
 *
 * Holds: requests go to the version that the host name leads to when they come, and stay with it; where it leads to two,
 * the client decides which (router/split.ts). A version that is
 * retired gets no new ones, and is gone when what it has begun is done, or its time is over.
 */

import { FileReader } from '../assets/file-reader.ts'
import type { Dialer } from '../bindings/dialer.ts'
import { DEFAULT_LIMITS } from '../config/limits.ts'
import type { Limits } from '../config/limits.ts'
import type { Change, Route, ServedState } from '../deploy/change.ts'
import type { Deployment } from '../deploy/deployment.ts'
import type { CompiledEngine, Engine } from '../engine/guest.ts'
import { loadEngine } from '../engine/load.ts'
import { NanoError } from '../errors.ts'
import { warmUp } from '../instance/warm-up.ts'
import type { Epoch } from '../limits/epoch.ts'
import type { EndCode } from '../limits/grace.ts'
import { Router } from '../router/router.ts'
import { Split } from '../router/split.ts'
import type { Caller } from '../router/split.ts'
import { AppFiles } from '../front/app-files.ts'
import { Front } from '../front/front.ts'
import { purgeCaches, TenantStorage } from '../front/tenant-storage.ts'
import { Tenant } from '../tenant/tenant.ts'
import type { TenantServices } from '../tenant/tenant.ts'
import type { Slice } from '../tenant/shard-report.ts'
import { UnavailableApp } from '../tenant/unavailable-app.ts'
import { Ledger } from './ledger.ts'

/** What the apps of a shard share. */
export interface AppsServices extends Omit<TenantServices, 'dialer'> {
  readonly epoch: Epoch
  openDialer(deployment: Deployment): Dialer
  /** The largest request head that any app takes, in bytes, has become another. */
  onMaxHead(bytes: number): void
  /** A version is gone, which has done this. */
  onCount(slice: Slice): void
}

/** One version. */
interface Version {
  readonly tenant: Tenant
  /** Takes its requests. */
  readonly front: Front | Tenant
  /** Is over when it is gone. */
  drained?: Promise<void>
}

/** What a host name leads to. */
type Served = Front | Tenant | UnavailableApp

/** An engine of this thread. */
interface LoadedEngine {
  readonly engine: Engine
  /** How many more apps it may be warmed up with. */
  warmUps: number
}

/** Apps of one engine that may fail to warm it up: none of them keeps the shard from starting. */
const WARM_UPS = 3

const BYTES_PER_KB = 1024

/** Of an app that says nothing about it: when the first one comes, connections that are open take its heads already. */
const USUAL_HEAD_BYTES = toHeadBytes(DEFAULT_LIMITS)

export class Apps implements Disposable {
  readonly #services: AppsServices
  readonly #router = new Router<Served | Split<Front | Tenant>>()
  /** By deployment; those that drain included. */
  readonly #versions = new Map<number, Version>()
  /** By host name. */
  readonly #unavailable = new Map<string, UnavailableApp>()
  readonly #engines = new Map<string, LoadedEngine>()
  readonly #ledger: Ledger
  readonly #reader = new FileReader()
  #isOver = false

  constructor(services: AppsServices) {
    this.#services = services
    this.#ledger = new Ledger((slice) => services.onCount(slice))
  }

  /** Begin with this. */
  async start({ deployments, routes, engines }: ServedState): Promise<void> {
    for (const deployment of deployments) {
      const engine = engines.get(deployment.engineHash)
      if (engine === undefined) throw new NanoError('INTERNAL', `no engine for ${deployment.name}`)
      // oxlint-disable-next-line no-await-in-loop -- an engine is loaded once
      await this.#deploy(deployment, engine)
    }
    for (const route of routes) this.#open(route)
    this.#tellMaxHead()
  }

  /** Resolves when it is done. */
  async apply(change: Change): Promise<void> {
    if (this.#isOver) return
    if (change.type === 'deploy') await this.#deploy(change.deployment, change.engine)
    else if (change.type === 'switch') this.#switch(change.from, change.to)
    else if (change.type === 'purge') this.#purge(change)
    else void this.#retire(change.deployment, change.graceMs)
    this.#tellMaxHead()
  }

  /** What serves a request for a canonical host name. */
  find(hostname: string, rawHeaders: readonly string[], caller: Caller): Served | undefined {
    const found = this.#router.find(hostname)
    return found instanceof Split ? found.choose(rawHeaders, caller) : found
  }

  /** What they did since it was asked for last. */
  counts(): Iterable<Slice> {
    return this.#ledger.slices()
  }

  /** Names of the apps that are at work. */
  get busy(): string[] {
    const busy = [...this.#versions.values()].filter(({ tenant }) => tenant.isBusy)
    return [...new Set(busy.map(({ tenant }) => tenant.name))]
  }

  /** No more changes; what has begun comes to its end, or is cut after so many milliseconds. */
  async drain(graceMs: number): Promise<void> {
    this.#isOver = true
    await Promise.all(
      Array.from(this.#versions.keys(), (deployment) => this.#retire(deployment, graceMs, 'SHUTTING_DOWN')),
    )
  }

  /** End all of them: open requests fail. */
  [Symbol.dispose](): void {
    this.#isOver = true
    for (const { tenant } of this.#versions.values()) tenant[Symbol.dispose]()
  }

  async #deploy(deployment: Deployment, engine: CompiledEngine): Promise<void> {
    const loaded = await this.#load(engine)
    const parts = { ...deployment, engine: loaded.engine }
    if (loaded.warmUps > 0) loaded.warmUps = warmUp(parts, this.#services.epoch) ? 0 : loaded.warmUps - 1
    const dialer = this.#services.openDialer(deployment)
    const files = new AppFiles(deployment)
    const reader = this.#reader
    const { storage: all } = this.#services
    const storage = new TenantStorage({ app: deployment.name, storage: all, reader, site: () => files.site })
    const tenant = new Tenant(parts, { ...this.#services, dialer, storage })
    const { responseCacheMb: cacheMb } = deployment
    const isPlain = files.isEmpty && !files.isAlone && cacheMb === undefined
    const front = isPlain ? tenant : new Front(tenant, { files, reader, cacheMb })
    this.#versions.set(deployment.id, { tenant, front })
    this.#ledger.open(front)
  }

  /** Of all versions, and of the caches that the app fills itself: those are in the storage. */
  #purge({ app, urls, tags }: Change & { type: 'purge' }): void {
    const versions = [...this.#versions.values()].filter(({ tenant }) => tenant.name === app)
    for (const { front } of versions) if (front instanceof Front) front.purge({ urls, tags })
    purgeCaches(this.#services.storage, app, { urls, tags })
  }

  async #load(engine: CompiledEngine): Promise<LoadedEngine> {
    const found = this.#engines.get(engine.hash)
    if (found !== undefined) return found
    const loaded = { engine: await loadEngine(engine), warmUps: WARM_UPS }
    this.#engines.set(engine.hash, loaded)
    return loaded
  }

  #switch(from: string | undefined, to: Route | undefined): void {
    if (from !== undefined) this.#close(from)
    if (to !== undefined) this.#open(to)
  }

  #close(hostname: string): void {
    this.#router.delete(hostname)
    const unavailable = this.#unavailable.get(hostname)
    if (unavailable === undefined) return
    this.#unavailable.delete(hostname)
    this.#ledger.close(unavailable)
  }

  #open(route: Route): void {
    this.#router.set(route.hostname, this.#toApp(route), route.isFallback)
  }

  #toApp(route: Route): Served | Split<Front | Tenant> {
    const { app: name, hostname, deployment, canary, notice } = route
    if (deployment !== undefined) {
      const front = this.#toFront(name, deployment)
      return canary === undefined ? front : new Split(front, this.#toFront(name, canary.deployment), canary)
    }
    const unavailable = new UnavailableApp(name, notice)
    this.#unavailable.set(hostname, unavailable)
    this.#ledger.open(unavailable)
    return unavailable
  }

  #toFront(name: string, deployment: number): Front | Tenant {
    const version = this.#versions.get(deployment)
    if (version !== undefined) return version.front
    throw new NanoError('INTERNAL', `deployment ${deployment} of ${name} is not there`)
  }

  #retire(deployment: number, graceMs: number, code: EndCode = 'APP_REPLACED'): Promise<void> {
    const version = this.#versions.get(deployment)
    if (version === undefined) return Promise.resolve()
    const { tenant, front } = version
    const drained = tenant.drain(graceMs, code)
    version.drained ??= drained.then(() => {
      this.#versions.delete(deployment)
      this.#ledger.close(front)
    })
    return version.drained
  }

  #tellMaxHead(): void {
    let most = USUAL_HEAD_BYTES
    for (const { tenant } of this.#versions.values()) most = Math.max(most, toHeadBytes(tenant.limits))
    this.#services.onMaxHead(most)
  }
}

function toHeadBytes({ maxHeaderKb, maxUrlKb }: Limits): number {
  return (maxHeaderKb + maxUrlKb) * BYTES_PER_KB
}
