/** KV namespaces in one SQLite database: the store that needs nothing beside the host. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'

import { GroupCommit } from '../group-commit.ts'
import type { StoreOptions } from '../store.ts'
import type { KvEntry, KvListing, KvListOptions, KvPut, KvStore } from './kv-store.ts'

/** The value stands last: who looks for the others does not read it. */
const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA busy_timeout = 5000;
  CREATE TABLE IF NOT EXISTS entry (
    namespace TEXT NOT NULL,
    key BLOB NOT NULL,
    expiration INTEGER,
    metadata TEXT,
    value BLOB NOT NULL,
    PRIMARY KEY (namespace, key)
  );
`

interface Row {
  readonly key: Uint8Array
  readonly expiration: number | null
  readonly metadata: string | null
  readonly value: Uint8Array
}

const MS_PER_SECOND = 1000

/** Behind every key: no UTF-8 begins with it. */
const LAST = new Uint8Array([0xff])

export async function openSqliteKv({ directory }: StoreOptions): Promise<KvStore> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  return new SqliteKv(new DatabaseSync(join(directory, 'kv.sqlite')))
}

class SqliteKv implements KvStore {
  readonly #database: DatabaseSync
  readonly #changes: GroupCommit
  readonly #get: StatementSync
  readonly #put: StatementSync
  readonly #delete: StatementSync
  readonly #list: StatementSync

  constructor(database: DatabaseSync) {
    this.#database = database
    database.exec(SCHEMA)
    this.#changes = new GroupCommit(database)
    const isLive = '(expiration IS NULL OR expiration > ?)'
    this.#get = database.prepare(
      `SELECT metadata, value FROM entry WHERE namespace = ? AND key = ? AND ${isLive}`,
    )
    this.#put = database.prepare('INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?)')
    this.#delete = database.prepare('DELETE FROM entry WHERE namespace = ? AND key = ?')
    this.#list = database.prepare(
      `SELECT key, expiration, metadata FROM entry WHERE namespace = ? AND key >= ? AND key > ? AND key < ? AND ${isLive} ORDER BY key LIMIT ?`,
    )
  }

  async get(namespace: string, keys: readonly Uint8Array[]): Promise<readonly (KvEntry | undefined)[]> {
    const now = toSeconds()
    return keys.map((key) => {
      const row = this.#get.get(namespace, key, now) as Row | undefined
      return row && { value: row.value, metadata: row.metadata ?? undefined }
    })
  }

  put(namespace: string, key: Uint8Array, { value, expiration, metadata }: KvPut): Promise<void> {
    return this.#changes.run(() => {
      this.#put.run(namespace, key, expiration ?? null, metadata ?? null, value)
    })
  }

  delete(namespace: string, key: Uint8Array): Promise<void> {
    return this.#changes.run(() => {
      this.#delete.run(namespace, key)
    })
  }

  async list(namespace: string, { prefix, limit, after }: KvListOptions): Promise<KvListing> {
    const begin = after ?? new Uint8Array(0)
    const rows = this.#list.all(
      namespace,
      prefix,
      begin,
      toEnd(prefix),
      toSeconds(),
      limit + 1,
    ) as unknown as Row[]
    const keys = rows.slice(0, limit).map(({ key, expiration, metadata }) => ({
      name: key,
      expiration: expiration ?? undefined,
      metadata: metadata ?? undefined,
    }))
    return { keys, next: rows.length > limit ? keys.at(-1)?.name : undefined }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#changes.flush()
    this.#database.close()
  }
}

function toSeconds(): number {
  return Math.floor(Date.now() / MS_PER_SECOND)
}

/** The first bytes behind all that begin with these: the last byte is no 0xff, for these are UTF-8. */
function toEnd(prefix: Uint8Array): Uint8Array {
  if (prefix.length === 0) return LAST
  const end = prefix.slice()
  end[end.length - 1]!++
  return end
}
