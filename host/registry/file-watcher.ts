/**
 * Says when files are not what they were, however that was done: written, renamed into place, reached through a link that
 * leads elsewhere now, gone and come again. The system's events are a hint where to look; stamps decide. So a hint too
 * many costs a look, and what no event tells of (network file systems) is found by looking now and then.
 *
 *     resting  --an entry that leads to a file changed-->  settling  --quiet for a while-->  looking  -->  resting
 *
 * - resting: the directories that lead to the files are watched.
 * - settling: somebody may still be writing; each further event prolongs it, up to a bound.
 * - looking: stamps are compared. Of each change it is told once.
 *
 * Nothing here keeps the process from exiting.
 */

import { statSync, watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { basename } from 'node:path'

import { toPathEntries } from './path-entries.ts'
import type { Walks } from './path-entries.ts'
import { toStamp } from '../deploy/stamp.ts'
import type { Stamp, Stamps } from '../deploy/stamp.ts'

/** A file that is written all the time is looked at after so many times the quiet that is waited for. */
const PATIENCE = 10
/** Between two looks at everything; longer for many files. */
const LOOK_MS = 5000
const LOOK_MS_EACH = 10

export interface FileWatcherOptions {
  /** How long it is to be quiet before changes are told, in milliseconds. */
  readonly settleMs: number
  readonly onChange: () => void
}

/** A directory that is watched. */
interface Watched {
  readonly watcher: FSWatcher
  /** Tells it from another one under its name. */
  readonly ino: number
  /** Files by the entry that leads to them; `undefined`: every entry does. */
  readonly leads: Map<string | undefined, Set<string>>
}

export class FileWatcher implements Disposable {
  readonly #options: FileWatcherOptions
  /** What was seen of each file. */
  #stamps = new Map<string, Stamp>()
  #directories = new Map<string, Watched>()
  #settling: NodeJS.Timeout | undefined
  #settlesSince = 0
  #round: NodeJS.Timeout | undefined
  #isOver = false

  constructor(options: FileWatcherOptions) {
    this.#options = options
  }

  /** Watch these from now on. They have changed if they are not as the stamps say. */
  watch(stamps: Stamps): void {
    if (this.#isOver) return
    this.#stamps = new Map(stamps)
    this.#arm()
    // what changed before anybody watched
    this.#hint()
    this.#lookLater()
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    clearTimeout(this.#settling)
    clearTimeout(this.#round)
    for (const { watcher } of this.#directories.values()) watcher.close()
    this.#directories.clear()
  }

  /** Watches the directories that lead to the files now. Gives whether some of them were not watched before. */
  #arm(): boolean {
    const before = this.#directories
    this.#directories = new Map()
    const walks: Walks = new Map()
    for (const path of this.#stamps.keys()) {
      for (const { directory, name } of toPathEntries(path, walks)) {
        const watched = this.#directories.get(directory) ?? this.#open(directory, before.get(directory))
        if (watched === undefined) continue
        this.#directories.set(directory, watched)
        const led = watched.leads.get(name) ?? new Set()
        watched.leads.set(name, led.add(path))
      }
    }
    const watchers = new Set([...before.values()].map(({ watcher }) => watcher))
    const opened = [...this.#directories.values()].filter(({ watcher }) => !watchers.delete(watcher))
    for (const watcher of watchers) watcher.close()
    return opened.length > 0
  }

  /** Undefined: it cannot be watched; then it is looked at now and then. */
  #open(directory: string, before: Watched | undefined): Watched | undefined {
    try {
      const { ino } = statSync(directory)
      if (before?.ino === ino) return { ...before, leads: new Map() }
      const watcher = watch(directory, { persistent: false }, (_event, name) =>
        this.#onEvent(directory, name),
      )
      watcher.on('error', () => watcher.close())
      return { watcher, ino, leads: new Map() }
    } catch {
      return undefined
    }
  }

  /** `name`: of the entry, or of the directory itself when that has gone. */
  #onEvent(directory: string, name: string | null): void {
    const leads = this.#directories.get(directory)?.leads
    if (leads === undefined) return
    if (name === null || leads.has(name) || leads.has(undefined) || name === basename(directory)) this.#hint()
  }

  #hint(): void {
    const { settleMs } = this.#options
    if (this.#settling === undefined) this.#settlesSince = performance.now()
    else if (performance.now() - this.#settlesSince > PATIENCE * settleMs) return
    clearTimeout(this.#settling)
    this.#settling = setTimeout(() => {
      this.#settling = undefined
      void this.#look()
    }, settleMs).unref()
  }

  async #look(): Promise<void> {
    const stamps = this.#stamps
    let hasChanged = false
    for (const [path, before] of stamps) {
      // oxlint-disable-next-line no-await-in-loop -- there may be ten thousand
      const now = await toStamp(path)
      // others are to be watched now
      if (this.#isOver || stamps !== this.#stamps) return
      hasChanged ||= now !== before
      stamps.set(path, now)
    }
    // they may be reached in another way now, and may have changed before anybody watched there
    if (this.#arm()) this.#hint()
    if (hasChanged) this.#options.onChange()
  }

  #lookLater(): void {
    if (this.#isOver) return
    clearTimeout(this.#round)
    const ms = Math.max(LOOK_MS, LOOK_MS_EACH * this.#stamps.size)
    this.#round = setTimeout(() => {
      void this.#look().finally(() => this.#lookLater())
    }, ms).unref()
  }
}
