/** The keys and values of a Durable Object, in a table of its file that its own statements do not reach. */

import type { DatabaseSync, StatementSync } from 'node:sqlite'

import { toEnd } from '../key-range.ts'
import type { GuardedDatabase } from '../sql/guarded-database.ts'
import { toMessage } from './message.ts'
import { Refused } from './operation.ts'

/** Cloudflare's own name; what begins so is the platform's (sql/authorizer.ts). */
export const TABLE = '_cf_KV'
const SCHEMA = `CREATE TABLE IF NOT EXISTS ${TABLE} (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID`

/** As Cloudflare has them: keys in one call, bytes of a key, bytes of a key and its value. */
const MOST_KEYS = 128
const LONGEST_KEY = 2048
const LARGEST_ENTRY = 2 * 2 ** 20
/** What one call gives. */
const MOST_READ = 32 * 2 ** 20

interface Listing {
  readonly start?: string
  readonly startAfter?: string
  readonly end?: string
  readonly prefix?: string
  readonly reverse?: boolean
  readonly limit?: number
}

interface Entry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

const SQL = {
  get: `SELECT value FROM ${TABLE} WHERE key = ?`,
  put: `INSERT INTO ${TABLE} VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`,
  delete: `DELETE FROM ${TABLE} WHERE key = ?`,
  count: `SELECT count(*) AS count FROM (SELECT 1 FROM ${TABLE} LIMIT 1)`,
}

export class KeyValues {
  readonly #database: GuardedDatabase
  readonly #statements = new Map<string, StatementSync>()
  #isThere: boolean

  /** Of an open file. */
  constructor(database: GuardedDatabase) {
    this.#database = database
    this.#isThere = database.own((own) => hasTable(own))
  }

  get isEmpty(): boolean {
    return !this.#isThere || this.#own(SQL.count, (count) => (count.get() as { count: number }).count === 0)
  }

  /** Everything in it is gone, the table as well. */
  dropped(): void {
    this.#statements.clear()
    this.#isThere = false
  }

  /** What was made since may have been undone. */
  undone(): void {
    this.#isThere = this.#database.own((own) => hasTable(own))
    if (!this.#isThere) this.#statements.clear()
  }

  get(keys: unknown): Uint8Array {
    const values = toKeys(keys).map((key) => this.#isThere && this.#own(SQL.get, (get) => get.get(key)))
    const found = values.map((row) => (row as Entry | undefined | false) || undefined)
    return toAnswer(
      found.map((row) => row?.value.length ?? -1),
      found.flatMap((row) => row?.value ?? []),
    )
  }

  list(said: unknown): Uint8Array {
    const { sql, params } = toSelect(said as Listing)
    const [keys, values]: [string[], Uint8Array[]] = [[], []]
    if (this.#isThere) {
      let bytes = 0
      this.#own(sql, (select) => {
        for (const row of select.iterate(...params)) {
          const { key, value } = row as unknown as Entry
          keys.push(Buffer.from(key).toString())
          values.push(value)
          bytes += key.length + value.length
          if (bytes > MOST_READ) throw tooMuch()
        }
      })
    }
    return toMessage([keys, values.map(({ length }) => length)], values)
  }

  /** `said`: `[[key, length], ...]`. */
  put(said: unknown, bytes: Uint8Array): void {
    if (!Array.isArray(said)) throw new Refused('expected a list of keys', { name: 'TypeError' })
    const keys = toKeys(said.map(([key]: [unknown]) => key))
    const lengths = said.map(([, length]: [unknown, unknown]) => Number(length))
    if (lengths.some((length, i) => keys[i]!.length + length > LARGEST_ENTRY)) throw tooLarge()
    if (bytes.length > this.#database.roomBytes) throw full()
    this.#make()
    let at = 0
    this.#own(SQL.put, (put) => {
      for (const [i, key] of keys.entries()) {
        const end = at + lengths[i]!
        if (!(end >= at && end <= bytes.length))
          throw new Refused('expected as many bytes as was said', { name: 'TypeError' })
        put.run(key, bytes.subarray(at, end))
        at = end
      }
    })
  }

  /** How many there were. */
  delete(said: unknown): number {
    const keys = toKeys(said)
    if (!this.#isThere) return 0
    return this.#own(SQL.delete, (remove) =>
      keys.reduce((sum, key) => sum + Number(remove.run(key).changes), 0),
    )
  }

  #make(): void {
    if (this.#isThere) return
    this.#database.own((own) => own.exec(SCHEMA))
    this.#isThere = true
  }

  #own<T>(sql: string, act: (statement: StatementSync) => T): T {
    return this.#database.own((own) => {
      const statement = this.#statements.get(sql) ?? own.prepare(sql)
      this.#statements.set(sql, statement)
      return act(statement)
    })
  }
}

function hasTable(database: DatabaseSync): boolean {
  return database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = '${TABLE}'`).get() !== undefined
}

function toKeys(said: unknown): Uint8Array[] {
  if (!Array.isArray(said)) throw new Refused('expected a list of keys', { name: 'TypeError' })
  if (said.length > MOST_KEYS)
    throw new Refused(`expected at most ${MOST_KEYS} keys at once, got ${said.length}; call several times`, {
      name: 'RangeError',
    })
  return said.map((each) => {
    const key = Buffer.from(String(each))
    if (key.length > LONGEST_KEY)
      throw new Refused(`expected a key of at most ${LONGEST_KEY} bytes, got ${key.length}`, {
        name: 'RangeError',
        code: 'STORAGE_LIMIT',
      })
    return key
  })
}

function toAnswer(lengths: readonly number[], values: readonly Uint8Array[]): Uint8Array {
  if (values.reduce((sum, { length }) => sum + length, 0) > MOST_READ) throw tooMuch()
  return toMessage(lengths, values)
}

function toSelect({ start, startAfter, end, prefix = '', reverse = false, limit }: Listing) {
  const conditions: string[] = []
  const params: (Uint8Array | number)[] = []
  const where = (condition: string, value: Uint8Array): void => {
    conditions.push(condition)
    params.push(value)
  }
  const from = Buffer.from(prefix)
  if (prefix !== '') {
    where('key >= ?', from)
    where('key < ?', toEnd(from))
  }
  if (start !== undefined) where('key >= ?', Buffer.from(start))
  if (startAfter !== undefined) where('key > ?', Buffer.from(startAfter))
  if (end !== undefined) where('key < ?', Buffer.from(end))
  const condition = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
  params.push(limit ?? -1)
  const order = reverse ? 'DESC' : 'ASC'
  return { sql: `SELECT key, value FROM ${TABLE}${condition} ORDER BY key ${order} LIMIT ?`, params }
}

const tooLarge = (): Refused =>
  new Refused(`expected a key and a value of at most ${LARGEST_ENTRY} bytes together, got more`, {
    name: 'RangeError',
    code: 'STORAGE_LIMIT',
  })

/** Said before SQLite does, which would undo all that the turn has written. */
const full = (): Refused => new Refused('Exceeded maximum DB size.', { code: 'STORAGE_LIMIT' })

const tooMuch = (): Refused =>
  new Refused(`expected at most ${MOST_READ} bytes in one answer, got more; use limit`, {
    name: 'RangeError',
    code: 'STORAGE_LIMIT',
  })
