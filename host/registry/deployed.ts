/**
 * Apps that were deployed, as a client of the registry: kept in the data directory with all their versions, and served
 * again after a restart. One app's steps follow one another:
 *
 *     deploy     version kept  >  ready on every shard  >  named as the one that serves  >  switched  >  acknowledged
 *     promote    ready on every shard  >  named, with its part of the requests  >  switched  >  acknowledged
 *     roll back  the same with a version before; a canary is taken back  >  named  >  switched  >  acknowledged
 *     delete     forgotten  >  switched off  >  acknowledged
 *
 * Holds: what is acknowledged serves after a restart, however the process ended. What fails before it is named has
 * changed nothing.
 */

import { isDeepStrictEqual } from 'node:util'

import type { NewAssets } from '../assets/new-assets.ts'
import type { Canary, StoredApp, StoredVersion } from '../artifacts/store.ts'
import type { AppConfig } from '../config/config.ts'
import type { KeptImage } from '../deploy/image-files.ts'
import type { OpenComponent } from '../deploy/opening.ts'
import type { Opener } from '../deploy/opener.ts'
import { NanoError, toNanoError } from '../errors.ts'
import { toReport } from './deploy-report.ts'
import { eraseApp } from './erase.ts'
import type { EraseData } from './erase.ts'
import type { DeployReport, Settings } from './deploy-report.ts'
import { InOrder } from './in-order.ts'
import { toKeptSettings } from './kept-settings.ts'
import type { NewDeploy } from './new-deploy.ts'
import type { PutOptions } from './put-options.ts'
import type { Registry } from './registry.ts'
import type { AppFailure, AppsReport } from './reload-report.ts'
import { ALL, expectSplit, toNext, toPercent, toShare } from './traffic.ts'

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
}

/** A version to be served. */
interface Opened {
  readonly version: StoredVersion
  readonly component: OpenComponent
  readonly componentBytes: number
}

/** A version, and what becomes of it. */
interface Change extends Opened {
  /** Of the requests. */
  readonly percent: number
  readonly before: StoredApp | undefined
  readonly started: number
  readonly warnings: readonly string[]
}

/** Of an app that is files alone. */
const NO_COMPONENT = new Uint8Array(0)

const ALWAYS: Guard = () => {}

export class DeployedApps {
  readonly #options: DeployedOptions
  /** What serves, by app. */
  readonly #serving = new Map<string, StoredApp>()
  readonly #inOrder = new InOrder()

  constructor(options: DeployedOptions) {
    this.#options = options
  }

  /** Those that are kept. Rejects when they cannot be read. */
  kept(): Promise<readonly StoredApp[]> {
    return this.#options.opener.ask('apps', undefined)
  }

  /** Serve what served last. An app that cannot be served keeps no other from it. */
  async restore(apps: readonly StoredApp[]): Promise<void> {
    const { onBroken, registry } = this.#options
    for (const { name, active, canary } of apps) {
      this.#serving.set(name, { name, active })
      try {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await this.#serve(active, await this.#toComponent(active))
        // oxlint-disable-next-line no-await-in-loop
        if (canary !== undefined) await this.#restoreCanary(name, active, canary)
      } catch (thrown) {
        const error = toNanoError(thrown)
        onBroken(name, error)
        // oxlint-disable-next-line no-await-in-loop
        await registry
          .putUnavailable({ name, hostname: active.hostname }, 'deployed')
          .catch((conflict: unknown) => {
            onBroken(name, toNanoError(conflict))
          })
      }
    }
  }

  /** One that is no good leaves the other version all requests. */
  async #restoreCanary(name: string, active: StoredVersion, canary: Canary<StoredVersion>): Promise<void> {
    const { onBroken, opener } = this.#options
    try {
      // opened although it is known: there is another version that can have its requests
      const { component } = await opener.ask('stored', canary.version)
      await this.#serve(canary.version, component, { percent: canary.percent })
      this.#serving.set(name, { name, active, canary })
    } catch (thrown) {
      onBroken(name, toNanoError(thrown))
    }
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
    return this.#inOrder.run(deploy.app, () => this.#deploy(deploy, guard))
  }

  /** Give a version that is kept a part of the requests: all of them with 100, none with 0. */
  promote(app: string, number: number, percent: number, guard = ALWAYS): Promise<DeployReport> {
    return this.#inOrder.run(app, () => this.#promote(app, number, percent, guard))
  }

  /** Another version serves: this one, or the one before the one that serves; of two that serve, the earlier one alone. */
  rollBack(app: string, number?: number, guard = ALWAYS): Promise<DeployReport> {
    return this.#inOrder.run(app, () => this.#rollBack(app, number, guard))
  }

  /** Of an app, the last one first. Rejects when it was not deployed. */
  async versions(app: string): Promise<readonly StoredVersion[]> {
    const versions = await this.#options.opener.ask('versions', app)
    if (versions.length === 0)
      throw new NanoError('APP_UNKNOWN', `there is no app "${app}" that was deployed`)
    return versions
  }

  /** One version of an app. */
  async version(app: string, number: number): Promise<StoredVersion> {
    const versions = await this.versions(app)
    const version = versions.find((each) => each.number === number)
    if (version === undefined) throw toUnknown(app, `no version ${number}`)
    return version
  }

  /** The bytes of a version's component, as they came. */
  component({ component }: StoredVersion): Promise<Uint8Array> {
    return this.#options.opener.ask('read', component)
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
    return this.#inOrder.run(app, () => this.#remove(app, guard, erase))
  }

  async #deploy({ percent = ALL, ...given }: NewDeploy, guard: Guard): Promise<DeployReport> {
    const { app } = given
    const { opener, registry } = this.#options
    const started = performance.now()
    const before = this.#serving.get(app)
    const settings = toKeptSettings(given, before?.active.settings)
    const next = this.#check({
      app,
      hostname: given.hostname ?? before?.active.hostname ?? app,
      settings: settings ?? '{}',
    })
    guard(before, next)
    registry.expectFree(app, next.hostname, 'deployed')
    expectSplit(app, before, { percent, hostname: next.hostname })
    const isFirst = before === undefined && given.assets !== undefined
    const { component: bytes, sourceMap } =
      given.component !== undefined
        ? { component: given.component, sourceMap: given.sourceMap }
        : isFirst
          ? { component: NO_COMPONENT, sourceMap: undefined }
          : await this.#readKept(app, before?.active)
    const assets = await this.#toAssets(given.assets, before?.active)
    const warnings: string[] = [...(given.warnings ?? [])]
    const added = { app, ...next, component: bytes, sourceMap, assets, source: given.source }
    const { version, component } = await opener.ask('add', added, (note) => {
      if (note.type === 'warning') warnings.push(note.text)
    })
    const opened = { version, component, componentBytes: bytes.length }
    return await this.#change({ ...opened, percent, before, started, warnings })
  }

  async #promote(app: string, number: number, percent: number, guard: Guard): Promise<DeployReport> {
    const started = performance.now()
    const version = await this.version(app, number)
    const before = this.#serving.get(app)
    guard(before, version)
    if (percent < ALL && before?.active.number === number) {
      const text = `version ${number} of ${app} serves already; give another version a part of the requests`
      throw new NanoError('TRAFFIC_REFUSED', text)
    }
    expectSplit(app, before, { percent, hostname: version.hostname })
    const opened = { version, ...(await this.#options.opener.ask('stored', version)) }
    return await this.#change({ ...opened, percent, before, started, warnings: [] })
  }

  async #rollBack(app: string, number: number | undefined, guard: Guard): Promise<DeployReport> {
    const { opener } = this.#options
    const started = performance.now()
    const versions = await this.versions(app)
    const before = this.#serving.get(app)
    const current = before?.active.number ?? 0
    const wanted = number ?? (before?.canary === undefined ? undefined : current)
    const version = versions.find((each) =>
      wanted === undefined ? each.number < current : each.number === wanted,
    )
    if (version === undefined) {
      throw toUnknown(app, number === undefined ? `no version before ${current}` : `no version ${number}`)
    }
    guard(before, version)
    const opened = { version, ...(await opener.ask('stored', version)) }
    return await this.#change({ ...opened, percent: ALL, before, started, warnings: [] })
  }

  async #remove(app: string, guard: Guard, erase: EraseData | undefined): Promise<void> {
    const { opener, registry } = this.#options
    guard(this.#serving.get(app), undefined)
    const forget = async (): Promise<boolean> => {
      const wasThere = await opener.ask('remove', app)
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

  /** What is to be kept of the files. */
  async #toAssets(
    given: NewAssets | undefined,
    before: StoredVersion | undefined,
  ): Promise<Uint8Array | undefined> {
    if (given !== undefined) return Buffer.from(JSON.stringify(given))
    return before?.assets === undefined ? undefined : await this.#options.opener.ask('read', before.assets)
  }

  /** The component of the version that serves, and its source map. */
  async #readKept(app: string, before: StoredVersion | undefined) {
    const { opener } = this.#options
    if (before === undefined) {
      throw new NanoError('REQUEST_INVALID', `app ${app} has no version yet: expected a component, got none`)
    }
    const { component, sourceMap } = before
    return {
      component: await opener.ask('read', component),
      sourceMap: sourceMap === undefined ? undefined : await opener.ask('read', sourceMap),
    }
  }

  /** Gives the version its part of the requests, unless it has it. */
  async #change({ before, percent, started, ...opened }: Change): Promise<DeployReport> {
    const { version, component } = opened
    const { app } = version
    const next = toNext(before, version, percent)
    let warmUpMs = 0
    if (next !== undefined) {
      const kept = performance.now()
      const commit = async (): Promise<void> => {
        warmUpMs = performance.now() - kept
        const canary = next.canary && { version: next.canary.version.number, percent }
        const named = { app, number: next.active.number, canary }
        this.#serving.set(app, await this.#options.opener.ask('activate', named))
      }
      const share = toShare(before, next, version)
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

function toUnknown(app: string, what: string): NanoError {
  return new NanoError('VERSION_UNKNOWN', `app ${app} has ${what}; see: nano-workers versions ${app}`)
}
