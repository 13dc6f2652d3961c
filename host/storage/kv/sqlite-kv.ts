/**
 * KV namespaces in one SQLite database: the store that needs nothing beside the host. Reads see what is committed; writes are
 * committed many at a time. What has expired is not seen any more, and is taken away later.
 */

import { join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'

import { GroupCommit } from '../group-commit.ts'
import { guard, openDatabase } from '../sqlite.ts'
import type { StoreOptions } from '../store.ts'
import { toEnd } from '../key-range.ts'
import { toCost, toTooMuch } from './kv-store.ts'
import type { KvEntry, KvListing, KvListOptions, KvPut, KvStore } from './kv-store.ts'

/** The value stands last: who looks for what stands before it does not read it. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS namespace (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS entry (
    namespace INTEGER NOT NULL,
    key BLOB NOT NULL,
    bytes INTEGER NOT NULL,
    expiration INTEGER,
    metadata TEXT,
    value BLOB NOT NULL,
    PRIMARY KEY (namespace, key)
  );
  CREATE INDEX IF NOT EXISTS entry_expiration ON entry (expiration) WHERE expiration IS NOT NULL;
`

interface Row {
  readonly key: Uint8Array
  readonly expiration: number | null
  readonly metadata: string | null
  readonly value: Uint8Array
}

const MS_PER_SECOND = 1000
const SWEEP_MS = 10_000
/** The most that is taken away at once: others wait meanwhile. */
const MOST_SWEPT = 500

const NOTHING = new Uint8Array(0)
const IS_LIVE = '(expiration IS NULL OR expiration > ?)'
const STATEMENTS = {
  find: 'SELECT id, bytes FROM namespace WHERE name = ?',
  found: 'INSERT INTO namespace (name, bytes) VALUES (?, 0) RETURNING id, bytes',
  count: 'UPDATE namespace SET bytes = bytes + ? WHERE id = ?',
  bytes: 'SELECT bytes FROM entry WHERE namespace = ? AND key = ?',
  get: `SELECT metadata, value FROM entry WHERE namespace = ? AND key = ? AND ${IS_LIVE}`,
  put: 'INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?)',
  delete: 'DELETE FROM entry WHERE namespace = ? AND key = ?',
  list: `SELECT key, expiration, metadata FROM entry WHERE namespace = ? AND key >= ? AND key > ? AND key < ? AND ${IS_LIVE} ORDER BY key LIMIT ?`,
  expired: `SELECT namespace, key, bytes FROM entry WHERE expiration <= ? LIMIT ${MOST_SWEPT}`,
  clear: `DELETE FROM entry WHERE namespace = ?1 AND key IN (SELECT key FROM entry WHERE namespace = ?1 LIMIT ${MOST_SWEPT})`,
  drop: 'DELETE FROM namespace WHERE id = ?',
} as const

export async function openSqliteKv({ directory }: Pick<StoreOptions, 'directory'>): Promise<KvStore> {
  return new SqliteKv(openDatabase(join(directory, 'kv.sqlite'), SCHEMA))
}

class SqliteKv implements KvStore {
  readonly #database: DatabaseSync
  readonly #changes: GroupCommit
  readonly #statements: Readonly<Record<keyof typeof STATEMENTS, StatementSync>>
  readonly #sweeper: NodeJS.Timeout

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#changes = new GroupCommit(database)
    const statements = Object.entries(STATEMENTS).map(([name, sql]) => [name, database.prepare(sql)])
    this.#statements = Object.fromEntries(statements) as Record<keyof typeof STATEMENTS, StatementSync>
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref()
  }

  async get(namespace: string, keys: readonly Uint8Array[]): Promise<readonly (KvEntry | undefined)[]> {
    return guard(() => {
      const id = this.#find(namespace)
      if (id === undefined) return keys.map(() => undefined)
      const now = toSeconds()
      return keys.map((key) => {
        const row = this.#statements.get.get(id, key, now) as Row | undefined
        return row && { value: row.value, metadata: row.metadata ?? undefined }
      })
    })
  }

  put(namespace: string, key: Uint8Array, put: KvPut): Promise<void> {
    const { value, expiration, metadata, mostBytes } = put
    return this.#changes.run(() => {
      const { found, find } = this.#statements
      const { id, bytes } = (find.get(namespace) ?? found.get(namespace)) as { id: number; bytes: number }
      const cost = toCost(key, put)
      const more = cost - this.#bytesOf(id, key)
      if (more > 0 && bytes + more > mostBytes) throw toTooMuch(mostBytes)
      this.#statements.put.run(id, key, cost, expiration ?? null, metadata ?? null, value)
      this.#statements.count.run(more, id)
    })
  }

  delete(namespace: string, key: Uint8Array): Promise<void> {
    return this.#changes.run(() => {
      const id = this.#find(namespace)
      if (id !== undefined) this.#remove(id, key, this.#bytesOf(id, key))
    })
  }

  async list(namespace: string, { prefix, limit, after }: KvListOptions): Promise<KvListing> {
    return guard(() => {
      const id = this.#find(namespace)
      if (id === undefined) return { keys: [], next: undefined }
      const range = [prefix, after ?? NOTHING, toEnd(prefix)]
      const rows = this.#statements.list.all(id, ...range, toSeconds(), limit + 1) as unknown as Row[]
      const keys = rows.slice(0, limit).map(({ key, expiration, metadata }) => ({
        name: key,
        expiration: expiration ?? undefined,
        metadata: metadata ?? undefined,
      }))
      return { keys, next: rows.length > limit ? keys.at(-1)?.name : undefined }
    })
  }

  async forget(namespace: string): Promise<void> {
    const { clear, drop } = this.#statements
    for (;;) {
      let removed: number | bigint | undefined
      // oxlint-disable-next-line no-await-in-loop -- some at a time, for others wait meanwhile
      await this.#changes.run(() => {
        const id = this.#find(namespace)
        if (id === undefined) return
        removed = clear.run(id).changes
        if (removed === 0) drop.run(id)
      })
      if (removed === undefined || removed === 0) return
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweeper)
    this.#changes.flush()
    this.#database.close()
  }

  #find(namespace: string): number | undefined {
    return (this.#statements.find.get(namespace) as { id: number } | undefined)?.id
  }

  #bytesOf(id: number, key: Uint8Array): number {
    return (this.#statements.bytes.get(id, key) as { bytes: number } | undefined)?.bytes ?? 0
  }

  #remove(id: number, key: Uint8Array, bytes: number): void {
    this.#statements.delete.run(id, key)
    if (bytes > 0) this.#statements.count.run(-bytes, id)
  }

  #sweep(): void {
    const swept = this.#changes.run(() => {
      const rows = this.#statements.expired.all(toSeconds()) as unknown as {
        namespace: number
        key: Uint8Array
        bytes: number
      }[]
      for (const { namespace, key, bytes } of rows) this.#remove(namespace, key, bytes)
    })
    // whoever writes next is told
    swept.catch(() => undefined)
  }
}

function toSeconds(): number {
  return Math.floor(Date.now() / MS_PER_SECOND)
}
