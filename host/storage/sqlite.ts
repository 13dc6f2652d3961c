/** SQLite databases of the host itself: opened so that what is committed survives a crash, and their errors in our words. */

import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { StorageError } from './failure.ts'
import type { StorageCode } from './failure.ts'

/**
 * A write-ahead log, on the disk with each commit. The file is this connection's alone, so that the log's index is in memory of
 * its own: one that is shared is a file that SQLite maps, and on a disk that hangs a write to it holds up every thread of the
 * process that maps memory or starts another process.
 */
const SAFE = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA journal_size_limit = 67108864;
`

const BUSY = 5
/** Of SQLite's results: those that say more than that something went wrong. */
const CODES: ReadonlyMap<number, StorageCode> = new Map([
  [BUSY, 'STORAGE_UNAVAILABLE'],
  [6, 'STORAGE_UNAVAILABLE'], // LOCKED
  [8, 'STORAGE_UNAVAILABLE'], // READONLY
  [10, 'STORAGE_UNAVAILABLE'], // IOERR
  [11, 'STORAGE_BROKEN'], // CORRUPT
  [13, 'STORAGE_FULL'], // FULL
  [14, 'STORAGE_UNAVAILABLE'], // CANTOPEN
  [26, 'STORAGE_BROKEN'], // NOTADB
])

const TAKEN = 'another process has the storage of this server'
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
  const result = toResult(error)
  const code = result === undefined ? toDiskCode(error) : CODES.get(result)
  if (code === undefined) return error
  return new StorageError(code, result === BUSY ? TAKEN : MESSAGES[code]!, { cause: error })
}

/** What SQLite says; undefined: it says nothing. */
function toResult(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & RESULT : undefined
}

function toDiskCode(error: unknown): StorageCode | undefined {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return undefined
  return error.code === 'ENOSPC' || error.code === 'EDQUOT' ? 'STORAGE_FULL' : 'STORAGE_UNAVAILABLE'
}
