/**
 * The single truth about what is served: which apps there are, which version of each serves, and which one is on its
 * way. It lives in the main thread; nano.json is one client of it. Shards are told of each change (deploy/change.ts), and
 * one that starts gets the state as it is.
 *
 *     an app:  absent  --put-->  opening  --every shard has it-->  serving  --remove-->  absent
 *                                   |                                 |  ^
 *                                   '--it fails-->  absent,           '--'  put: the version before serves until the
 *                                                   or unavailable          next one is ready everywhere, then drains
 *
 *     serving  --putBeside-->  serving with a canary: two versions, each with a part of the requests
 *              serving with a canary  --setShare-->  the same, with another part
 *                                     --setShare 0-->  serving: the canary drains
 *                                     --setShare 100, put-->  serving: the canary, or the new one; the rest drain
 *
 * Holds: what is done with one app is done in the order in which it was asked for. A host name leads to one app, and is
 * reserved before anything is opened for it. What fails changes nothing that serves.
 */

import type { Purge } from '../cache/response-store.ts'
import { ownClasses } from '../config/class-data.ts'
import type { AppConfig } from '../config/config.ts'
import { defined } from '../config/defined.ts'
import { toAccess } from '../deploy/app-access.ts'
import type { Change, Route, ServedState } from '../deploy/change.ts'
import type { Images } from '../deploy/images.ts'
import { toDeployment } from '../deploy/deployment.ts'
import type { Deployment } from '../deploy/deployment.ts'
import type { Opener } from '../deploy/opener.ts'
import type { AppContent } from '../image/image.ts'
import { NanoError, toNanoError } from '../errors.ts'
import { toVersionLabel } from '../tenant/report.ts'
import { Deployments } from './deployments.ts'
import type { PutOptions, RemoveOptions, ShareOptions } from './put-options.ts'
import { InOrder } from './in-order.ts'
import { RateTableStore } from './rate-tables.ts'
import { ServedApp, toCanaryRoute } from './served-app.ts'
import type { Canary, Owner } from './served-app.ts'

/** How long what a version has begun may take when it is replaced, in milliseconds. */
export const DRAIN_MS = 30_000

/** Where changes go: all shards that there are. */
export interface Shardlike {
  /**
   * Resolves when all of them have done it, those apart that end meanwhile: their successors begin with the state.
   * Rejects when one of them cannot.
   */
  apply(change: Change): Promise<void>
}

/** What is known of one app. */
export interface AppStatus {
  readonly name: string
  readonly hostname: string
  readonly owner: Owner
  /** `unavailable`: its requests are refused. */
  readonly state: 'opening' | 'serving' | 'unavailable'
  /** The version that serves. */
  readonly deployment: number | undefined
  /** The engine of that version. */
  readonly engineHash: string | undefined
  /** What that version is told; undefined: nothing serves. */
  readonly config: AppConfig | undefined
  /** A version beside it, and its part of the requests. */
  readonly canary: CanaryStatus | undefined
}

/** What is known of a canary. */
export interface CanaryStatus {
  readonly deployment: number
  readonly percent: number
  readonly config: AppConfig
}

/** A name or host name that is somebody else's. */
export interface Conflict {
  readonly owner: Owner
  readonly text: string
}

/** Versions that were put since the start, by what came of it. */
export interface DeployCounters {
  served: number
  failed: number
}

export interface RegistryOptions {
  readonly opener: Pick<Opener, 'component' | 'engine' | 'forEnv'> & { readonly images: Pick<Images, 'load'> }
  /** The first app answers whatever the host name. */
  readonly everyHost?: boolean
  /** This is what an app is from now on; undefined: it has gone. */
  readonly onApp?: (name: string, config: AppConfig | undefined) => void
}

/** What a host name is to lead to. */
interface Target extends Pick<Route, 'hostname' | 'notice'> {
  readonly deployment?: Deployment | undefined
  readonly canary?: Canary | undefined
}

const NOBODY: Shardlike = { apply: () => Promise.resolve() }

export class Registry {
  readonly deploys: DeployCounters = { served: 0, failed: 0 }
  readonly #opener: RegistryOptions['opener']
  readonly #everyHost: boolean
  readonly #onApp: NonNullable<RegistryOptions['onApp']>
  readonly #apps = new Map<string, ServedApp>()
  /** Which app has a host name, or has reserved it. */
  readonly #holders = new Map<string, ServedApp>()
  readonly #order = new InOrder()
  readonly #deployments: Deployments
  readonly #rateTables = new RateTableStore()
  #shards: Shardlike = NOBODY
  #last = 0

  constructor({ opener, everyHost = false, onApp = () => {} }: RegistryOptions) {
    this.#opener = opener
    this.#deployments = new Deployments(opener.images)
    this.#everyHost = everyHost
    this.#onApp = onApp
  }

  /** From now on changes go to these shards, which begin with the state. */
  set shards(shards: Shardlike) {
    this.#shards = shards
  }

  get state(): ServedState {
    return {
      deployments: this.#deployments.all,
      routes: [...this.#apps.values()].flatMap(({ route }) => route ?? []),
      engines: this.#deployments.engines,
    }
  }

  /** Engines that are served. */
  get engineCount(): number {
    return this.#deployments.engineCount
  }

  get apps(): readonly AppStatus[] {
    return [...this.#apps.values()].map(({ name, hostname, owner, state, deployment, config, canary }) => ({
      name,
      hostname,
      owner,
      state,
      deployment: deployment?.id,
      engineHash: deployment?.engineHash,
      config: deployment === undefined ? undefined : config,
      canary: canary && { ...canary, deployment: canary.deployment.id },
    }))
  }

  /** The version of the app that serves. */
  readonly servingOf = (name: string): number | undefined => this.#apps.get(name)?.deployment?.id

  /** Whether a version that is served, or about to be, has this data of a class of Durable Objects. */
  hasClass(key: string): boolean {
    return this.#deployments.all.some(({ name, env }) => ownClasses(name, env).some((own) => own.key === key))
  }

  /** How many there are in each state. */
  get states(): Record<AppStatus['state'], number> {
    const states = { opening: 0, serving: 0, unavailable: 0 }
    for (const app of this.#apps.values()) states[app.state]++
    return states
  }

  /** Whether there is an app of this name. */
  has(name: string): boolean {
    return this.#apps.has(name)
  }

  /** Whether the version with this label serves. */
  hasVersion(name: string, label: string): boolean {
    const app = this.#apps.get(name)
    if (app === undefined) return false
    const versions = [app.deployment, app.canary?.deployment].filter((each) => each !== undefined)
    return (versions.length === 0 ? [''] : versions.map(toVersionLabel)).includes(label)
  }

  /** Whose app it is; undefined: there is none of this name. */
  ownerOf(name: string): Owner | undefined {
    return this.#apps.get(name)?.owner
  }

  /** Throws APP_CONFLICT when the name or the host name is somebody else's. */
  expectFree(name: string, hostname: string, owner: Owner): void {
    const conflict = this.findConflict(name, hostname, owner)
    if (conflict !== undefined) throw new NanoError('APP_CONFLICT', conflict.text)
  }

  /** Whose the name or the host name is, when it is somebody else's. */
  findConflict(name: string, hostname: string, owner: Owner): Conflict | undefined {
    const app = this.#apps.get(name)
    if (app !== undefined && app.owner !== owner) return { owner: app.owner, text: app.ownerText }
    const holder = this.#holders.get(hostname)
    if (holder === undefined || holder.name === name) return undefined
    const text = `the host name ${hostname} is taken by app ${holder.name}; give ${name} another one`
    return { owner: holder.owner, text }
  }

  /** The longest turn that an app may take, in milliseconds; of one that drains, too. */
  get longestTurnMs(): number {
    return this.#deployments.longestTurnMs
  }

  /** What a deployment is made of, for a shard that has a request for it. */
  load(id: number): Promise<AppContent> {
    return this.#deployments.load(id)
  }

  /**
   * Serve the app, in place of the version that serves it now. Resolves to the deployment's number when every shard
   * serves it; rejects when it cannot be served, and everything is as it was.
   */
  put(config: AppConfig, options: PutOptions = {}): Promise<number> {
    const { name, hostname } = config
    return this.#count(
      this.#inOrder({ name, hostname, owner: options.owner }, (app) =>
        this.#put(app, config, options, (deployment) => {
          this.#onApp(name, config)
          app.config = config
          return { hostname, deployment, canary: options.keepsCanary === true ? app.canary : undefined }
        }),
      ),
    )
  }

  /**
   * Serve the version beside the one that serves, to `percent` of the clients, in place of the canary that there is. As
   * `put`; rejects, too, when nothing serves, or under another host name.
   */
  putBeside(config: AppConfig, options: PutOptions & { readonly percent: number }): Promise<number> {
    const { name, hostname } = config
    return this.#count(
      this.#inOrder({ name, hostname, owner: options.owner }, async (app) => {
        if (app.deployment === undefined || app.route?.hostname !== hostname) {
          const text = `expected a version of ${name} that serves ${hostname}, got none`
          throw new NanoError('TRAFFIC_REFUSED', text)
        }
        const { percent } = options
        return await this.#put(app, config, options, (deployment) => ({
          hostname,
          deployment: app.deployment,
          canary: { deployment, config, percent },
        }))
      }),
    )
  }

  /** Give the canary another part of the requests. Rejects when there is none. */
  async setShare(name: string, { owner, percent, commit }: ShareOptions): Promise<void> {
    const none = new NanoError(
      'TRAFFIC_REFUSED',
      `no other version of ${name} serves beside the one that does`,
    )
    const known = this.#apps.get(name)
    if (known === undefined) throw none
    await this.#inOrder({ name, hostname: known.hostname, owner }, async (app) => {
      const { canary, deployment, route } = app
      if (canary === undefined || route === undefined) throw none
      await commit?.()
      if (percent < 100) {
        const left = percent === 0 ? undefined : { ...canary, percent }
        return await this.#switch(app, { hostname: route.hostname, deployment, canary: left })
      }
      this.#onApp(name, canary.config)
      app.config = canary.config
      return await this.#switch(app, { hostname: route.hostname, deployment: canary.deployment })
    })
  }

  /**
   * Refuse the app's requests: it cannot be served, and is not unknown either. `notice`: what they are told instead, while
   * the app is developed.
   */
  async putUnavailable(
    { name, hostname }: Pick<AppConfig, 'name' | 'hostname'>,
    owner?: Owner,
    notice?: string,
  ): Promise<void> {
    await this.#inOrder({ name, hostname, owner }, (app) => this.#switch(app, { hostname, notice }))
  }

  /**
   * Serve the app no longer. What it has begun drains. `commit`: is to be done before. Rejects when there is no such app.
   */
  async remove(
    name: string,
    owner: Owner = 'file',
    { commit, isAtOnce = false }: RemoveOptions = {},
  ): Promise<void> {
    const unknown = new NanoError('APP_UNKNOWN', `there is no app "${name}"`)
    const known = this.#apps.get(name)
    if (known === undefined) throw unknown
    await this.#inOrder({ name, hostname: known.hostname, owner }, async (app) => {
      if (app.route === undefined) throw unknown
      await commit?.()
      await this.#switch(app, undefined)
      this.#onApp(name, undefined)
      if (isAtOnce) await this.#shards.apply({ type: 'end', app: name })
    })
  }

  /** Responses of the app that are kept go, on every shard. Rejects when there is no such app. */
  async purge(name: string, purge: Purge): Promise<void> {
    if (!this.#apps.has(name)) throw new NanoError('APP_UNKNOWN', `there is no app "${name}"`)
    await this.#shards.apply({ type: 'purge', app: name, ...purge })
  }

  /** Runs steps for an app after those that were asked for before. Until then the host name is the app's. */
  #inOrder<T>(
    { name, hostname, owner = 'file' }: { name: string; hostname: string; owner?: Owner | undefined },
    steps: (app: ServedApp) => Promise<T>,
  ): Promise<T> {
    try {
      this.expectFree(name, hostname, owner)
    } catch (error) {
      return Promise.reject(toNanoError(error))
    }
    const app = this.#apps.get(name) ?? new ServedApp(name, owner)
    this.#apps.set(name, app)
    app.reserved.push(hostname)
    this.#holders.set(hostname, app)
    return this.#order.run(name, () =>
      steps(app).finally(() => {
        app.reserved.splice(app.reserved.indexOf(hostname), 1)
        this.#free(app, hostname)
        // nothing serves it, and nothing more was asked for
        if (app.route === undefined && app.reserved.length === 0) this.#apps.delete(name)
      }),
    )
  }

  #count(done: Promise<number>): Promise<number> {
    done.then(
      () => this.deploys.served++,
      () => this.deploys.failed++,
    )
    return done
  }

  /** `toTarget`: what the host name is to lead to when every shard has the version. */
  async #put(
    app: ServedApp,
    config: AppConfig,
    { component, version, onNote = () => {}, commit }: PutOptions,
    toTarget: (deployment: Deployment) => Target,
  ): Promise<number> {
    const access = toAccess(config)
    const own = component ?? (await this.#opener.component(config.path, access, onNote))
    const opened = await this.#opener.forEnv(own, config.env, onNote)
    const engine = await this.#opener.engine(opened.engineHash, onNote)
    const rateTables = this.#rateTables.of(config.env)
    const deployment = toDeployment({ id: ++this.#last, version, ...defined({ rateTables }) }, config, opened)
    this.#deployments.add(deployment, engine, opened)
    try {
      await this.#shards.apply({ type: 'deploy', deployment, engine })
      await commit?.()
    } catch (error) {
      await this.#retire(deployment)
      throw error
    }
    await this.#switch(app, toTarget(deployment))
    return deployment.id
  }

  /** The app's requests go to other versions, or to none; `next` undefined: there is no such app any more. */
  async #switch(app: ServedApp, next: Target | undefined): Promise<void> {
    const { deployment, canary, route } = app
    const to = next && {
      app: app.name,
      hostname: next.hostname,
      isFallback: this.#isFallback(app),
      deployment: next.deployment?.id,
      canary: next.canary && toCanaryRoute(next.canary, app),
      notice: next.notice,
    }
    app.route = to
    app.deployment = next?.deployment
    app.canary = next?.canary
    if (route !== undefined) this.#free(app, route.hostname)
    await this.#shards.apply({ type: 'switch', from: route?.hostname, to })
    const serving = [next?.deployment, next?.canary?.deployment]
    for (const before of [deployment, canary?.deployment]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      if (before !== undefined && !serving.includes(before)) await this.#retire(before)
    }
  }

  /** Somebody else may have the host name, if the app does not need it any more. */
  #free(app: ServedApp, hostname: string): void {
    if (!app.has(hostname)) this.#holders.delete(hostname)
  }

  async #retire(deployment: Deployment): Promise<void> {
    this.#deployments.retire(deployment, DRAIN_MS)
    await this.#shards.apply({ type: 'retire', deployment: deployment.id, graceMs: DRAIN_MS })
  }

  #isFallback(app: ServedApp): boolean {
    const [first] = this.#apps.values()
    return this.#everyHost && (first === app || app.route?.isFallback === true)
  }
}
