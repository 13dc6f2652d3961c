/**
 * The latest log entries of each app, and of the server, for whoever asks what went wrong or wants to follow. Bounded for
 * each app by itself, so that one that says much pushes out nothing of others, and for all together. Errors and warnings
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

/** What is held of one kind of one app. */
const MOST = { entries: 100, bytes: 64 * 1024 } as const
/** What is held of all; beyond it what the app that was silent for longest has said goes. */
const MOST_BYTES = 64 * 1024 * 1024
/** What an entry takes beside its text, about. */
const ENTRY_BYTES = 256

/** The latest of one kind. */
class Latest {
  readonly entries: LogEntry[] = []
  bytes = 0

  add(entry: LogEntry): void {
    this.entries.push(entry)
    this.bytes += toBytes(entry)
    while (this.entries.length > MOST.entries || (this.bytes > MOST.bytes && this.entries.length > 1)) {
      this.bytes -= toBytes(this.entries.shift()!)
    }
  }
}

class AppLog {
  readonly urgent = new Latest()
  readonly others = new Latest()

  get bytes(): number {
    return this.urgent.bytes + this.others.bytes
  }
}

function toBytes({ text }: LogEntry): number {
  return text.length + ENTRY_BYTES
}

export class LogRing {
  /** By app; the server's own under the empty name. The one that wrote last comes last. */
  readonly #logs = new Map<string, AppLog>()
  #bytes = 0
  readonly #listeners = new Map<LogListener, LogFilter>()

  add(entry: LogEntry): void {
    const { app = '' } = entry
    const log = this.#logs.get(app) ?? new AppLog()
    const before = log.bytes
    const kept = isAtLeast(entry.level, 'warn') ? log.urgent : log.others
    kept.add(entry)
    this.#bytes += log.bytes - before
    this.#logs.delete(app)
    this.#logs.set(app, log)
    while (this.#bytes > MOST_BYTES) this.#forgetOldest()
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
    this.#bytes -= this.#logs.get(app)?.bytes ?? 0
    this.#logs.delete(app)
  }

  #forgetOldest(): void {
    for (const oldest of this.#logs.keys()) return this.forget(oldest)
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
