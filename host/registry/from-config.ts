/**
 * nano.json as a client of the registry: its apps are loaded at the start, and made what the file says later. Apps with
 * the same path share one component.
 *
 *     an app of the file:  new      --put-->  serving  --other settings, another component: put-->  serving
 *                          new      --it fails-->  refused   --the next reload: put-->  serving
 *                          serving  --it fails-->  serving: the version before, until the next reload
 *                          serving, refused  --no longer in the file-->  removed
 *
 * Holds: an app whose settings and component are as they were is not touched. What fails concerns its app alone. A registry is
 * asked once what a reference leads to, and again when its rules or keys change, or the tag is followed.
 */

import { isDeepStrictEqual } from 'node:util'

import type { AppConfig, AppDefaults, Config } from '../config/config.ts'
import { defined } from '../config/defined.ts'
import { toSecretFiles } from '../config/secrets.ts'
import { toAccess } from '../deploy/app-access.ts'
import type { OnNote, Opener } from '../deploy/opener.ts'
import type { OpenComponent } from '../deploy/opening.ts'
import { NanoError, toNanoError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import { hasSameAssets, isSame, toOwnPaths, toReadKey, withArtifact, withSecrets } from './app-inputs.ts'
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
  /** What a reference of a registry has led to. */
  readonly onPulled: (app: string, text: string) => void
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
  /** What decided what its path came to. */
  readonly readKey: string
  /** It is what the file said. */
  readonly isDone: boolean
  /** Why it is not, if that is what its path came to. */
  readonly fault: ErrorCode | undefined
}

/** What of a configuration concerns its apps. */
type Configured = Pick<Config, 'apps' | 'file' | 'defaults' | 'oci'>

/** What apps that are put together share. */
interface Round extends Pick<Configured, 'defaults' | 'file' | 'oci'> {
  readonly tell: (text: string) => void
  /** What serves, by path and access. */
  readonly served: ReadonlyMap<string, FileApp>
  readonly reads: Map<string, Promise<Read>>
}

/** How long a build process waits for the next build while apps are developed. */
const DEVELOPMENT_IDLE_MS = 3_600_000

const OF_REGISTRIES: ReadonlySet<ErrorCode> = new Set([
  'REGISTRY_DENIED',
  'REGISTRY_INVALID',
  'ARTIFACT_UNKNOWN',
])

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

  /** A registry that apps come from has not answered. */
  get isWaiting(): boolean {
    return [...this.#apps.values()].some(({ fault }) => fault === 'REGISTRY_UNREACHABLE')
  }

  /**
   * An app that is no good is put as unavailable, so that no tenant keeps the others from being served after a restart.
   * Throws when no app is left and there are no others, and for whatever is the operator's to mend; the error names the app.
   */
  async load(configured: Configured): Promise<void> {
    const { apps } = configured
    const { hasOthers = false, isDevelopment = false, onBroken, onProgress } = this.#options
    const isLone = apps.length === 1 && !hasOthers
    let done = 0
    const round = this.#toRound(configured, (text) => onProgress?.({ text, done, total: apps.length }))
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
        const isAwaited = isOfRegistry(error, configured)
        if (!isDevelopment && !isAwaited && (error.blame !== 'tenant' || isLone)) throw named
        if (error.code !== 'REGISTRY_UNREACHABLE') first ??= named
        // oxlint-disable-next-line no-await-in-loop
        await this.#refuse(app, error)
        onBroken(app.name, error)
      }
      done++
    }
    if (served === 0 && first !== undefined && !hasOthers && !isDevelopment) throw first
    await this.#nameArtifacts(apps)
  }

  /** Serve what the configuration says now. What fails is in the report, and leaves what serves as it is. */
  async reload(configured: Configured): Promise<AppsReport> {
    const { apps } = configured
    const report = {
      added: [] as string[],
      changed: [] as string[],
      removed: await this.#removeAllBut(new Set(apps.map(({ name }) => name))),
      unchanged: [] as string[],
      failed: [] as AppFailure[],
    }
    const round = this.#toRound(configured, () => {})
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
    await this.#nameArtifacts(apps)
    return report
  }

  /** What a reload with these would do. Nothing is read but the stamps of files. */
  async plan({ apps, defaults }: Pick<Config, 'apps' | 'defaults'>): Promise<AppsPlan> {
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
      const keys = known === undefined ? [] : await toChanges(known, app, defaults)
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

  #toRound({ file, defaults, oci }: Configured, tell: (text: string) => void): Round {
    const served = [...this.#apps.values()].filter(
      ({ component, isDone }) => component !== undefined && isDone,
    )
    return {
      ...defined({ file, defaults, oci }),
      tell,
      served: new Map(served.map((app) => [app.readKey, app])),
      reads: new Map(),
    }
  }

  /** What else came from registries need not be kept. */
  async #nameArtifacts(apps: readonly AppConfig[]): Promise<void> {
    const all = [...apps, ...Array.from(this.#apps.values(), ({ config }) => config)]
    const references = all.filter(({ artifact }) => artifact !== undefined).map(({ path }) => path)
    // what is kept for nobody takes room, and that is all
    await this.#options.opener.ask('name-pulled', references).catch(() => undefined)
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
    const { outcome, stamps: read } = await this.#read(app, round)
    const stamps = new Map([...read, ...(await toStamps(toSecretFiles(app.secrets ?? {})))])
    const fault = outcome instanceof NanoError ? outcome.code : undefined
    const readKey = toReadKey(app, round.oci)
    this.#apps.set(name, { ...before, readKey, stamps, isDone: false, fault })
    if (outcome instanceof NanoError) throw outcome
    const config = withSecrets(await withArtifact(app, outcome, round.defaults))
    const isServed =
      before.component !== undefined &&
      isDeepStrictEqual(before.config, config) &&
      isSame(before.component, outcome) &&
      hasSameAssets(before.component, outcome)
    if (!isServed) {
      const { artifact, wrangler } = config
      for (const text of [...(wrangler?.warnings ?? []), ...(artifact?.warnings ?? [])]) {
        this.#options.onWarning(name, text)
      }
      if (displaces !== undefined) await this.#takeOff(displaces)
      const onNote: OnNote = ({ type }) => {
        if (type === 'generating') round.tell('building the engine (once)')
        else if (type === 'building') round.tell(`building ${name} with its env`)
      }
      await this.#options.registry.put(config, { component: outcome, onNote })
    }
    // of two copies the one that serves is kept
    const component = isServed ? before.component : outcome
    this.#apps.set(name, { config, component, readKey, stamps, isDone: true, fault })
    return !isServed
  }

  /** The component as it is now. */
  #read(app: AppConfig, round: Round): Promise<Read> {
    const key = toReadKey(app, round.oci)
    const read = round.reads.get(key) ?? this.#readAnew(app, round)
    round.reads.set(key, read)
    return read
  }

  async #readAnew(app: AppConfig, { file, oci, served, tell }: Round): Promise<Read> {
    const known = served.get(toReadKey(app, oci))
    const isAsked = app.artifact?.followsTag === true
    if (!isAsked && known?.component !== undefined && (await isCurrent(known.stamps))) {
      return { outcome: known.component, stamps: known.stamps }
    }
    const { isDevelopment = false, onPulled, onWarning, opener } = this.#options
    const { name, path } = app
    const startedAt = Date.now()
    const own = await toStamps(toOwnPaths(path))
    const inputs = new Set<string>()
    const onNote: OnNote = (note) => {
      if (note.type === 'warning') onWarning(name, note.text)
      else if (note.type === 'pulled') onPulled(name, note.text)
      else if (note.type === 'inputs') for (const input of note.paths) inputs.add(input)
      else tell(`building ${name}`)
    }
    const open = async (): Promise<OpenComponent> => {
      const more = isDevelopment ? { idleMs: DEVELOPMENT_IDLE_MS, asyncStacks: true } : {}
      return await opener.component(path, { ...toAccess(app, { file, oci }), ...more }, onNote)
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
    const { stamps = new Map(), readKey = '' } = this.#apps.get(app.name) ?? {}
    const refused = { config: app, component: undefined, readKey, stamps, isDone: false }
    this.#apps.set(app.name, { ...refused, fault: code })
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
async function toChanges(
  { component, config, stamps, isDone }: FileApp,
  app: AppConfig,
  defaults: AppDefaults | undefined,
): Promise<readonly string[]> {
  const isRead = toReadKey(config) !== toReadKey(app)
  // of another artifact it is not known what it says of itself
  const next = isRead || component === undefined ? app : await withArtifact(app, component, defaults)
  const keys = toChangedSettings(config, withSecrets(next))
  return isRead || (isDone && (await isCurrent(stamps))) ? keys : [...keys, 'component']
}

/** What is wrong with one app's registry or reference is nothing that others have to wait for. */
function isOfRegistry({ code }: NanoError, { apps }: Configured): boolean {
  return code === 'REGISTRY_UNREACHABLE' || (apps.length > 1 && OF_REGISTRIES.has(code))
}
