/**
 * What the WebSockets of one client may hold of an app's byte budget: half of it, so that messages which never come to their end
 * leave others room for theirs.
 */

import { ByteBudget } from '../limits/byte-budget.ts'

interface Entry {
  readonly budget: ByteBudget
  users: number
}

/** A client's, for as long as one of its connections is open. */
export interface LentBudget extends Disposable {
  readonly budget: ByteBudget
}

export class ClientBudgets {
  readonly #byApp = new WeakMap<ByteBudget, Map<string, Entry>>()

  /** `buffers`: the app's, which has so many bytes. */
  lend(client: string, buffers: ByteBudget, mostBytes: number): LentBudget {
    const byClient = this.#byApp.get(buffers) ?? new Map<string, Entry>()
    this.#byApp.set(buffers, byClient)
    const entry = byClient.get(client) ?? {
      budget: new ByteBudget(mostBytes / 2, undefined, buffers),
      users: 0,
    }
    byClient.set(client, entry)
    entry.users++
    return {
      budget: entry.budget,
      [Symbol.dispose]() {
        if (--entry.users === 0) byClient.delete(client)
      },
    }
  }
}
