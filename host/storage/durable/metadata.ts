/** What is known of a Durable Object beside what it keeps: when its alarm is to go off. In a table that its statements do not reach. */

import type { GuardedDatabase } from '../sql/guarded-database.ts'
import { Refused } from './operation.ts'

const TABLE = '_cf_METADATA'
const SCHEMA = `CREATE TABLE IF NOT EXISTS ${TABLE} (key TEXT PRIMARY KEY, value) WITHOUT ROWID`
const PUT = `INSERT INTO ${TABLE} VALUES ('alarm', ?) ON CONFLICT DO UPDATE SET value = excluded.value`

export class Metadata {
  readonly #database: GuardedDatabase
  #isThere: boolean

  /** Of an open file. */
  constructor(database: GuardedDatabase) {
    this.#database = database
    this.#isThere = this.#find()
  }

  /** Milliseconds since 1970; undefined: none is set. */
  get alarm(): number | undefined {
    if (!this.#isThere) return undefined
    const row = this.#database.own((own) =>
      own.prepare(`SELECT value FROM ${TABLE} WHERE key = 'alarm'`).get(),
    )
    return (row as { value: number } | undefined)?.value
  }

  /** `said`: the same, or null: none is to be set. */
  setAlarm(said: unknown): void {
    if (said === null) {
      if (this.#isThere) this.#database.own((own) => own.exec(`DELETE FROM ${TABLE} WHERE key = 'alarm'`))
      return
    }
    if (!Number.isSafeInteger(said))
      throw new Refused('expected a time in milliseconds', { name: 'TypeError' })
    this.#database.own((own) => {
      if (!this.#isThere) own.exec(SCHEMA)
      own.prepare(PUT).run(said as number)
    })
    this.#isThere = true
  }

  /** Everything in it is gone, the table as well. */
  dropped(): void {
    this.#isThere = false
  }

  /** What was made since may have been undone. */
  undone(): void {
    this.#isThere = this.#find()
  }

  #find(): boolean {
    const sql = `SELECT 1 FROM sqlite_schema WHERE name = '${TABLE}'`
    return this.#database.own((own) => own.prepare(sql).get() !== undefined)
  }
}
