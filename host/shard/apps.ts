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
import { type Answerer, Calls, type CallTarget } from '../calls/calls.ts'
import { toHeadBytes, USUAL_HEAD_BYTES } from '../config/limits.ts'
import { leadsTo } from '../config/class-data.ts'
import type { Callee } from '../config/env.ts'
import type { DurableIds } from '../bindings/durable-id.ts'
import type { RunOutcome } from '../cron/outcome.ts'
import type { Change, Route, ServedState } from '../deploy/change.ts'
import type { Deployment } from '../deploy/deployment.ts'
import type { CompiledEngine } from '../engine/guest.ts'
import { NanoError } from '../errors.ts'
import type { Call, Run } from '../http/request-head.ts'
import type { EndCode } from '../limits/grace.ts'
import { Largest } from '../limits/largest.ts'
import { AppFiles } from '../front/app-files.ts'
import { ForeignApp } from '../foreign/foreign-app.ts'
import { Front } from '../front/front.ts'
import { purgeCaches, TenantStorage } from '../front/tenant-storage.ts'
import { toHomeKey } from '../home/home-of.ts'
import { ObjectGroup } from '../durable/group.ts'
import type { ObjectFacts } from '../instance/contract.ts'
import { Router } from '../router/router.ts'
import { Split } from '../router/split.ts'
import type { Caller } from '../router/split.ts'
import { ABSENT, bringRun, UNREACHABLE } from '../tenant/run.ts'
import type { ContentAnswer } from '../tenant/content-slot.ts'
import { type AppTenant, Tenant, type TenantServices } from '../tenant/tenant.ts'
import type { Slice } from '../tenant/shard-report.ts'
import { UnavailableApp } from '../tenant/unavailable-app.ts'
import { ShardObjects } from './durable.ts'
import { ShardEngines } from './engines.ts'
import { Ledger } from './ledger.ts'
import type { AppsServices, Version } from './version.ts'
import { Lending } from './lending.ts'

/** What a host name leads to. */
type Served = Front | AppTenant | UnavailableApp

export class Apps implements Disposable {
  readonly #services: AppsServices
  readonly #router = new Router<Version | UnavailableApp | Split<Version>>()
  /** By deployment; those that drain included. */
  readonly #versions = new Map<number, Version>()
  /** By host name. */
  readonly #unavailable = new Map<string, UnavailableApp>()
  /** Whose a host name is, and by the app's name what it leads to. */
  readonly #names = new Map<string, string>()
  readonly #byName = new Map<string, Version | UnavailableApp | Split<Version>>()
  readonly #calls: Calls
  readonly #objects: ShardObjects<Version>
  readonly #engines: ShardEngines
  readonly #ledger: Ledger
  readonly #lending: Lending
  readonly #reader = new FileReader()
  /** How many bytes of a head each version takes. */
  readonly #heads = new Largest()
  #isOver = false

  constructor(services: AppsServices) {
    this.#services = services
    this.#ledger = new Ledger((slice) => services.onCount(slice))
    this.#calls = new Calls({ find: (...call) => this.#findCallee(...call), toId: services.toId })
    this.#objects = new ShardObjects<Version>({
      toHome: (key) => services.homes?.toObjectHome(toHomeKey(key)),
      // one that retires begins no objects
      toCurrent: (version) =>
        version.drained === undefined ? version : this.#serving(version.deployment.name, ''),
      openGroup: (version) => this.#openGroup(version),
      refused: (version, ...refusal) => this.#toTenant(version).refused(...refusal),
    })
    this.#lending = new Lending((deployment) => services.onLoad(deployment))
    this.#engines = new ShardEngines(services.epoch, this.#lending)
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
    else if (change.type === 'end') await this.#end(change.app)
    else void this.#retire(change.deployment, change.graceMs)
    this.#tellMaxHead()
  }

  /** What serves a request for a canonical host name. */
  find(hostname: string, rawHeaders: readonly string[], caller: Caller): Served | undefined {
    const found = this.#router.find(hostname)
    const chosen = found instanceof Split ? found.choose(rawHeaders, caller) : found
    return chosen === undefined || chosen instanceof UnavailableApp ? chosen : this.#toFront(chosen)
  }

  /** What takes a call of an app. */
  #findCallee({ app, entrypoint, host, object }: CallTarget, client: string): Answerer | undefined {
    if (host !== undefined) return this.#services.remote?.answerer(host, app)
    const chosen = this.#choose(app, client)
    if (chosen === undefined || chosen instanceof UnavailableApp) return chosen
    return object === undefined ? this.#toFront(chosen) : this.#objects.find(chosen, entrypoint, object)
  }

  /** Who takes a call from another host; undefined: there is no app, or no object, that the caller may call. */
  takeRemote(call: Call, client: string, object: ObjectFacts | undefined): Answerer | undefined {
    const { app, called, entrypoint: className } = call
    const callee = this.#serving(called, client)
    if (callee === undefined) return undefined
    if (object === undefined)
      return callee.deployment.calledBy?.includes(app) === true ? this.#toFront(callee) : undefined
    const mayCall = leadsTo(this.#serving(app, client)?.deployment.env, called, className)
    return mayCall ? this.#objects.receive(callee, { ...object, className }) : undefined
  }

  /** What ids of Durable Objects are made with, and who has which of them. */
  configure(...durable: Parameters<ShardObjects<Version>['configure']>): void {
    this.#objects.configure(...durable)
  }

  /** The version of an app that this client gets. */
  #choose(app: string, client: string): Version | UnavailableApp | undefined {
    const found = this.#byName.get(app)
    return found instanceof Split ? found.choose([], { toClient: () => ({ key: client }) }) : found
  }

  /** The same; undefined: there is none that is served. */
  #serving(app: string, client: string): Version | undefined {
    const chosen = this.#choose(app, client)
    return chosen instanceof UnavailableApp ? undefined : chosen
  }

  /** Ids of a class. */
  #idsOf({ app, entrypoint }: Callee): DurableIds | undefined {
    const version = this.#serving(app, '')
    return version && this.#objects.idsOf(version, entrypoint)
  }

  /** What the main thread says to `onLoad`. */
  answer(deployment: number, answer: ContentAnswer): void {
    this.#lending.answer(deployment, answer)
  }

  /** What they did since it was asked for last. */
  counts(): Iterable<Slice> {
    return this.#ledger.slices()
  }

  /** Have a version, or an object of it, do what no client asks for. `id` names it in the log. */
  async run(deployment: number, id: string, run: Run, object?: ObjectFacts): Promise<RunOutcome> {
    const version = this.#versions.get(deployment)
    if (version === undefined) return ABSENT
    const taker = object ? this.#objects.wake(version, object) : this.#toTenant(version)
    return taker === undefined ? UNREACHABLE : await bringRun(taker, id, run)
  }

  /** What takes the requests for a deployment that other shards hand over; undefined: it is not served any more. */
  take(deployment: number, object?: ObjectFacts): Answerer | undefined {
    const version = this.#versions.get(deployment)
    if (version === undefined) return undefined
    if (object !== undefined) return this.#objects.take(version, object)
    const tenant = this.#toTenant(version)
    version.door?.tookOver()
    return tenant
  }

  /** Names of the apps that are at work. */
  get busy(): string[] {
    const busy = [...this.#versions.values()].filter(
      ({ tenant, objects }) => tenant?.isBusy === true || objects?.isBusy === true,
    )
    return [...new Set(busy.map(({ deployment }) => deployment.name))]
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
    this.#objects[Symbol.dispose]()
    for (const { tenant, objects } of this.#versions.values()) {
      tenant?.[Symbol.dispose]()
      objects?.[Symbol.dispose]()
    }
  }

  async #deploy(deployment: Deployment, engine: CompiledEngine): Promise<void> {
    this.#versions.set(deployment.id, { deployment, engine: await this.#engines.load(deployment, engine) })
    this.#services.rates?.add(deployment.rateTables)
    this.#heads.add(toHeadBytes(deployment.limits))
  }

  #toTenant(version: Version): AppTenant {
    const front = this.#toFront(version)
    return front instanceof Front ? front.tenant : front
  }

  #toFront(version: Version): Front | AppTenant {
    return (version.front ??= this.#openFront(version))
  }

  #openFront(version: Version): Front | AppTenant {
    const { deployment, engine } = version
    const { foreign, name: app, responseCacheMb: cacheMb } = deployment
    const files = new AppFiles(deployment)
    const reader = this.#reader
    const storage = new TenantStorage({
      app,
      storage: this.#services.storage,
      calls: this.#calls,
      reader,
      around: () => this.#toTenant(version).around,
      site: () => files.site,
    })
    version.storage = storage
    const services = this.#toServices(version, storage)
    const tenant: AppTenant =
      foreign === undefined
        ? new Tenant({ ...deployment, engine }, services)
        : new ForeignApp({ ...deployment, foreign }, services)
    version.tenant = tenant
    const door = this.#services.homes?.open(tenant, deployment.id)
    version.door = door
    const own = files.isEmpty && !files.isAlone ? undefined : files
    const isPlain = own === undefined && cacheMb === undefined && door === undefined
    const front = isPlain ? tenant : new Front(tenant, { files: own, reader, cacheMb, door })
    this.#ledger.open(front)
    return front
  }

  /** With a dialer of its own. */
  #toServices({ deployment }: Version, storage: TenantStorage): TenantServices {
    const dialer = this.#services.openDialer(deployment)
    const source = () => this.#lending.lend(deployment.id)
    return { ...this.#services, dialer, source, storage, idsOf: (callee) => this.#idsOf(callee) }
  }

  #openGroup(version: Version): ObjectGroup {
    this.#toFront(version)
    const group = new ObjectGroup({
      parts: { ...version.deployment, engine: version.engine },
      services: this.#toServices(version, version.storage!),
      leases: this.#services.leases,
      storage: this.#services.durableStorage,
      toId: this.#services.toId,
      onEnding: (object) => this.#objects.forget(object),
    })
    this.#ledger.open(group)
    return group
  }

  /** Of all versions, and of the caches that the app fills itself: those are in the storage. */
  #purge({ app, urls, tags }: Change & { type: 'purge' }): void {
    const versions = [...this.#versions.values()].filter(({ deployment }) => deployment.name === app)
    for (const { front } of versions) if (front instanceof Front) front.purge({ urls, tags })
    const tenants = versions.flatMap(({ tenant }) => tenant ?? [])
    purgeCaches(this.#services.storage, app, { urls, tags }, (count) => {
      const last = tenants.at(-1)
      if (last === undefined || count === 0) return
      last.counts.touch()
      last.around.ownCachePurged += count
    })
  }

  #switch(from: string | undefined, to: Route | undefined): void {
    if (from !== undefined) this.#close(from)
    if (to !== undefined) this.#open(to)
  }

  #close(hostname: string): void {
    this.#router.delete(hostname)
    this.#byName.delete(this.#names.get(hostname) ?? '')
    this.#names.delete(hostname)
    const unavailable = this.#unavailable.get(hostname)
    if (unavailable === undefined) return
    this.#unavailable.delete(hostname)
    this.#ledger.close(unavailable)
  }

  #open(route: Route): void {
    const app = this.#toApp(route)
    this.#byName.set(route.app, app)
    this.#names.set(route.hostname, route.app)
    this.#router.set(route.hostname, app, route.isFallback)
  }

  #toApp(route: Route): Version | UnavailableApp | Split<Version> {
    const { app: name, hostname, deployment, canary, notice } = route
    if (deployment !== undefined) {
      const version = this.#toVersion(name, deployment)
      return canary === undefined
        ? version
        : new Split(version, this.#toVersion(name, canary.deployment), canary)
    }
    const unavailable = new UnavailableApp(name, notice)
    this.#unavailable.set(hostname, unavailable)
    this.#ledger.open(unavailable)
    return unavailable
  }

  #toVersion(name: string, deployment: number): Version {
    const version = this.#versions.get(deployment)
    if (version !== undefined) return version
    throw new NanoError('INTERNAL', `deployment ${deployment} of ${name} is not there`)
  }

  #retire(deployment: number, graceMs: number, code: EndCode = 'APP_REPLACED'): Promise<void> {
    const version = this.#versions.get(deployment)
    if (version === undefined) return Promise.resolve()
    const { tenant, front, door, objects } = version
    if (tenant === undefined || front === undefined) {
      this.#forget(version)
      return Promise.resolve()
    }
    const drained = Promise.all([tenant.drain(graceMs, code), door?.drained(), objects?.end(graceMs, code)])
    version.drained ??= drained.then(() => {
      if (objects !== undefined) this.#ledger.close(objects)
      if (door !== undefined) this.#services.homes?.close(door)
      this.#forget(version)
      this.#ledger.close(front)
    })
    return version.drained
  }

  /** Versions of the app that get no requests any more. */
  async #end(app: string): Promise<void> {
    const retired = [...this.#versions.values()].filter(
      ({ deployment, drained }) => deployment.name === app && drained !== undefined,
    )
    await Promise.all(retired.map(({ deployment }) => this.#retire(deployment.id, 0)))
  }

  #forget({ deployment: { id, limits, rateTables } }: Version): void {
    this.#versions.delete(id)
    this.#services.rates?.remove(rateTables)
    this.#heads.remove(toHeadBytes(limits))
  }

  #tellMaxHead(): void {
    this.#services.onMaxHead(Math.max(USUAL_HEAD_BYTES, this.#heads.value))
  }
}
