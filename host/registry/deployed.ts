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

import type { StoredVersion } from '../artifacts/store.ts'
import type { AppConfig } from '../config/config.ts'
import type { OpenComponent } from '../deploy/open-component.ts'
import type { Opener } from '../deploy/opener.ts'
import { NanoError, toNanoError } from '../errors.ts'
import { toReport } from './deploy-report.ts'
import type { DeployReport } from './deploy-report.ts'
import type { Registry } from './registry.ts'

/** What is deployed. */
export interface NewDeploy {
  readonly app: string
  readonly hostname: string
  /** As nano.json spells them: an app's keys but for name, host name and path. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly component: Uint8Array
  readonly sourceMap?: Uint8Array | undefined
  /** Keep the version, and let the one before serve. */
  readonly isIdle?: boolean
}

export interface DeployedOptions {
  readonly registry: Registry
  readonly opener: Opener
  /** Checks settings; throws CONFIG_INVALID with what is wrong. */
  readonly parse: (app: Pick<StoredVersion, 'app' | 'hostname' | 'settings'>) => AppConfig
  readonly onBroken: (app: string, error: NanoError) => void
}

export class DeployedApps {
  readonly #options: DeployedOptions
  /** The version that serves, by app. */
  readonly #active = new Map<string, StoredVersion>()

  constructor(options: DeployedOptions) {
    this.#options = options
  }

  /** Serve what served last. An app that cannot be served keeps no other from it. */
  async restore(): Promise<void> {
    const { opener, onBroken, registry } = this.#options
    for (const { name, active } of await opener.ask('apps', undefined)) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await this.#serve(active, await opener.ask('stored', active))
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
  async deploy({ settings, isIdle = false, ...bytes }: NewDeploy): Promise<DeployReport> {
    const { app, hostname } = bytes
    const { opener, parse, registry } = this.#options
    const started = performance.now()
    registry.expectFree(app, hostname, 'deployed')
    const text = JSON.stringify(settings)
    parse({ app, hostname, settings: text })
    const { version, component } = await opener.ask('add', { ...bytes, settings: text })
    const before = this.#active.get(app)
    if (!isIdle && before?.number !== version.number) await this.#activate(version, component)
    return toReport({
      version,
      before,
      component,
      bytes: bytes.component.length,
      isIdle,
      ms: performance.now() - started,
    })
  }

  /** Another version serves: this one, or the one before the one that serves. */
  async rollBack(app: string, number?: number): Promise<StoredVersion> {
    const { opener } = this.#options
    const versions = await this.versions(app)
    const current = this.#active.get(app)?.number ?? 0
    const version = versions.find((each) =>
      number === undefined ? each.number < current : each.number === number,
    )
    if (version === undefined) {
      const what = number === undefined ? `no version before ${current}` : `no version ${number}`
      throw new NanoError('VERSION_UNKNOWN', `app ${app} has ${what}; see: nano-workers versions ${app}`)
    }
    if (version.number !== current) await this.#activate(version, await opener.ask('stored', version))
    return version
  }

  /** Of an app, the last one first. Rejects when it was not deployed. */
  async versions(app: string): Promise<readonly StoredVersion[]> {
    const versions = await this.#options.opener.ask('versions', app)
    if (versions.length === 0)
      throw new NanoError('APP_UNKNOWN', `there is no app "${app}" that was deployed`)
    return versions
  }

  /** The version that serves. */
  active(app: string): StoredVersion | undefined {
    return this.#active.get(app)
  }

  /** The app goes, with all its versions. */
  async remove(app: string): Promise<void> {
    const { opener, registry } = this.#options
    if (!registry.has(app)) {
      const wasThere = await opener.ask('remove', app)
      if (!wasThere) throw new NanoError('APP_UNKNOWN', `there is no app "${app}"`)
      return
    }
    await registry.remove(app, 'deployed', async () => {
      await opener.ask('remove', app)
      this.#active.delete(app)
    })
  }

  async #activate(version: StoredVersion, component: OpenComponent): Promise<void> {
    await this.#serve(version, component, async () => {
      const { app, number } = version
      await this.#options.opener.ask('activate', { app, number })
      this.#active.set(app, version)
    })
  }

  async #serve(
    version: StoredVersion,
    component: OpenComponent,
    commit?: () => Promise<void>,
  ): Promise<void> {
    const { registry, parse } = this.#options
    await registry.put(parse(version), {
      owner: 'deployed',
      version: version.number,
      component,
      ...(commit === undefined ? {} : { commit }),
    })
  }
}
