/**
 * What a server that starts again has to know: up to when each expression of each app was looked after. An SQLite file in
 * the data directory, opened by the first app that has one.
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const DATABASE = 'cron.sqlite'
/** This connection's alone, for the reason in `host/storage/sqlite.ts`. */
const TABLE = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS crons (
    app TEXT NOT NULL,
    cron TEXT NOT NULL,
    zone TEXT NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (app, cron, zone)
  ) STRICT, WITHOUT ROWID;`

/** One expression of an app. */
export interface CronKey {
  readonly app: string
  readonly cron: string
  readonly timeZone: string
}

export class CronMemory implements Disposable {
  readonly #database: DatabaseSync

  /** Makes the directory if there is none. Throws when nothing can be kept there. */
  constructor(directory: string) {
    mkdirSync(directory, { recursive: true })
    this.#database = new DatabaseSync(join(directory, DATABASE))
    this.#database.exec(TABLE)
  }

  /** Up to when it was looked after, in milliseconds since 1970; undefined: it is new. */
  read({ app, cron, timeZone }: CronKey): number | undefined {
    const query = this.#database.prepare('SELECT until FROM crons WHERE app = ? AND cron = ? AND zone = ?')
    return query.get(app, cron, timeZone)?.['until'] as number | undefined
  }

  /** All of them were looked after up to these moments. */
  write(crons: readonly (CronKey & { readonly until: number })[]): void {
    const insert = this.#database.prepare('INSERT OR REPLACE INTO crons VALUES (?, ?, ?, ?)')
    this.#database.exec('BEGIN')
    for (const { app, cron, timeZone, until } of crons) insert.run(app, cron, timeZone, until)
    this.#database.exec('COMMIT')
  }

  /** The app has these alone. */
  keep(app: string, crons: readonly CronKey[]): void {
    const query = this.#database.prepare('SELECT cron, zone FROM crons WHERE app = ?')
    const remove = this.#database.prepare('DELETE FROM crons WHERE app = ? AND cron = ? AND zone = ?')
    for (const { cron, zone } of query.all(app) as { cron: string; zone: string }[]) {
      if (!crons.some((key) => key.cron === cron && key.timeZone === zone)) remove.run(app, cron, zone)
    }
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}
