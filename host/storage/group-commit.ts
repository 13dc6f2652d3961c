/**
 * Changes of an SQLite database, many in one transaction: a disk takes as long for one as for hundreds. A change is told to be
 * made when its transaction is on the disk.
 *
 *     change, change, change  >  BEGIN ... COMMIT  >  all of them resolve
 *                                    [one of them throws: it alone is undone]   [COMMIT fails: all are undone]
 */

import type { DatabaseSync } from 'node:sqlite'

import { toStorageError } from './sqlite.ts'

interface Change {
  readonly make: () => void
  readonly done: PromiseWithResolvers<void>
}

/** The most in one transaction: who waits for the first should not have to wait for thousands. */
const MOST_CHANGES = 500

export class GroupCommit {
  readonly #database: DatabaseSync
  readonly #waiting: Change[] = []
  #isAsked = false

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** Resolves when what `make` did is on the disk. It runs later, and is synchronous; what it throws comes back. */
  run(make: () => void): Promise<void> {
    const done = Promise.withResolvers<void>()
    this.#waiting.push({ make, done })
    this.#ask()
    return done.promise
  }

  /** Everything that waits, at once. */
  flush(): void {
    while (this.#waiting.length > 0) this.#commit(this.#waiting.splice(0, MOST_CHANGES))
  }

  /** What else has come goes into the same transaction. */
  #ask(): void {
    if (this.#isAsked) return
    this.#isAsked = true
    setImmediate(() => {
      this.#isAsked = false
      if (this.#waiting.length === 0) return
      this.#commit(this.#waiting.splice(0, MOST_CHANGES))
      if (this.#waiting.length > 0) this.#ask()
    })
  }

  #commit(changes: readonly Change[]): void {
    const database = this.#database
    const refused = new Map<Change, unknown>()
    try {
      database.exec('BEGIN IMMEDIATE')
      for (const change of changes) this.#make(change, refused)
      database.exec('COMMIT')
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      const failure = toStorageError(error)
      for (const { done } of changes) done.reject(failure)
      return
    }
    for (const change of changes) {
      if (refused.has(change)) change.done.reject(refused.get(change))
      else change.done.resolve()
    }
  }

  #make(change: Change, refused: Map<Change, unknown>): void {
    const database = this.#database
    database.exec('SAVEPOINT change')
    try {
      change.make()
    } catch (error) {
      // some failures end the whole transaction
      if (!database.isTransaction) throw error
      database.exec('ROLLBACK TO change')
      refused.set(change, toStorageError(error))
    }
    database.exec('RELEASE change')
  }
}
