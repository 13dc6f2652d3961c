/** The store for D1 databases: an SQLite file for each, in processes of their own. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import { StorageError } from '../failure.ts'
import type { Store, StoreAnswer, StoreCall, StoreOptions } from '../store.ts'
import type { DatabaseFile, RowShape } from './call.ts'
import { SqlPool } from './pool.ts'

const FOLDER = 'd1'
const NOTHING = Buffer.from('null')

/** What `host/bindings/sql.ts` asks for. */
export interface QueryCall {
  readonly op: 'query'
  readonly args: {
    readonly shape: RowShape
    readonly timeMs: number
    readonly maxBytes: number
  }
}

export async function openSql({ directory }: StoreOptions): Promise<Store> {
  const pool = new SqlPool()
  return {
    call: (call) => query(pool, directory, call),
    async forget(key) {
      const { path } = toDatabaseFile(directory, key, 0)
      await pool.hold(path, async () => {
        // a log without its database is nothing to SQLite
        for (const part of ['', '-wal', '-shm']) await rm(`${path}${part}`, { force: true })
      })
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  }
}

/** `key` names a database (config/resource.ts). */
export function toDatabaseFile(directory: string, key: string, maxBytes: number): DatabaseFile {
  return { path: join(directory, FOLDER, `${key}.sqlite`), maxBytes }
}

async function query(
  pool: SqlPool,
  directory: string,
  { key, args, body, signal }: StoreCall,
): Promise<StoreAnswer> {
  const { shape, timeMs, maxBytes } = args as QueryCall['args']
  const statements = body instanceof Uint8Array ? body : NOTHING
  const database = toDatabaseFile(directory, key, maxBytes)
  const outcome = await pool.run({ database, shape, statements, timeMs }, signal)
  if (outcome.type === 'failed') throw new StorageError('', outcome.message)
  return { meta: null, body: outcome.body }
}
