/**
 * Where all entries of the log come together in the main thread, and from where they go on: to the server's own log, to the
 * latest of each app, and to the drain of the app that they are about.
 */

import type { LogDrain } from '../config/config.ts'
import { openTarget } from './drain-target.ts'
import { Drain } from './drain.ts'
import { toLogEntry } from './entry.ts'
import type { LogEntry } from './entry.ts'
import { LogRing } from './ring.ts'

interface AppDrain {
  /** What it was opened with. */
  readonly key: string
  readonly drain: Drain
}

/** How long drains may take to send what waits when the server stops. */
const CLOSE_MS = 3000

export class LogHub {
  readonly ring = new LogRing()
  readonly #out: (entry: LogEntry) => void
  /** By app. */
  readonly #drains = new Map<string, AppDrain>()
  /** Those that were closed and still send. */
  readonly #closing = new Set<Promise<void>>()

  constructor(out: (entry: LogEntry) => void) {
    this.#out = out
  }

  write(entry: LogEntry): void {
    this.#out(entry)
    this.ring.add(entry)
    if (entry.app !== undefined && this.#drains.size > 0) this.#drains.get(entry.app)?.drain.write(entry)
  }

  /** From now on the app's entries go there as well; undefined: nowhere else. */
  setDrain(app: string, to: LogDrain | undefined): void {
    const before = this.#drains.get(app)
    const key = JSON.stringify(to)
    if (before?.key === key) return
    this.#drains.delete(app)
    if (before !== undefined) this.#close(before.drain)
    if (to === undefined) return
    const drain = new Drain(openTarget(to, app), { onTrouble: (text) => this.#onTrouble(app, to, text) })
    this.#drains.set(app, { key, drain })
  }

  /** The app has gone. */
  forget(app: string): void {
    this.setDrain(app, undefined)
    this.ring.forget(app)
  }

  /** Resolves when the drains have sent what waits, or time is up. */
  async close(): Promise<void> {
    for (const { drain } of this.#drains.values()) this.#close(drain)
    this.#drains.clear()
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, CLOSE_MS)
    await Promise.race([Promise.all(this.#closing), late])
    clearTimeout(timer)
  }

  #close(drain: Drain): void {
    const closed = drain.close()
    this.#closing.add(closed)
    void closed.then(() => this.#closing.delete(closed))
  }

  /** Not for the drain itself, which would be asked to take it. */
  #onTrouble(app: string, to: LogDrain, text: string): void {
    const where = to.type === 'file' ? to.path : new URL(to.url).origin
    const entry = toLogEntry({ level: 'warn', app, text: `log_drain ${where}: ${text}` })
    this.#out(entry)
    this.ring.add(entry)
  }
}
