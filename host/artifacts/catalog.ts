/**
 * The catalog of a data directory: an SQLite database that one process at a time has. Where the directory may only be
 * read, a copy of it is read instead, with what stands in its log: SQLite itself could not look into that.
 */

import { accessSync, constants, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const DATABASE = 'catalog.sqlite'
const FILES = [DATABASE, `${DATABASE}-wal`]
const SQLITE_BUSY = 5

/** Each entry leads from the layout of its index to the next one; never edited, only added to. */
const LAYOUTS = [
  `CREATE TABLE apps (
     name TEXT PRIMARY KEY,
     active INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE versions (
     app TEXT NOT NULL REFERENCES apps (name) ON DELETE CASCADE,
     number INTEGER NOT NULL,
     hostname TEXT NOT NULL,
     settings TEXT NOT NULL,
     component TEXT NOT NULL,
     source_map TEXT,
     engine TEXT NOT NULL,
     created_at INTEGER NOT NULL,
     PRIMARY KEY (app, number)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE bases (
     engine TEXT PRIMARY KEY,
     component TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  // a version beside the active one, and its part of the requests
  `ALTER TABLE apps ADD COLUMN canary INTEGER;
   ALTER TABLE apps ADD COLUMN percent INTEGER;`,
  // what the component comes to
  `ALTER TABLE versions ADD COLUMN image TEXT;`,
  // what says which files belong to the version
  `ALTER TABLE versions ADD COLUMN assets TEXT;`,
  // the reference of a registry that a version came from; what references of nano.json have led to
  `ALTER TABLE versions ADD COLUMN source TEXT;
   CREATE TABLE pulled (
     reference TEXT PRIMARY KEY,
     digest TEXT NOT NULL,
     component TEXT NOT NULL,
     source_map TEXT,
     assets TEXT,
     settings TEXT,
     signed_by TEXT NOT NULL,
     engine TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  // of what the fleet says of it
  `ALTER TABLE apps ADD COLUMN revision INTEGER;
   -- what components of other hosts are compressed against
   CREATE TABLE brought_bases (component TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;`,
]

/** Throws what is wrong with it. */
export function openCatalog(directory: string): DatabaseSync {
  if (!isReadOnly(directory) || !existsSync(join(directory, DATABASE))) {
    return openDatabase(join(directory, DATABASE))
  }
  const copy = mkdtempSync(join(tmpdir(), 'nano-catalog-'))
  try {
    for (const file of FILES.filter((each) => existsSync(join(directory, each)))) {
      copyFileSync(join(directory, file), join(copy, file))
    }
    const database = openDatabase(join(copy, DATABASE))
    database.exec('PRAGMA query_only = ON')
    return database
  } finally {
    // it is open
    rmSync(copy, { recursive: true, force: true })
  }
}

/** Whether nothing can be written there. */
export function isReadOnly(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK)
    return false
  } catch {
    return true
  }
}

/** What SQLite or the file system said. */
export function toReason(cause: unknown): string {
  const { message, code, errcode } = cause as NodeJS.ErrnoException & { errcode?: number }
  if (errcode === SQLITE_BUSY) return 'another process has it'
  return `${code === undefined ? '' : `${code}: `}${message}`
}

function openDatabase(path: string): DatabaseSync {
  const isNew = !existsSync(path)
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: true })
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    const { user_version: layout = 0 } = database.prepare('PRAGMA user_version').get() as {
      user_version?: number
    }
    if (layout > LAYOUTS.length) throw new Error(`a later version of NANO wrote ${path}`)
    for (const [index, sql] of LAYOUTS.entries()) {
      if (index < layout) continue
      database.exec(`BEGIN IMMEDIATE; ${sql} PRAGMA user_version = ${index + 1}; COMMIT`)
    }
    // whoever has it keeps it
    if (!isNew) database.exec('BEGIN IMMEDIATE; COMMIT')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}
