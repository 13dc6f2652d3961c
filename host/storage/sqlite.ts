/** SQLite databases of the host itself: opened so that what is committed survives a crash, and their errors in our words. */

import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { StorageError } from './failure.ts'
import type { StorageCode } from './failure.ts'

/** A write-ahead log, on the disk with each commit. Another process on the same file is waited for. */
const SAFE = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA busy_timeout = 2000;
  PRAGMA journal_size_limit = 67108864;
`

/** Of SQLite's results: those that say more than that something went wrong. */
const CODES: ReadonlyMap<number, StorageCode> = new Map([
  [5, 'STORAGE_UNAVAILABLE'], // BUSY
  [6, 'STORAGE_UNAVAILABLE'], // LOCKED
  [8, 'STORAGE_UNAVAILABLE'], // READONLY
  [10, 'STORAGE_UNAVAILABLE'], // IOERR
  [11, 'STORAGE_BROKEN'], // CORRUPT
  [13, 'STORAGE_FULL'], // FULL
  [14, 'STORAGE_UNAVAILABLE'], // CANTOPEN
  [26, 'STORAGE_BROKEN'], // NOTADB
])

const MESSAGES: Readonly<Record<string, string>> = {
  STORAGE_UNAVAILABLE: 'the storage of this server cannot be used at the moment',
  STORAGE_BROKEN: 'what is stored cannot be read',
  STORAGE_FULL: 'the storage of this server is full; nothing was changed',
}

/** The low byte of an extended result is the result. */
const RESULT = 0xff

/** Opens it, made if need be, with this schema. Its folder is for its owner alone. Throws a `StorageError`. */
export function openDatabase(path: string, schema: string): DatabaseSync {
  return guard(() => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const database = new DatabaseSync(path)
    try {
      database.exec(SAFE)
      database.exec(schema)
    } catch (error) {
      database.close()
      throw error
    }
    return database
  })
}

/** What `work` gives; what SQLite and the disk throw comes as a `StorageError`. */
export function guard<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw toStorageError(error)
  }
}

export function toStorageError(error: unknown): unknown {
  const code = toCode(error)
  return code === undefined ? error : new StorageError(code, MESSAGES[code]!, { cause: error })
}

function toCode(error: unknown): StorageCode | undefined {
  if (!(error instanceof Error)) return undefined
  if ('errcode' in error) return CODES.get(Number(error.errcode) & RESULT)
  if (!('syscall' in error && 'code' in error)) return undefined
  return error.code === 'ENOSPC' || error.code === 'EDQUOT' ? 'STORAGE_FULL' : 'STORAGE_UNAVAILABLE'
}
