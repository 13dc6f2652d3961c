/**
 * nano.json as a client of the registry: its apps are loaded at the start, and made what the file says later. Apps with
 * the same path share one component.
 *
 *     an app of the file:  new      --put-->  serving  --other settings, another component: put-->  serving
 *                          new      --it fails-->  refused   --the next reload: put-->  serving
 *                          serving  --it fails-->  serving: the version before, until the next reload
 *                          serving, refused  --no longer in the file-->  removed
 *
 * Holds: an app whose settings and component are as they were is not touched. What fails concerns its app alone.
 */

import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

import { NO_PATH } from '../config/config.ts'
import type { AppConfig, Config } from '../config/config.ts'
import { readSecrets, toSecretFiles } from '../config/secrets.ts'
import { toAccess } from '../deploy/app-access.ts'
import { isComponent } from '../deploy/open-component.ts'
import type { OnNote, Opener } from '../deploy/opener.ts'
import type { OpenComponent } from '../deploy/opening.ts'
import { NanoError, toNanoError } from '../errors.ts'
import { toChangedSettings } from './plan.ts'
import type { AppChange, AppRefusal, AppsPlan } from './plan.ts'
import { toPuttableOrder } from './puttable-order.ts'
import type { PutStep } from './puttable-order.ts'
import type { Registry } from './registry.ts'
import type { AppFailure, AppsReport } from './reload-report.ts'
import { isCurrent, toStamps } from '../deploy/stamp.ts'
import type { Stamps } from '../deploy/stamp.ts'

/** A step that takes seconds. `done` of `total` apps lie behind. */
export interface LoadStep {
  readonly text: string
  readonly done: number
  readonly total: number
}

export interface FileAppsOptions {
  readonly registry: Registry
  readonly opener: Opener
  /** There are apps of others: without one of its own, the configuration is as good. */
  readonly hasOthers?: boolean
  /** An app that fails tells whoever asks for it why, in place of the version before. */
  readonly isDevelopment?: boolean | undefined
  readonly onProgress?: ((step: LoadStep) => void) | undefined
  /** The app cannot be served, on its own account; the others can. */
  readonly onBroken: (app: string, error: NanoError) => void
  /** Something is missing without which the app can be served. */
  readonly onWarning: (app: string, text: string) => void
}

/** What a path came to, and what that was made of. */
interface Read {
  readonly outcome: OpenComponent | NanoError
  readonly stamps: Stamps
}

/** What is known of one app. */
interface FileApp {
  /** What serves, or would. */
  readonly config: AppConfig
  /** Undefined: nothing serves. */
  readonly component: OpenComponent | undefined
  readonly stamps: Stamps
  /** It is what the file said. */
  readonly isDone: boolean
}

/** What apps that are put together share. */
interface Round {
  readonly file: string | undefined
  readonly tell: (text: string) => void
  /** What serves, by path and access. */
  readonly served: ReadonlyMap<string, FileApp>
  readonly reads: Map<string, Promise<Read>>
}

/** How long a build process waits for the next build while apps are developed. */
const DEVELOPMENT_IDLE_MS = 3_600_000

export class FileApps {
  readonly #options: FileAppsOptions
  readonly #apps = new Map<string, FileApp>()

  constructor(options: FileAppsOptions) {
    this.#options = options
  }

  /** What the apps were made of. */
  get stamps(): Stamps {
    return new Map([...this.#apps.values()].flatMap(({ stamps }) => [...stamps]))
  }

  /**
   * An app that is no good is put as unavailable, so that no tenant keeps the others from being served after a restart.
   * Throws when no app is left and there are no others, and for whatever is the operator's to mend; the error names the app.
   */
  async load({ apps, file }: Pick<Config, 'apps' | 'file'>): Promise<void> {
    const { hasOthers = false, isDevelopment = false, onBroken, onProgress } = this.#options
    const isLone = apps.length === 1 && !hasOthers
    let done = 0
    const round = this.#toRound(file, (text) => onProgress?.({ text, done, total: apps.length }))
    let served = 0
    let first: NanoError | undefined
    for (const app of apps) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one after the other, so that progress can be told
        await this.#put({ app, displaces: undefined }, round)
        served++
      } catch (thrown) {
        const error = toNanoError(thrown)
        const named = new NanoError(error.code, `app ${app.name}: ${error.message}`, { cause: thrown })
        if (!isDevelopment && (error.blame !== 'tenant' || isLone)) throw named
        first ??= named
        // oxlint-disable-next-line no-await-in-loop
        await this.#refuse(app, error)
        onBroken(app.name, error)
      }
      done++
    }
    if (served === 0 && first !== undefined && !hasOthers && !isDevelopment) throw first
  }

  /** Serve what the configuration says now. What fails is in the report, and leaves what serves as it is. */
  async reload({ apps, file }: Pick<Config, 'apps' | 'file'>): Promise<AppsReport> {
    const report = {
      added: [] as string[],
      changed: [] as string[],
      removed: await this.#removeAllBut(new Set(apps.map(({ name }) => name))),
      unchanged: [] as string[],
      failed: [] as AppFailure[],
    }
    const round = this.#toRound(file, () => {})
    for (const step of toPuttableOrder(apps, (name) => this.#apps.get(name)?.config.hostname)) {
      const { name } = step.app
      const isNew = !this.#apps.has(name)
      try {
        // oxlint-disable-next-line no-await-in-loop -- a host name is given up before it is taken
        const isPut = await this.#put(step, round)
        report[isPut ? (isNew ? 'added' : 'changed') : 'unchanged'].push(name)
      } catch (thrown) {
        const error = toNanoError(thrown)
        report.failed.push({ app: name, code: error.code, reason: error.message })
        // oxlint-disable-next-line no-await-in-loop
        await this.#keepServing(step.app, error)
      }
    }
    return report
  }

  /** What a reload with these would do. Nothing is read but the stamps of files. */
  async plan({ apps }: Pick<Config, 'apps'>): Promise<AppsPlan> {
    const names = new Set(apps.map(({ name }) => name))
    const plan = {
      added: [] as string[],
      changed: [] as AppChange[],
      removed: [...this.#apps.keys()].filter((name) => !names.has(name)),
      unchanged: [] as string[],
      refused: [] as AppRefusal[],
    }
    for (const app of apps) {
      const { name } = app
      const reason = this.#toRefusal(app)
      const known = this.#apps.get(name)
      // oxlint-disable-next-line no-await-in-loop -- there may be ten thousand
      const keys = known === undefined ? [] : await toChanges(known, app)
      if (reason !== undefined) plan.refused.push({ app: name, reason })
      else if (known === undefined) plan.added.push(name)
      else if (keys.length > 0) plan.changed.push({ app: name, keys })
      else plan.unchanged.push(name)
    }
    return plan
  }

  /** Why the app could not be served, whatever becomes of the others of the file. */
  #toRefusal({ name, hostname }: AppConfig): string | undefined {
    const conflict = this.#options.registry.findConflict(name, hostname, 'file')
    return conflict?.owner === 'deployed' ? conflict.text : undefined
  }

  #toRound(file: string | undefined, tell: (text: string) => void): Round {
    const served = [...this.#apps.values()].filter(
      ({ component, isDone }) => component !== undefined && isDone,
    )
    return {
      file,
      tell,
      served: new Map(served.map((app) => [toReadKey(app.config), app])),
      reads: new Map(),
    }
  }

  async #removeAllBut(names: ReadonlySet<string>): Promise<string[]> {
    const { registry } = this.#options
    const gone = [...this.#apps.keys()].filter((name) => !names.has(name))
    for (const name of gone) {
      // oxlint-disable-next-line no-await-in-loop -- in order, as all that is done here
      if (registry.ownerOf(name) === 'file') await registry.remove(name, 'file')
      this.#apps.delete(name)
    }
    return gone
  }

  /** Serve the app. Gives false when that is what serves already. */
  async #put({ app, displaces }: PutStep, round: Round): Promise<boolean> {
    const { name } = app
    const before = this.#apps.get(name) ?? { config: app, component: undefined }
    const config = withSecrets(app)
    const { outcome, stamps: read } = await this.#read(app, round)
    const stamps = new Map([...read, ...(await toStamps(toSecretFiles(app.secrets ?? {})))])
    this.#apps.set(name, { ...before, stamps, isDone: false })
    if (outcome instanceof NanoError) throw outcome
    const isServed =
      before.component !== undefined &&
      isDeepStrictEqual(before.config, config) &&
      isSame(before.component, outcome) &&
      hasSameAssets(before.component, outcome)
    if (!isServed) {
      for (const text of app.wrangler?.warnings ?? []) this.#options.onWarning(name, text)
      if (displaces !== undefined) await this.#takeOff(displaces)
      const onNote: OnNote = ({ type }) => {
        if (type === 'generating') round.tell('building the engine (once)')
        else if (type === 'building') round.tell(`building ${name} with its env`)
      }
      await this.#options.registry.put(config, { component: outcome, onNote })
    }
    // of two copies the one that serves is kept
    const component = isServed ? before.component : outcome
    this.#apps.set(name, { config, component, stamps, isDone: true })
    return !isServed
  }

  /** The component as it is now. */
  #read(app: AppConfig, round: Round): Promise<Read> {
    const key = toReadKey(app)
    const read = round.reads.get(key) ?? this.#readAnew(app, round)
    round.reads.set(key, read)
    return read
  }

  async #readAnew(app: AppConfig, { file, served, tell }: Round): Promise<Read> {
    const known = served.get(toReadKey(app))
    if (known?.component !== undefined && (await isCurrent(known.stamps))) {
      return { outcome: known.component, stamps: known.stamps }
    }
    const { isDevelopment = false, onWarning, opener } = this.#options
    const { name, path } = app
    const startedAt = Date.now()
    const own = await toStamps(toOwnPaths(path))
    const inputs = new Set<string>()
    const onNote: OnNote = (note) => {
      if (note.type === 'warning') onWarning(name, note.text)
      else if (note.type === 'inputs') for (const input of note.paths) inputs.add(input)
      else tell(`building ${name}`)
    }
    const open = async (): Promise<OpenComponent> => {
      const more = isDevelopment ? { idleMs: DEVELOPMENT_IDLE_MS, asyncStacks: true } : {}
      return await opener.component(path, { ...toAccess(app, file), ...more }, onNote)
    }
    const outcome = await open().catch(toNanoError)
    return { outcome, stamps: new Map([...(await toStamps(inputs, startedAt)), ...own]) }
  }

  /** The app is not what the file says: what serves stays, and where nothing does its requests are refused. */
  async #keepServing(app: AppConfig, error: NanoError): Promise<void> {
    const { isDevelopment = false } = this.#options
    const isServed = this.#apps.get(app.name)?.component !== undefined
    if (error.code === 'APP_CONFLICT' || (isServed && !isDevelopment)) return
    // its name or host name may be somebody else's, too: what failed first is told
    await this.#refuse(app, error).catch(() => undefined)
  }

  async #refuse(app: AppConfig, { code, message }: NanoError): Promise<void> {
    const notice = this.#options.isDevelopment === true ? `${code}\n\n${message}\n` : undefined
    await this.#options.registry.putUnavailable(app, 'file', notice)
    const stamps = this.#apps.get(app.name)?.stamps ?? new Map()
    this.#apps.set(app.name, { config: app, component: undefined, stamps, isDone: false })
  }

  /** Host names go round: this app gives its own up before it gets another one. */
  async #takeOff(name: string): Promise<void> {
    const app = this.#apps.get(name)
    if (app === undefined) return
    await this.#options.registry.remove(name, 'file')
    this.#apps.set(name, { ...app, component: undefined, isDone: false })
  }
}

/** What of the app is not as it is; `component` when that may be so. */
async function toChanges({ config, stamps, isDone }: FileApp, app: AppConfig): Promise<readonly string[]> {
  const keys = toChangedSettings(config, withSecrets(app))
  const isRead = toReadKey(config) !== toReadKey(app)
  return isRead || (isDone && (await isCurrent(stamps))) ? keys : [...keys, 'component']
}

function toOwnPaths(path: string): readonly string[] {
  if (path === NO_PATH) return []
  return isComponent(path) ? [path, `${path}.map`] : [path, join(path, 'package.json')]
}

function isSame(a: OpenComponent, b: OpenComponent): boolean {
  // stand-ins are all the same
  return a.image.id === b.image.id && a.reads?.component === b.reads?.component
}

function hasSameAssets({ assets: a }: OpenComponent, { assets: b }: OpenComponent): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.from(a.buffer).equals(Buffer.from(b.buffer))
}

/** What decides what a path comes to. */
function toReadKey({ path, allowRead = [], assets, wrangler }: AppConfig): string {
  const { environment, fault, assetsWithin } = wrangler ?? {}
  return JSON.stringify([path, allowRead, assets?.directory, environment, fault, assetsWithin])
}

/** With what its secrets are now. Throws CONFIG_INVALID. */
function withSecrets(app: AppConfig): AppConfig {
  return app.secrets === undefined ? app : { ...app, env: { ...app.env, ...readSecrets(app.secrets) } }
}
