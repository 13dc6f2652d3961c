/**
 * A configuration that is read again while it serves: when somebody asks, and when the file, or what its apps are made of,
 * has changed.
 *
 *     resting  --reload-->  reading  --it is no good: told, what serves stays-->  resting
 *                                    --its settings hold; its apps: put, removed, left alone-->  resting
 *
 * Reloads come one after the other, each with what the file says when its turn comes. While a registry that apps come from
 * does not answer, there is one now and then.
 */

import type { Config } from '../config/config.ts'
import { toNanoError } from '../errors.ts'
import { FileWatcher } from './file-watcher.ts'
import type { FileApps } from './from-config.ts'
import type { Plan } from './plan.ts'
import { toChangedKeys, toReloadText } from './reload-report.ts'
import type { AppsReport, ReloadReport } from './reload-report.ts'
import { toStamps } from '../deploy/stamp.ts'
import type { Stamps } from '../deploy/stamp.ts'

/** What is said of a reload. */
interface Entry {
  readonly level: 'info' | 'warn' | 'error'
  readonly app?: string
  readonly text: string
}

/** Until a registry that did not answer is asked again: the first time, and at the most. */
const AGAIN_MS = [30_000, 600_000] as const

export interface LiveConfigOptions {
  /** What serves. */
  readonly config: Config
  readonly apps: FileApps
  /**
   * From now on this holds, but for its apps. Gives what became of apps that are not of the file; rejects when nothing has
   * changed.
   */
  readonly apply: (now: Config) => Promise<Pick<AppsReport, 'changed' | 'failed'>>
  /** Read it again, or what stands in place of the file. Rejects with CONFIG_INVALID. */
  readonly reread: (text?: string) => Promise<Config>
  readonly log: (entry: Entry) => void
}

export class LiveConfig implements AsyncDisposable {
  readonly #options: LiveConfigOptions
  /** What was read last. */
  #current: Config
  #stamps: Stamps = new Map()
  #watcher: FileWatcher | undefined
  #last: Promise<unknown> = Promise.resolve()
  #isOver = false
  #again: NodeJS.Timeout | undefined
  #againMs: number = AGAIN_MS[0]

  constructor(options: LiveConfigOptions) {
    this.#options = options
    this.#current = options.config
  }

  /** Serve the apps. */
  async load(): Promise<void> {
    this.#stamps = await this.#toStamps(this.#current)
    await this.#options.apps.load(this.#options.config)
    this.#askAgain()
  }

  /** Reload when something changes and then nothing does for a while, in milliseconds. */
  watch(settleMs: number): void {
    const onChange = (): void => void this.reload().catch(() => undefined)
    this.#watcher = new FileWatcher({ settleMs, onChange })
    this.#watchAll()
  }

  /** Serve what the file says now. Rejects when it says nothing that can be served; then nothing has changed. */
  reload(): Promise<ReloadReport> {
    const done = this.#last.then(() => this.#reload())
    this.#last = done.catch(() => undefined)
    return done
  }

  /** What a reload would change, with this text in place of the file. Rejects with CONFIG_INVALID. */
  async plan(text?: string): Promise<Plan> {
    const { apps, config, reread } = this.#options
    const now = await reread(text)
    const { applied } = toChangedKeys(this.#current, now)
    const { needsRestart } = toChangedKeys(config, now)
    return { ...(await apps.plan(now)), applied, needsRestart }
  }

  /** Nothing is reloaded any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    clearTimeout(this.#again)
    this.#watcher?.[Symbol.dispose]()
    await this.#last
  }

  async #reload(): Promise<ReloadReport> {
    const { apply, apps, config, log, reread } = this.#options
    try {
      // of what is read next, or of what was there before
      this.#stamps = await this.#toStamps(this.#current)
      const now = await reread()
      this.#stamps = new Map([...(await this.#toStamps(now)), ...this.#stamps])
      const others = await apply(now)
      const own = await apps.reload(now)
      const { applied } = toChangedKeys(this.#current, now)
      this.#current = now
      const report = {
        ...own,
        changed: [...own.changed, ...others.changed],
        failed: [...own.failed, ...others.failed],
        applied,
        needsRestart: toChangedKeys(config, now).needsRestart,
      }
      this.#tell(report)
      return report
    } catch (thrown) {
      const { code, message } = toNanoError(thrown)
      log({ level: 'error', text: `not reloaded, what serves stays as it is: ${code}: ${message}` })
      throw thrown
    } finally {
      this.#watchAll()
      this.#askAgain()
    }
  }

  /** Registries are not there at times. */
  #askAgain(): void {
    clearTimeout(this.#again)
    if (this.#isOver) return
    if (!this.#options.apps.isWaiting) {
      this.#againMs = AGAIN_MS[0]
      return
    }
    this.#again = setTimeout(() => void this.reload().catch(() => undefined), this.#againMs).unref()
    this.#againMs = Math.min(2 * this.#againMs, AGAIN_MS[1])
  }

  #tell(report: ReloadReport): void {
    const { log } = this.#options
    for (const { app, code, reason } of report.failed)
      log({ level: 'error', app, text: `${code}: ${reason}` })
    log({ level: 'info', text: `reloaded: ${toReloadText(report)}` })
    if (report.needsRestart.length === 0) return
    log({ level: 'warn', text: `changed, and holds from the next start: ${report.needsRestart.join(', ')}` })
  }

  #watchAll(): void {
    if (!this.#isOver) this.#watcher?.watch(new Map([...this.#options.apps.stamps, ...this.#stamps]))
  }

  #toStamps(config: Config): Promise<Stamps> {
    const files = config.apps.flatMap(({ wrangler }) => wrangler?.files ?? [])
    return toStamps([config.file ?? [], toTokensFile(config) ?? [], files].flat())
  }
}

function toTokensFile({ admin }: Config): string | undefined {
  return admin ? admin.tokensFile : undefined
}
