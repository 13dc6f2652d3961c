/**
 * Data of classes of Durable Objects that their app has deleted. It lives in the main thread, and follows what is served.
 *
 *     named  --no version has the class, no object of it is in memory-->  erased: files and alarms
 *            <--not named by what serves: rolled back--
 *
 * What cannot be erased for the moment is tried again.
 */

import { DURABLE } from '../config/class-data.ts'
import type { Env } from '../config/env.ts'

export interface DeletedDataOptions {
  /** Whether somebody may still have it. */
  readonly isReached: (key: string) => boolean
  /** For good; rejects when the storage is not there. */
  readonly erase: (env: Env) => Promise<void>
  readonly log: (entry: { level: 'info'; app: string; text: string }) => void
}

const LOOK_MS = 1000

export class DeletedData implements Disposable {
  readonly #options: DeletedDataOptions
  /** By app. */
  readonly #named = new Map<string, ReadonlySet<string>>()
  readonly #erased = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #isStarted = false

  constructor(options: DeletedDataOptions) {
    this.#options = options
  }

  /** The app has deleted these; none: it is gone. */
  set(app: string, keys: readonly string[] = []): void {
    for (const key of this.#named.get(app) ?? []) if (!keys.includes(key)) this.#erased.delete(key)
    if (keys.length === 0) this.#named.delete(app)
    else this.#named.set(app, new Set(keys))
    this.#arm()
  }

  /** What is served can be asked about from now on. */
  start(): void {
    this.#isStarted = true
    this.#arm()
  }

  [Symbol.dispose](): void {
    this.#isStarted = false
    clearTimeout(this.#timer)
  }

  #arm(): void {
    if (!this.#isStarted || this.#timer !== undefined || this.#next() === undefined) return
    this.#timer = setTimeout(() => void this.#look(), LOOK_MS).unref()
  }

  async #look(): Promise<void> {
    const { isReached, erase, log } = this.#options
    const { app, keys } = this.#next((key) => !isReached(key)) ?? { app: '', keys: [] }
    try {
      await erase(Object.fromEntries(keys.map((key) => [key, toMember(key)])))
      for (const key of keys) if (this.#named.get(app)?.has(key) === true) this.#erased.add(key)
      const text = `migrations delete classes of Durable Objects: what they have stored is gone (${keys.join(', ')})`
      if (keys.length > 0) log({ level: 'info', app, text })
    } catch {
      // it is tried again
    }
    this.#timer = undefined
    this.#arm()
  }

  /** What an app has to have erased. */
  #next(isRipe: (key: string) => boolean = () => true): { app: string; keys: string[] } | undefined {
    for (const [app, named] of this.#named) {
      const keys = [...named].filter((key) => !this.#erased.has(key) && isRipe(key))
      if (keys.length > 0) return { app, keys }
    }
    return undefined
  }
}

function toMember(key: string): Env[string] {
  return { type: 'binding', kind: DURABLE, settings: '{}', resource: { kind: DURABLE, key } }
}
