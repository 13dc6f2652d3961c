/**
 * What buckets hold, in SQLite: objects, uploads of several parts that are under way, and the files of both. A file belongs to
 * what its `owner` names: the version of an object, or an upload. What a bucket takes up is counted by triggers, so that no way
 * of changing it can forget to.
 */

import type { DatabaseSync, StatementSync } from 'node:sqlite'

import { openDatabase } from '../sqlite.ts'
import type { BucketLimits, StoredObject } from './object-store.ts'

/** What an object takes up beside its bytes. */
const ENTRY_BYTES = 256

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS bucket (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    bytes INTEGER NOT NULL DEFAULT 0,
    objects INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE IF NOT EXISTS object (
    bucket INTEGER NOT NULL,
    key BLOB NOT NULL,
    version TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    uploaded INTEGER NOT NULL,
    checksums TEXT NOT NULL,
    metadata TEXT NOT NULL,
    PRIMARY KEY (bucket, key)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS upload (
    id TEXT PRIMARY KEY,
    bucket INTEGER NOT NULL,
    key BLOB NOT NULL,
    begun INTEGER NOT NULL,
    metadata TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS upload_begun ON upload (begun);
  CREATE TABLE IF NOT EXISTS file (
    name TEXT PRIMARY KEY,
    bucket INTEGER NOT NULL,
    owner TEXT NOT NULL,
    part INTEGER NOT NULL,
    size INTEGER NOT NULL,
    md5 TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX IF NOT EXISTS file_owner ON file (owner, part);
  ${toCount('object', 'length(NEW.key) + length(NEW.metadata)', 0)}
  ${toCount('upload', 'length(NEW.key) + length(NEW.metadata)', 1)}
  ${toCount('file', 'NEW.size', 1)}
`

/** What a row of the table adds to its bucket, and takes away with it. */
function toCount(table: string, bytes: string, objects: number): string {
  const count = (sign: string, row: string): string =>
    `UPDATE bucket SET bytes = bytes ${sign} (${ENTRY_BYTES} + ${bytes.replaceAll('NEW', row)}),
      objects = objects ${sign} ${objects} WHERE id = ${row}.bucket;`
  return `
    CREATE TRIGGER IF NOT EXISTS ${table}_added AFTER INSERT ON ${table} BEGIN ${count('+', 'NEW')} END;
    CREATE TRIGGER IF NOT EXISTS ${table}_removed AFTER DELETE ON ${table} BEGIN ${count('-', 'OLD')} END;
  `
}

const OBJECT = 'key, version, size, etag, uploaded, checksums, metadata'
const STATEMENTS = {
  bucket: 'SELECT id, bytes, objects FROM bucket WHERE name = ?',
  newBucket: 'INSERT INTO bucket (name) VALUES (?) RETURNING id, bytes, objects',
  object: `SELECT ${OBJECT} FROM object WHERE bucket = ? AND key = ?`,
  list: `SELECT ${OBJECT} FROM object WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?`,
  putObject: 'INSERT INTO object VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  removeObject: 'DELETE FROM object WHERE bucket = ? AND key = ? RETURNING version',
  upload: 'SELECT metadata FROM upload WHERE id = ? AND bucket = ? AND key = ?',
  putUpload: 'INSERT INTO upload VALUES (?, ?, ?, ?, ?)',
  removeUpload: 'DELETE FROM upload WHERE id = ?',
  staleUploads: 'SELECT id FROM upload WHERE begun < ? LIMIT 100',
  someKeys: 'SELECT key FROM object WHERE bucket = ? LIMIT 500',
  someUploads: 'SELECT id FROM upload WHERE bucket = ? LIMIT 100',
  removeBucket: 'DELETE FROM bucket WHERE id = ?',
  files: 'SELECT name, part, size, md5 FROM file WHERE owner = ? ORDER BY part',
  hasFile: 'SELECT 1 FROM file WHERE name = ?',
  putFile: 'INSERT INTO file VALUES (?, ?, ?, ?, ?, ?)',
  moveFile: 'UPDATE file SET owner = ? WHERE name = ?',
  removeFiles: 'DELETE FROM file WHERE owner = ? RETURNING name',
  removePart: 'DELETE FROM file WHERE owner = ? AND part = ? RETURNING name',
} as const

/** A bucket and what it takes up. */
export interface Bucket {
  readonly id: number
  readonly bytes: number
  readonly objects: number
}

export interface FileRow {
  readonly name: string
  readonly part: number
  readonly size: number
  readonly md5: string
}

interface ObjectRow extends Pick<StoredObject, 'version' | 'size' | 'etag' | 'uploaded'> {
  readonly key: Uint8Array
  readonly checksums: string
  readonly metadata: string
}

/** The rows; who changes several does so in one transaction of the database. */
export class Catalog {
  readonly database: DatabaseSync
  readonly #statements: Readonly<Record<keyof typeof STATEMENTS, StatementSync>>

  constructor(path: string) {
    this.database = openDatabase(path, SCHEMA)
    const statements = Object.entries(STATEMENTS).map(([name, sql]) => [name, this.database.prepare(sql)])
    this.#statements = Object.fromEntries(statements) as Record<keyof typeof STATEMENTS, StatementSync>
  }

  findBucket(name: string): Bucket | undefined {
    return this.#get('bucket', name) as Bucket | undefined
  }

  makeBucket(name: string): Bucket {
    return this.findBucket(name) ?? (this.#get('newBucket', name) as Bucket)
  }

  findObject(bucket: Bucket, key: string): StoredObject | undefined {
    const row = this.#get('object', bucket.id, Buffer.from(key)) as ObjectRow | undefined
    return row && toObject(row)
  }

  /** In the order of their keys' bytes, `from` included and `to` not. */
  listObjects(bucket: Bucket, from: Uint8Array, to: Uint8Array, most: number): StoredObject[] {
    return (this.#all('list', bucket.id, from, to, most) as unknown as ObjectRow[]).map(toObject)
  }

  addObject({ id }: Bucket, object: StoredObject): void {
    const { key, version, size, etag, uploaded, checksums, http, custom, storageClass } = object
    const metadata = JSON.stringify({ http, custom, storageClass })
    const values = [version, size, etag, uploaded, JSON.stringify(checksums), metadata]
    this.#run('putObject', id, Buffer.from(key), ...values)
  }

  /** Names of its files. */
  removeObject({ id }: Bucket, key: string): string[] {
    return this.#removeObject(id, Buffer.from(key))
  }

  #removeObject(id: number, key: Uint8Array): string[] {
    const row = this.#get('removeObject', id, key) as { version: string } | undefined
    return row === undefined ? [] : this.removeFiles(row.version)
  }

  /** What was said of it at its beginning. */
  findUpload({ id }: Bucket, key: string, upload: string): Metadata | undefined {
    const row = this.#get('upload', upload, id, Buffer.from(key)) as { metadata: string } | undefined
    return row && (JSON.parse(row.metadata) as Metadata)
  }

  addUpload({ id }: Bucket, key: string, upload: string, { http, custom, storageClass }: Metadata): void {
    const metadata = JSON.stringify({ http, custom, storageClass })
    this.#run('putUpload', upload, id, Buffer.from(key), Date.now(), metadata)
  }

  removeUpload(upload: string): void {
    this.#run('removeUpload', upload)
  }

  /** Some of those that began before; names of the files. Undefined: there were none. */
  removeStaleUploads(before: number): string[] | undefined {
    const stale = this.#all('staleUploads', before) as { id: string }[]
    return stale.length === 0 ? undefined : this.#removeUploads(stale)
  }

  /** Some of what it has goes; names of the files. Undefined: it had nothing, and is gone. */
  removeSome({ id }: Bucket): string[] | undefined {
    const keys = this.#all('someKeys', id) as { key: Uint8Array }[]
    const uploads = this.#all('someUploads', id) as { id: string }[]
    if (keys.length + uploads.length > 0)
      return [...keys.flatMap(({ key }) => this.#removeObject(id, key)), ...this.#removeUploads(uploads)]
    this.#run('removeBucket', id)
    return undefined
  }

  #removeUploads(uploads: readonly { readonly id: string }[]): string[] {
    return uploads.flatMap(({ id }) => {
      this.removeUpload(id)
      return this.removeFiles(id)
    })
  }

  listFiles(owner: string): FileRow[] {
    return this.#all('files', owner) as unknown as FileRow[]
  }

  hasFile(name: string): boolean {
    return this.#get('hasFile', name) !== undefined
  }

  addFile({ id }: Bucket, owner: string, { name, part, size, md5 }: FileRow): void {
    this.#run('putFile', name, id, owner, part, size, md5)
  }

  moveFile(name: string, owner: string): void {
    this.#run('moveFile', owner, name)
  }

  removeFiles(owner: string): string[] {
    return (this.#all('removeFiles', owner) as { name: string }[]).map(({ name }) => name)
  }

  removePart(upload: string, part: number): string[] {
    return (this.#all('removePart', upload, part) as { name: string }[]).map(({ name }) => name)
  }

  [Symbol.dispose](): void {
    this.database.close()
  }

  #get(name: keyof typeof STATEMENTS, ...values: Value[]): unknown {
    return this.#statements[name].get(...values)
  }

  #all(name: keyof typeof STATEMENTS, ...values: Value[]): unknown[] {
    return this.#statements[name].all(...values)
  }

  #run(name: keyof typeof STATEMENTS, ...values: Value[]): void {
    this.#statements[name].run(...values)
  }
}

type Metadata = Pick<StoredObject, 'http' | 'custom' | 'storageClass'>
type Value = string | number | Uint8Array

/** Whether a bucket that takes up so much more holds no more than it may. */
export function isWithin(bucket: Bucket | undefined, added: number, limits: BucketLimits): boolean {
  const { bytes = 0, objects = 0 } = bucket ?? {}
  return bytes + added <= limits.mostBytes && objects <= limits.mostObjects
}

function toObject({ key, checksums, metadata, ...rest }: ObjectRow): StoredObject {
  return {
    ...rest,
    key: Buffer.from(key).toString(),
    checksums: JSON.parse(checksums) as StoredObject['checksums'],
    ...(JSON.parse(metadata) as Metadata),
  }
}
