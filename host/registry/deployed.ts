/**
 * Apps that were deployed, as a client of the registry: kept in the data directory with all their versions, and served
 * again after a restart. One app's steps follow one another:
 *
 *     deploy     version kept  >  ready on every shard  >  named as the one that serves  >  switched  >  acknowledged
 *     promote    ready on every shard  >  named, with its part of the requests  >  switched  >  acknowledged
 *     roll back  the same with a version before; a canary is taken back  >  named  >  switched  >  acknowledged
 *     delete     forgotten  >  switched off  >  acknowledged
 *
 * In a fleet, what is named or forgotten is so when the hosts agree on it (agreement.ts), and what others have agreed on is
 * served here as it comes.
 *
 * Holds: what is acknowledged serves after a restart, however the process ended. What fails before it is named has
 * changed nothing.
 */

import { isDeepStrictEqual } from 'node:util'

import type { FleetEntry } from '../fleet/app-state.ts'
import type { NewAssets } from '../assets/new-assets.ts'
import type { StoredApp, StoredVersion } from '../artifacts/store.ts'
import type { AppConfig } from '../config/config.ts'
import type { KeptImage } from '../deploy/image-files.ts'
import type { OpenComponent } from '../deploy/opening.ts'
import type { Opener } from '../deploy/opener.ts'
import { NanoError, toNanoError } from '../errors.ts'
import { aloneOn } from './agreement.ts'
import type { Agreed, Agreement } from './agreement.ts'
import { toReport } from './deploy-report.ts'
import { eraseApp } from './erase.ts'
import type { EraseData } from './erase.ts'
import type { DeployReport, Settings } from './deploy-report.ts'
import { restoreApps } from './restore.ts'
import { Following } from './following.ts'
import { InOrder } from './in-order.ts'
import { findVersions } from './known-versions.ts'
import type { KnownVersions } from './known-versions.ts'
import { toKeptSettings } from './kept-settings.ts'
import type { NewDeploy } from './new-deploy.ts'
import { toParts } from './open-version.ts'
import type { OpenVersion } from './open-version.ts'
import type { PutOptions } from './put-options.ts'
import type { Registry } from './registry.ts'
import type { AppFailure, AppsReport } from './reload-report.ts'
import { ALL, expectSplit, toEarlier, toNext, toPercent, toShare, toUnknown } from './traffic.ts'

/**
 * Asked when it is the turn of a change, with what serves and what is to serve (nothing: the app goes); throws when the
 * change is not to be made.
 */
export type Guard = (before: StoredApp | undefined, next: Settings | undefined) => void

export interface DeployedOptions {
  readonly registry: Registry
  readonly opener: Opener
  /** Checks what is said about an app; throws SETTINGS_INVALID. */
  readonly parse: (app: { name: string; hostname: string; settings: unknown }) => AppConfig
  readonly onBroken: (app: string, error: NanoError) => void
  /** With whom changes are agreed; undefined: with nobody. `become`: makes this host serve what is. */
  readonly agreement?: (become: (app: string, entry: FleetEntry | undefined) => Promise<void>) => Agreement
}

/** A version, and what becomes of it. */
interface Change extends OpenVersion {
  /** Of the requests. */
  readonly percent: number
  readonly agreed: Pick<Agreed, 'before' | 'agree' | 'keep'>
  /** It gets more of them step by step. */
  readonly isRollout?: boolean
  readonly started: number
  readonly warnings: readonly string[]
}

/** When it is a change's turn. */
interface Turn {
  readonly guard: Guard
  readonly agreed: Agreed
}

const ALWAYS: Guard = () => {}

/** Of a change that others come before. */
const MOST_TRIES = 8

export class DeployedApps {
  readonly #options: DeployedOptions
  /** What serves, by app. */
  readonly #serving = new Map<string, StoredApp>()
  readonly #inOrder = new InOrder()
  readonly #agreement: Agreement
  readonly #following: Following

  constructor(options: DeployedOptions) {
    this.#options = options
    this.#agreement =
      options.agreement?.((app, entry) => this.#following.become(app, entry)) ??
      aloneOn(options.opener, (app) => this.#serving.get(app))
    this.#following = new Following({
      ...options,
      agreement: this.#agreement,
      serving: this.#serving,
      switchTo: (opened, percent, agreed) =>
        this.#switch({ ...opened, percent, agreed, started: performance.now(), warnings: [] }),
    })
  }

  /** Those that are kept. Rejects when they cannot be read. */
  kept(): Promise<readonly StoredApp[]> {
    return this.#options.opener.ask('apps', undefined)
  }

  /** Serve what served last. An app that cannot be served keeps no other from it. */
  restore(apps: readonly StoredApp[]): Promise<void> {
    return restoreApps(apps, {
      ...this.#options,
      serving: this.#serving,
      toComponent: (version) => this.#toComponent(version),
      serve: (version, component, percent) => this.#serve(version, component, { percent }),
    })
  }

  /**
   * What is said about apps besides their own settings has become other: those that it makes a difference to get a
   * version of it. One that fails keeps what serves.
   */
  async refresh(): Promise<Pick<AppsReport, 'changed' | 'failed'>> {
    const report = { changed: [] as string[], failed: [] as AppFailure[] }
    for (const name of this.#serving.keys()) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const isChanged = await this.#inOrder.run(name, () => this.#refresh(name))
        if (isChanged) report.changed.push(name)
      } catch (thrown) {
        const { code, message } = toNanoError(thrown)
        report.failed.push({ app: name, code, reason: message })
      }
    }
    return report
  }

  async #refresh(name: string): Promise<boolean> {
    const { registry } = this.#options
    const { active, canary } = this.#serving.get(name) ?? {}
    const served = registry.apps.find((app) => app.name === name)
    if (active === undefined || served?.config === undefined) return false
    const steps = [
      { version: active, percent: ALL, config: served.config },
      ...(canary === undefined ? [] : [{ ...canary, config: served.canary?.config }]),
    ].filter(({ version, config }) => !isDeepStrictEqual(this.toConfig(version), config))
    for (const { version, percent } of steps) {
      // oxlint-disable-next-line no-await-in-loop
      const component = await this.#toComponent(version)
      // oxlint-disable-next-line no-await-in-loop
      await this.#serve(version, component, { percent, keepsCanary: true })
    }
    return steps.length > 0
  }

  /** What a version comes to. One that was opened before is not opened again. */
  async #toComponent(version: StoredVersion): Promise<OpenComponent> {
    const { opener } = this.#options
    if (version.image === undefined) return (await opener.ask('stored', version)).component
    const kept = JSON.parse(version.image) as KeptImage
    const origin: OpenComponent['origin'] = { type: 'stored', ask: version }
    if (version.assets === undefined) return { ...kept, origin }
    return { ...kept, origin, assets: await opener.ask('assets', version) }
  }

  /** Resolves when every shard serves the version. */
  deploy(deploy: NewDeploy, guard = ALWAYS): Promise<DeployReport> {
    return this.#change(deploy.app, (agreed) => this.#deploy(deploy, { guard, agreed }))
  }

  /** Give a version that is kept a part of the requests: all of them with 100, none with 0. */
  promote(app: string, number: number, percent: number, guard = ALWAYS): Promise<DeployReport> {
    return this.#change(app, (agreed) => this.#promote(app, { number, percent }, { guard, agreed }))
  }

  /** Another version serves: this one, or the one before the one that serves; of two that serve, the earlier one alone. */
  rollBack(app: string, number?: number, guard = ALWAYS): Promise<DeployReport> {
    return this.#change(app, (agreed) => this.#rollBack(app, number, { guard, agreed }))
  }

  /** Of an app, the last one first. Rejects when it was not deployed. */
  async versions(app: string): Promise<readonly StoredVersion[]> {
    return (await this.known(app)).versions
  }

  /** Its versions, and which of them serve. Rejects when it was not deployed. */
  known(app: string): Promise<KnownVersions> {
    return findVersions(app, { ...this.#options, agreement: this.#agreement, serving: this.#serving })
  }

  /** One version of an app. */
  async version(app: string, number: number): Promise<StoredVersion> {
    const versions = await this.versions(app)
    const version = versions.find((each) => each.number === number)
    if (version === undefined) throw toUnknown(app, `no version ${number}`)
    return version
  }

  /** The bytes of a version's component, as they came. */
  async component(version: StoredVersion): Promise<Uint8Array> {
    await this.#agreement.bring(version)
    return await this.#options.opener.ask('read', version.component)
  }

  /** Of files for a deploy that is to come, the hashes of those that are not here. */
  missingFiles({ files }: NewAssets): Promise<readonly string[]> {
    return this.#options.opener.ask(
      'missing-files',
      Object.values(files).map(({ hash }) => hash),
    )
  }

  /** Keep a file for a deploy that is to come. Rejects with ASSETS_INVALID when the hash is not that of the bytes. */
  async putFile(hash: string, bytes: Uint8Array): Promise<void> {
    await this.#options.opener.ask('put-file', { hash, bytes })
  }

  /** What serves. */
  serving(app: string): StoredApp | undefined {
    return this.#serving.get(app)
  }

  /** The app goes, with all its versions; with `erase` also the data of all of them, and what it has begun is cut. */
  remove(app: string, guard = ALWAYS, erase?: EraseData): Promise<void> {
    return this.#change(app, (agreed) => this.#remove(app, { guard, agreed }, erase))
  }

  /** All that serves. */
  all(): Iterable<StoredApp> {
    return this.#serving.values()
  }

  /** Serves what others have agreed on; undefined: that there is no such app. */
  apply(app: string, entry: FleetEntry | undefined): Promise<void> {
    return this.#inOrder.run(app, () => this.#following.become(app, entry))
  }

  /** The app's host name is free until it is applied again. */
  release(app: string): Promise<void> {
    return this.#inOrder.run(app, () => this.#following.release(app))
  }

  /** Changes of one app follow one another; one that others were faster than is looked at again. */
  #change<T>(app: string, steps: (agreed: Agreed) => Promise<T>): Promise<T> {
    return this.#inOrder.run(app, async () => {
      for (let tries = 1; ; tries++) {
        try {
          // oxlint-disable-next-line no-await-in-loop -- one try after the other
          return await steps(await this.#agreement.begin(app))
        } catch (thrown) {
          if (toNanoError(thrown).code !== 'FLEET_CONFLICT' || tries === MOST_TRIES) throw thrown
        }
      }
    })
  }

  async #deploy({ percent: wanted, ...given }: NewDeploy, { guard, agreed }: Turn): Promise<DeployReport> {
    const { app } = given
    const { opener, registry } = this.#options
    const started = performance.now()
    const { before } = agreed
    const settings = toKeptSettings(given, before?.active.settings) ?? '{}'
    const hostname = given.hostname ?? before?.active.hostname ?? app
    const next = this.#check({ app, hostname, settings })
    guard(before, next)
    registry.expectFree(app, next.hostname, 'deployed')
    const first = before?.active.hostname === next.hostname ? this.#agreement.firstPercent : ALL
    const percent = wanted ?? first ?? ALL
    expectSplit(app, before, { percent, hostname: next.hostname })
    if (before !== undefined) await this.#agreement.bring(before.active)
    const parts = await toParts(given, before?.active, opener)
    const warnings: string[] = [...(given.warnings ?? [])]
    const { version, component } = await opener.ask(
      'add',
      { app, ...next, ...parts, source: given.source },
      (note) => {
        if (note.type === 'warning') warnings.push(note.text)
      },
    )
    const opened = { version, component, componentBytes: parts.component.length }
    const isRollout = wanted === undefined && percent < ALL
    return await this.#switch({ ...opened, percent, agreed, started, warnings, isRollout })
  }

  async #promote(
    app: string,
    { number, percent }: { readonly number: number; readonly percent: number },
    { guard, agreed }: Turn,
  ): Promise<DeployReport> {
    const started = performance.now()
    const version = await this.version(app, number)
    const { before } = agreed
    guard(before, version)
    if (percent < ALL && before?.active.number === number) {
      const text = `version ${number} of ${app} serves already; give another version a part of the requests`
      throw new NanoError('TRAFFIC_REFUSED', text)
    }
    expectSplit(app, before, { percent, hostname: version.hostname })
    await this.#agreement.bring(version)
    const opened = { version, ...(await this.#options.opener.ask('stored', version)) }
    return await this.#switch({ ...opened, percent, agreed, started, warnings: [] })
  }

  async #rollBack(app: string, number: number | undefined, { guard, agreed }: Turn): Promise<DeployReport> {
    const { opener } = this.#options
    const started = performance.now()
    const { before } = agreed
    const version = toEarlier(app, await this.versions(app), before, number)
    guard(before, version)
    await this.#agreement.bring(version)
    const opened = { version, ...(await opener.ask('stored', version)) }
    return await this.#switch({ ...opened, percent: ALL, agreed, started, warnings: [] })
  }

  async #remove(app: string, { guard, agreed }: Turn, erase: EraseData | undefined): Promise<void> {
    const { opener, registry } = this.#options
    guard(agreed.before, undefined)
    const forget = async (): Promise<boolean> => {
      const wasThere = await agreed.forget()
      this.#serving.delete(app)
      return wasThere
    }
    const versions = erase === undefined ? [] : await opener.ask('versions', app)
    if (erase !== undefined && versions.length > 0) {
      const parse = (version: StoredVersion): AppConfig => this.toConfig(version)
      const stop = async (): Promise<void> => {
        if (registry.has(app)) await registry.remove(app, 'deployed', { isAtOnce: true })
      }
      await eraseApp(app, { versions, parse, stop, erase, forget })
    } else if (registry.has(app)) {
      await registry.remove(app, 'deployed', { commit: async () => void (await forget()) })
    } else if (!(await forget())) throw new NanoError('APP_UNKNOWN', `there is no app "${app}"`)
  }

  /** What is to be kept of an app's settings. Throws SETTINGS_INVALID. */
  #check(given: { app: string } & Settings): Settings {
    const { hostname } = this.toConfig(given)
    return { hostname, settings: given.settings }
  }

  /** What these settings come to. Throws SETTINGS_INVALID. */
  toConfig({ app: name, hostname, settings }: { app: string } & Settings): AppConfig {
    return this.#options.parse({ name, hostname, settings: JSON.parse(settings) as unknown })
  }

  /** Gives the version its part of the requests, unless it has it. */
  async #switch({ agreed, percent, started, isRollout = false, ...opened }: Change): Promise<DeployReport> {
    const { version, component } = opened
    const { app } = version
    const { before } = agreed
    const next = toNext(before, version, percent)
    let warmUpMs = 0
    if (next === undefined) await agreed.keep()
    else {
      const kept = performance.now()
      const commit = async (): Promise<void> => {
        warmUpMs = performance.now() - kept
        const canary = next.canary && { version: next.canary.version.number, percent }
        const named = { app, number: next.active.number, canary }
        this.#serving.set(app, await agreed.agree(named, isRollout))
      }
      const isHere = this.#serving.get(app)?.revision === before?.revision
      const share = isHere ? toShare(before, next, version) : undefined
      if (share === undefined) await this.#serve(version, component, { percent, commit })
      else await this.#options.registry.setShare(app, { owner: 'deployed', percent: share, commit })
    }
    const now = this.#serving.get(app)
    const ms = performance.now() - started
    return toReport({ ...opened, before, percent: toPercent(now, version.number), warmUpMs, ms })
  }

  /** To all requests, or beside the version that serves. */
  async #serve(
    version: StoredVersion,
    component: OpenComponent,
    {
      percent = ALL,
      ...how
    }: { readonly percent?: number } & Pick<PutOptions, 'commit' | 'keepsCanary'> = {},
  ): Promise<void> {
    const { registry } = this.#options
    const config = this.toConfig(version)
    const options = {
      owner: 'deployed',
      version: version.number,
      component,
      ...how,
    } as const
    if (percent === ALL) await registry.put(config, options)
    else await registry.putBeside(config, { ...options, percent })
  }
}
