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
  /** Of apps that whoever asks may read; of the server: undefined. */
  readonly mayRead?: ((app: string | undefined) => boolean) | undefined
  /** Later ones than that with this number. */
  readonly after?: number | undefined
  /** Not older, in milliseconds since 1970. */
  readonly since?: number | undefined
}

/** An entry, and which one of the server it is: numbers grow in the order in which entries came. */
export interface NumberedEntry {
  readonly number: number
  readonly entry: LogEntry
}

/** Gets entries as they come. It is called on the main thread, and must neither block nor throw. */
export type LogListener = (entry: LogEntry, number: number) => void

/** What is held of one kind of one app. */
const MOST = { entries: 100, bytes: 64 * 1024 } as const
/** What is held of all; beyond it what the app that was silent for longest has said goes. */
const MOST_BYTES = 64 * 1024 * 1024
/** What an entry takes beside its text, about. */
const ENTRY_BYTES = 256

/** The latest of one kind. */
class Latest {
  readonly entries: NumberedEntry[] = []
  bytes = 0

  add(numbered: NumberedEntry): void {
    this.entries.push(numbered)
    this.bytes += toBytes(numbered)
    while (this.entries.length > MOST.entries || (this.bytes > MOST.bytes && this.entries.length > 1)) {
      this.bytes -= toBytes(this.entries.shift()!)
    }
  }
}

class AppLog {
  readonly urgent = new Latest()
  readonly others = new Latest()
  /** Of the last entry. */
  last = 0

  get bytes(): number {
    return this.urgent.bytes + this.others.bytes
  }
}

function toBytes({ entry }: NumberedEntry): number {
  return entry.text.length + ENTRY_BYTES
}

export class LogRing {
  /** By app; the server's own under the empty name. The one that wrote last comes last. */
  readonly #logs = new Map<string, AppLog>()
  #bytes = 0
  #last = 0
  readonly #listeners = new Map<LogListener, LogFilter>()

  add(entry: LogEntry): void {
    const { app = '' } = entry
    const log = this.#logs.get(app) ?? new AppLog()
    const before = log.bytes
    const number = ++this.#last
    const kept = isAtLeast(entry.level, 'warn') ? log.urgent : log.others
    kept.add({ number, entry })
    log.last = number
    this.#bytes += log.bytes - before
    this.#logs.delete(app)
    this.#logs.set(app, log)
    while (this.#bytes > MOST_BYTES) this.#forgetOldest()
    for (const [listener, filter] of this.#listeners) if (fits(entry, filter)) listener(entry, number)
  }

  /** The latest entries, the oldest first. */
  latest(filter: LogFilter = {}, most: number = MOST.entries): LogEntry[] {
    return this.recall(filter, most).map(({ entry }) => entry)
  }

  /** The same with their numbers. What is looked at grows with what is wanted, not with all that is held. */
  recall(filter: LogFilter, most: number): NumberedEntry[] {
    if (most === 0) return []
    let found: NumberedEntry[] = []
    let { after = 0 } = filter
    for (const log of this.#fromLast(filter.app)) {
      // this one and those that follow have only older entries
      if (log.last <= after) break
      for (const { entries } of [log.urgent, log.others]) {
        found.push(...entries.filter(({ number, entry }) => number > after && fits(entry, filter)))
      }
      // now and then, for sorting is what takes long
      if (found.length < 2 * most) continue
      found = toSorted(found).slice(-most)
      after = found[0]!.number
    }
    return toSorted(found).slice(-most)
  }

  /** Every entry from now on that fits; gives what ends that. */
  subscribe(filter: LogFilter, listener: LogListener): Disposable {
    // a function of its own, for one may listen twice
    const own: LogListener = (entry, number) => listener(entry, number)
    this.#listeners.set(own, filter)
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) }
  }

  /** The app has gone. */
  forget(app: string): void {
    this.#bytes -= this.#logs.get(app)?.bytes ?? 0
    this.#logs.delete(app)
  }

  /** The app's, or all, the one that wrote last first. */
  #fromLast(app: string | undefined): AppLog[] {
    if (app === undefined) return [...this.#logs.values()].toReversed()
    return [this.#logs.get(app)].filter((log) => log !== undefined)
  }

  #forgetOldest(): void {
    for (const oldest of this.#logs.keys()) return this.forget(oldest)
  }
}

function fits(
  { app, level, time }: LogEntry,
  { app: wanted, level: least, mayRead, since }: LogFilter,
): boolean {
  if (wanted !== undefined && wanted !== app) return false
  if (least !== undefined && !isAtLeast(level, least)) return false
  if (since !== undefined && time < since) return false
  return mayRead === undefined || mayRead(app)
}

function isAtLeast(level: LogLevel, least: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least)
}

function toSorted(entries: readonly NumberedEntry[]): NumberedEntry[] {
  return entries.toSorted((a, b) => a.number - b.number)
}
