/**
 * Apps that were deployed, as a client of the registry: kept in the data directory with all their versions, and served
 * again after a restart. One app's steps follow one another:
 *
 *     deploy     version kept  >  ready on every shard  >  named as the one that serves  >  switched  >  acknowledged
 *     roll back  ready on every shard  >  named  >  switched  >  acknowledged
 *     delete     forgotten  >  switched off  >  acknowledged
 *
 * Holds: what is acknowledged serves after a restart, however the process ended. What fails before it is named has
 * changed nothing.
 */

import type { StoredApp, StoredVersion } from '../artifacts/store.ts'
import type { AppConfig } from '../config/config.ts'
import type { OpenComponent } from '../deploy/open-component.ts'
import type { Opener } from '../deploy/opener.ts'
import { NanoError, toNanoError } from '../errors.ts'
import { toReport } from './deploy-report.ts'
import type { DeployReport, Settings } from './deploy-report.ts'
import { InOrder } from './in-order.ts'
import type { Registry } from './registry.ts'

/** What is deployed. What is not given is as it was: of a new app, its host name is its name. */
export interface NewDeploy {
  readonly app: string
  readonly hostname?: string | undefined
  /** As nano.json spells them: an app's keys but for name, host name and path. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined
  readonly component?: Uint8Array | undefined
  /** Of the component that is given. */
  readonly sourceMap?: Uint8Array | undefined
  /** Keep the version, and let the one before serve. */
  readonly isIdle?: boolean
}

/**
 * Asked when it is the turn of a change, with what serves and what is to serve (nothing: the app goes); throws when the
 * change is not to be made.
 */
export type Guard = (before: StoredVersion | undefined, next: Settings | undefined) => void

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

const ALWAYS: Guard = () => {}

export class DeployedApps {
  readonly #options: DeployedOptions
  /** The version that serves, by app. */
  readonly #active = new Map<string, StoredVersion>()
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
    const { opener, onBroken, registry } = this.#options
    for (const { name, active } of apps) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await this.#serve(active, (await opener.ask('stored', active)).component)
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
      this.#active.set(name, active)
    }
  }

  /** Resolves when every shard serves the version. */
  deploy(deploy: NewDeploy, guard = ALWAYS): Promise<DeployReport> {
    return this.#inOrder.run(deploy.app, () => this.#deploy(deploy, guard))
  }

  /** Another version serves: this one, or the one before the one that serves. */
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

  /** The version that serves. */
  active(app: string): StoredVersion | undefined {
    return this.#active.get(app)
  }

  /** The app goes, with all its versions. */
  remove(app: string, guard = ALWAYS): Promise<void> {
    return this.#inOrder.run(app, () => this.#remove(app, guard))
  }

  async #deploy({ isIdle = false, ...given }: NewDeploy, guard: Guard): Promise<DeployReport> {
    const { app } = given
    const { opener, registry } = this.#options
    const started = performance.now()
    const before = this.#active.get(app)
    const settings = given.settings === undefined ? before?.settings : JSON.stringify(given.settings)
    const next = this.#check({
      app,
      hostname: given.hostname ?? before?.hostname ?? app,
      settings: settings ?? '{}',
    })
    guard(before, next)
    registry.expectFree(app, next.hostname, 'deployed')
    const { component: bytes, sourceMap } =
      given.component === undefined
        ? await this.#readKept(app, before)
        : { component: given.component, sourceMap: given.sourceMap }
    const warnings: string[] = []
    const added = { app, ...next, component: bytes, sourceMap }
    const { version, component } = await opener.ask('add', added, (note) => {
      if (note.type === 'warning') warnings.push(note.text)
    })
    const opened = { version, component, componentBytes: bytes.length }
    return await this.#activate(opened, { before, started, warnings, isIdle })
  }

  async #rollBack(app: string, number: number | undefined, guard: Guard): Promise<DeployReport> {
    const { opener } = this.#options
    const started = performance.now()
    const versions = await this.versions(app)
    const before = this.#active.get(app)
    const current = before?.number ?? 0
    const version = versions.find((each) =>
      number === undefined ? each.number < current : each.number === number,
    )
    if (version === undefined) {
      throw toUnknown(app, number === undefined ? `no version before ${current}` : `no version ${number}`)
    }
    guard(before, version)
    const opened = { version, ...(await opener.ask('stored', version)) }
    return await this.#activate(opened, { before, started, warnings: [], isIdle: false })
  }

  async #remove(app: string, guard: Guard): Promise<void> {
    const { opener, registry } = this.#options
    guard(this.#active.get(app), undefined)
    const forget = async (): Promise<boolean> => {
      const wasThere = await opener.ask('remove', app)
      this.#active.delete(app)
      return wasThere
    }
    if (registry.has(app)) await registry.remove(app, 'deployed', async () => void (await forget()))
    else if (!(await forget())) throw new NanoError('APP_UNKNOWN', `there is no app "${app}"`)
  }

  /** What is to be kept of an app's settings. Throws SETTINGS_INVALID. */
  #check(given: { app: string } & Settings): Settings {
    const { hostname } = this.#parse(given)
    return { hostname, settings: given.settings }
  }

  #parse({ app: name, hostname, settings }: { app: string } & Settings): AppConfig {
    return this.#options.parse({ name, hostname, settings: JSON.parse(settings) as unknown })
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

  async #activate(
    { version, component, componentBytes }: Opened,
    {
      before,
      started,
      warnings,
      isIdle,
    }: { before: StoredVersion | undefined; started: number; warnings: readonly string[]; isIdle: boolean },
  ): Promise<DeployReport> {
    const { app, number } = version
    let warmUpMs = 0
    if (!isIdle && before?.number !== number) {
      const kept = performance.now()
      await this.#serve(version, component, async () => {
        warmUpMs = performance.now() - kept
        await this.#options.opener.ask('activate', { app, number })
        this.#active.set(app, version)
      })
    }
    const serves = this.#active.get(app)?.number === number
    const ms = performance.now() - started
    return toReport({ version, before, component, componentBytes, serves, warnings, warmUpMs, ms })
  }

  async #serve(
    version: StoredVersion,
    component: OpenComponent,
    commit?: () => Promise<void>,
  ): Promise<void> {
    await this.#options.registry.put(this.#parse(version), {
      owner: 'deployed',
      version: version.number,
      component,
      ...(commit === undefined ? {} : { commit }),
    })
  }
}

function toUnknown(app: string, what: string): NanoError {
  return new NanoError('VERSION_UNKNOWN', `app ${app} has ${what}; see: nano-workers versions ${app}`)
}
