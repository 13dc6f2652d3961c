/**
 * The latest log entries of each app, and of the server, for whoever asks what went wrong or wants to follow. Bounded for
 * each app by itself, in entries and in characters: one that says much pushes out nothing of others. Errors and warnings
 * have a place of their own, so that a busy app's requests do not push them out.
 */

import { LOG_LEVELS } from './entry.ts'
import type { LogEntry, LogLevel } from './entry.ts'

/** Which entries are wanted. */
export interface LogFilter {
  /** Of this app; undefined: of all, and the server's. */
  readonly app?: string | undefined
  /** This urgent or more; undefined: all. */
  readonly level?: LogLevel | undefined
}

/** Gets entries as they come. It is called on the main thread, and must neither block nor throw. */
export type LogListener = (entry: LogEntry) => void

/** What the log of one app holds. */
const MOST = { entries: 100, chars: 64 * 1024 } as const
/** Apps with a log; the one that was silent for longest goes. */
const MOST_APPS = 20_000

/** The latest of one kind. */
class Latest {
  readonly entries: LogEntry[] = []
  #chars = 0

  add(entry: LogEntry): void {
    this.entries.push(entry)
    this.#chars += entry.text.length
    while (this.entries.length > MOST.entries || (this.#chars > MOST.chars && this.entries.length > 1)) {
      this.#chars -= this.entries.shift()!.text.length
    }
  }
}

interface AppLog {
  readonly urgent: Latest
  readonly others: Latest
}

export class LogRing {
  /** By app; the server's own under the empty name. The one that wrote last comes last. */
  readonly #logs = new Map<string, AppLog>()
  readonly #listeners = new Map<LogListener, LogFilter>()

  add(entry: LogEntry): void {
    const { app = '' } = entry
    const log = this.#logs.get(app) ?? { urgent: new Latest(), others: new Latest() }
    const kept = isAtLeast(entry.level, 'warn') ? log.urgent : log.others
    kept.add(entry)
    this.#logs.delete(app)
    this.#logs.set(app, log)
    if (this.#logs.size > MOST_APPS) for (const [oldest] of this.#logs) return void this.#logs.delete(oldest)
    for (const [listener, filter] of this.#listeners) if (fits(entry, filter)) listener(entry)
  }

  /** The latest entries, the oldest first. */
  latest(filter: LogFilter = {}, most: number = MOST.entries): LogEntry[] {
    const logs =
      filter.app === undefined ? [...this.#logs.values()] : [this.#logs.get(filter.app)].filter(isThere)
    return logs
      .flatMap(({ urgent, others }) => [...urgent.entries, ...others.entries])
      .filter((entry) => fits(entry, filter))
      .toSorted((a, b) => a.time - b.time)
      .slice(-most)
  }

  /** Every entry from now on that fits; gives what ends that. */
  subscribe(filter: LogFilter, listener: LogListener): Disposable {
    // a function of its own, for one may listen twice
    const own: LogListener = (entry) => listener(entry)
    this.#listeners.set(own, filter)
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) }
  }

  /** The app has gone. */
  forget(app: string): void {
    this.#logs.delete(app)
  }
}

function fits({ app, level }: LogEntry, filter: LogFilter): boolean {
  if (filter.app !== undefined && filter.app !== app) return false
  return filter.level === undefined || isAtLeast(level, filter.level)
}

function isAtLeast(level: LogLevel, least: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least)
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined
}
