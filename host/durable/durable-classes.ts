/** Which app has the data of a class of Durable Objects, by what that is called: for who is woken by nobody's call. */

import { DURABLE, ownClasses } from '../config/class-data.ts'
import type { Callee, Env } from '../config/env.ts'

export class DurableClasses {
  readonly #byKey = new Map<string, Callee>()
  readonly #keys = new Map<string, readonly string[]>()

  /** Classes that are known. */
  get size(): number {
    return this.#byKey.size
  }

  /** The app has these bindings from now on; undefined: it is gone. Whether there is a class among them, of whomever. */
  set(app: string, env: Env = {}): boolean {
    for (const key of this.#keys.get(app) ?? []) this.#byKey.delete(key)
    const own = ownClasses(app, env)
    if (own.length === 0) this.#keys.delete(app)
    else
      this.#keys.set(
        app,
        own.map(({ key }) => key),
      )
    for (const { key, callee } of own) this.#byKey.set(key, callee!)
    return Object.values(env).some((member) => member.type === 'binding' && member.kind === DURABLE)
  }

  find(key: string): Callee | undefined {
    return this.#byKey.get(key)
  }
}
