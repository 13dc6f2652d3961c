/**
 * Changes of an SQLite database, many in one transaction: a disk takes as long for one as for hundreds. A change is made, and
 * told to be made, when its transaction is on the disk.
 *
 *     change, change, change  >  BEGIN ... COMMIT  >  all of them resolve
 *                                    [one of them throws: it alone is undone]   [COMMIT throws: all are undone]
 */

import type { DatabaseSync } from 'node:sqlite'

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

  /** Resolves when what `make` did is on the disk. It runs later, and is synchronous. */
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
      this.#commit(this.#waiting.splice(0, MOST_CHANGES))
      if (this.#waiting.length > 0) this.#ask()
    })
  }

  #commit(changes: readonly Change[]): void {
    const made: Change[] = []
    const database = this.#database
    try {
      if (changes.length > 0) database.exec('BEGIN IMMEDIATE')
      for (const change of changes) if (this.#make(change)) made.push(change)
      if (changes.length > 0) database.exec('COMMIT')
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      for (const { done } of changes) done.reject(error)
      return
    }
    for (const { done } of made) done.resolve()
  }

  #make({ make, done }: Change): boolean {
    const database = this.#database
    database.exec('SAVEPOINT change')
    try {
      make()
      database.exec('RELEASE change')
      return true
    } catch (error) {
      // a full disk has ended the whole transaction
      if (!database.isTransaction) throw error
      database.exec('ROLLBACK TO change')
      database.exec('RELEASE change')
      done.reject(error)
      return false
    }
  }
}
