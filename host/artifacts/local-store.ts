/**
 * The artifact store on this machine's disk: what is what in SQLite (WAL, synced with each transaction), bytes as
 * content-addressed files (`blobs.ts`).
 *
 *     add:       blobs written and synced  >  one transaction names them  >  it returns
 *     collect:   what no transaction names is removed
 *
 * So after a power cut there may be blobs that nobody names, and never a name without its blob. One process at a time has
 * the directory. One that may only be read gives what it has, and refuses every change.
 */

import { mkdirSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

import { NanoError } from '../errors.ts'
import { AssetFiles } from './asset-files.ts'
import { Blobs } from './blobs.ts'
import type { ContentHash } from './blobs.ts'
import { isReadOnly, openCatalog, toReason } from './catalog.ts'
import { PulledArtifacts } from './pulled.ts'
import type { Active, ArtifactStore, NewVersion, PackedBlob, StoredApp, StoredVersion } from './store.ts'

/** The newest versions of an app that are kept besides those that serve. */
export const KEPT_VERSIONS = 20

export class LocalStore implements ArtifactStore {
  readonly #blobs: Blobs
  readonly files: AssetFiles
  readonly pulled = new PulledArtifacts({
    all: (sql, ...values) => this.#all(sql, ...values),
    run: (sql, ...values) => this.#run(sql, ...values),
    put: (bytes) => this.#blobs.put(bytes),
    putComponent: (bytes, engineHash) => this.#putComponent(bytes, engineHash),
    putAssets: (text) => this.#putAssets(text),
  })
  readonly #database: DatabaseSync
  readonly #isReadOnly: boolean
  readonly #statements = new Map<string, StatementSync>()

  /** Throws STORAGE_FAILED when the directory cannot be used, or another process has it. */
  constructor(directory: string) {
    this.files = new AssetFiles(directory)
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 })
      this.#database = openCatalog(directory)
      this.#blobs = new Blobs(directory)
      this.#isReadOnly = isReadOnly(directory)
      // only who has the directory may
      if (!this.#isReadOnly) this.#blobs.prepare()
    } catch (cause) {
      if (cause instanceof NanoError) throw cause
      throw new NanoError(
        'STORAGE_FAILED',
        `cannot use the data directory ${directory}: ${toReason(cause)}`,
        { cause },
      )
    }
  }

  add(version: NewVersion): StoredVersion {
    const { app, hostname, settings, engineHash, image, source } = version
    const component = this.#putComponent(version.component, engineHash)
    const sourceMap = version.sourceMap === undefined ? undefined : this.#blobs.put(version.sourceMap)
    const assets = version.assets === undefined ? undefined : this.#putAssets(version.assets)
    return this.#transaction(() => {
      const [last] = this.versions(app)
      const isSame =
        last?.component === component &&
        last.sourceMap === sourceMap &&
        last.assets === assets &&
        last.hostname === hostname &&
        last.settings === settings
      if (isSame) return last
      const number = (last?.number ?? 0) + 1
      const createdAt = Date.now()
      const added = {
        app,
        number,
        hostname,
        settings,
        component,
        sourceMap,
        assets,
        engineHash,
        image,
        createdAt,
        source,
      }
      this.#insert(added)
      return added
    })
  }

  mirror(app: string, versions: readonly StoredVersion[]): void {
    this.#transaction(() => {
      const wanted = new Map(versions.map((version) => [version.number, version]))
      const [serving] = this.#all('SELECT active, canary FROM apps WHERE name = ?', app)
      for (const known of this.versions(app)) {
        const version = wanted.get(known.number)
        // what its component comes to is this host's own
        const isSame = isDeepStrictEqual(known, version && { ...version, image: known.image })
        if (isSame) wanted.delete(known.number)
        else if (version !== undefined || ![serving?.['active'], serving?.['canary']].includes(known.number))
          this.#run('DELETE FROM versions WHERE app = ? AND number = ?', app, known.number)
      }
      for (const version of wanted.values()) this.#insert(version)
    })
  }

  setImage({ app, number }: StoredVersion, image: string): void {
    if (!this.#isReadOnly)
      this.#run('UPDATE versions SET image = ? WHERE app = ? AND number = ?', image, app, number)
  }

  activate({ app, number, canary, revision }: Active): StoredApp {
    return this.#transaction(() => {
      const versions = this.versions(app)
      const active = find(versions, app, number)
      const beside = canary && { version: find(versions, app, canary.version), percent: canary.percent }
      this.#run(
        'UPDATE apps SET active = ?, canary = ?, percent = ?, revision = ? WHERE name = ?',
        number,
        canary?.version ?? null,
        canary?.percent ?? null,
        revision ?? null,
        app,
      )
      const kept = `SELECT number FROM versions WHERE app = ? ORDER BY number DESC LIMIT ${KEPT_VERSIONS}`
      this.#run(
        `DELETE FROM versions WHERE app = ? AND number NOT IN (?, ?) AND number NOT IN (${kept})`,
        app,
        number,
        canary?.version ?? number,
        app,
      )
      return toApp(active, beside, revision)
    })
  }

  apps(): readonly StoredApp[] {
    // with two queries, however many apps there are
    const canaries = new Map(
      this.#all('SELECT versions.*, percent FROM apps JOIN versions ON app = name AND number = canary').map(
        (row) => [row['app'], { version: toVersion(row), percent: row['percent'] as number }],
      ),
    )
    const rows = this.#all(
      'SELECT versions.*, revision FROM apps JOIN versions ON app = name AND number = active ORDER BY name',
    )
    return rows.map((row) => {
      const active = toVersion(row)
      return toApp(active, canaries.get(active.app), (row['revision'] ?? undefined) as number | undefined)
    })
  }

  versions(app: string): readonly StoredVersion[] {
    return this.#all('SELECT * FROM versions WHERE app = ? ORDER BY number DESC', app).map(toVersion)
  }

  read(hash: ContentHash): Uint8Array {
    return this.#blobs.get(hash)
  }

  missing(hashes: readonly ContentHash[]): ContentHash[] {
    return hashes.filter((hash) => this.#blobs.find(hash) === undefined)
  }

  pack(hash: ContentHash): PackedBlob {
    return this.#blobs.pack(hash)
  }

  unpack(hash: ContentHash, bytes: Uint8Array): void {
    const base = this.#blobs.unpack(hash, bytes)
    if (base !== undefined) this.#run('INSERT OR IGNORE INTO brought_bases VALUES (?)', base)
  }

  remove(app: string): boolean {
    return this.#run('DELETE FROM apps WHERE name = ?', app) > 0
  }

  collect(): number {
    // an engine that nobody has any more needs no base
    this.#run(
      'DELETE FROM bases WHERE engine NOT IN (SELECT engine FROM versions UNION SELECT engine FROM pulled)',
    )
    const named = this.#all(
      `SELECT component AS hash FROM versions UNION SELECT source_map FROM versions
       UNION SELECT assets FROM versions UNION SELECT component FROM bases
       UNION SELECT component FROM brought_bases
       UNION SELECT component FROM pulled UNION SELECT source_map FROM pulled UNION SELECT assets FROM pulled`,
    )
    const isNamed = new Set(named.map(({ hash }) => hash))
    const unnamed = this.#blobs.list().filter((hash) => !isNamed.has(hash))
    for (const hash of unnamed) this.#blobs.remove(hash)
    this.#collectFiles()
    return unnamed.length
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }

  #insert(version: StoredVersion): void {
    const { app, number, hostname, settings, component, sourceMap, assets, engineHash, image } = version
    this.#run('INSERT INTO apps (name) VALUES (?) ON CONFLICT DO NOTHING', app)
    this.#run(
      `INSERT INTO versions (app, number, hostname, settings, component, source_map, assets, engine, image, created_at, source)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      app,
      number,
      hostname,
      settings,
      component,
      sourceMap ?? null,
      assets ?? null,
      engineHash,
      image ?? null,
      version.createdAt,
      version.source ?? null,
    )
  }

  /** Throws ASSETS_INVALID when not all of the files are there. */
  #putAssets(text: Uint8Array): ContentHash {
    const missing = this.files.missing(toHashes(text))
    if (missing.length === 0) return this.#blobs.put(text)
    const shown = missing.slice(0, 3).map((hash) => hash.slice(0, 12))
    throw new NanoError(
      'ASSETS_INVALID',
      `${missing.length} files were not sent (${shown.join(', ')}...): send what POST .../assets says is missing first`,
    )
  }

  #collectFiles(): void {
    const rows = this.#all(
      `SELECT assets AS hash FROM versions WHERE assets IS NOT NULL
       UNION SELECT assets FROM pulled WHERE assets IS NOT NULL`,
    )
    // of a version that no request was for, it may not be here
    const texts = rows.map(({ hash }) => this.#blobs.find(hash as ContentHash)?.bytes)
    const isNamed = new Set(texts.flatMap((text) => (text === undefined ? [] : toHashes(text))))
    this.files.collect((hash) => isNamed.has(hash))
  }

  /** The first component of an engine is what the others of it are compressed against. */
  #putComponent(bytes: Uint8Array, engineHash: string): ContentHash {
    const [row] = this.#all('SELECT component FROM bases WHERE engine = ?', engineHash)
    const named = row?.['component'] as ContentHash | undefined
    const base = named && this.#blobs.find(named)
    if (base !== undefined) return this.#blobs.put(bytes, base)
    const hash = this.#blobs.put(bytes)
    this.#run('INSERT OR REPLACE INTO bases (engine, component) VALUES (?, ?)', engineHash, hash)
    return hash
  }

  #transaction<T>(steps: () => T): T {
    this.#exec('BEGIN IMMEDIATE')
    try {
      const result = steps()
      this.#exec('COMMIT')
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  #exec(sql: string): void {
    attempt(() => this.#database.exec(sql))
  }

  #run(sql: string, ...values: SQLInputValue[]): number {
    return attempt(() => Number(this.#prepare(sql).run(...values).changes))
  }

  #all(sql: string, ...values: SQLInputValue[]): Record<string, unknown>[] {
    return attempt(() => this.#prepare(sql).all(...values))
  }

  #prepare(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}

function find(versions: readonly StoredVersion[], app: string, number: number): StoredVersion {
  const version = versions.find((each) => each.number === number)
  if (version !== undefined) return version
  const text = `app ${app} has no version ${number}; see: nano-workers versions ${app}`
  throw new NanoError('VERSION_UNKNOWN', text)
}

function toApp(active: StoredVersion, canary: StoredApp['canary'], revision: number | undefined): StoredApp {
  return {
    name: active.app,
    active,
    ...(canary === undefined ? {} : { canary }),
    ...(revision === undefined ? {} : { revision }),
  }
}

function toHashes(text: Uint8Array): string[] {
  const { files } = JSON.parse(Buffer.from(text).toString()) as { files: Record<string, { hash: string }> }
  return Object.values(files).map(({ hash }) => hash)
}

function toVersion(row: Record<string, unknown>): StoredVersion {
  return {
    app: row['app'] as string,
    number: row['number'] as number,
    hostname: row['hostname'] as string,
    settings: row['settings'] as string,
    component: row['component'] as ContentHash,
    sourceMap: (row['source_map'] ?? undefined) as ContentHash | undefined,
    assets: (row['assets'] ?? undefined) as ContentHash | undefined,
    engineHash: row['engine'] as string,
    image: (row['image'] ?? undefined) as string | undefined,
    createdAt: row['created_at'] as number,
    source: (row['source'] ?? undefined) as string | undefined,
  }
}

function attempt<T>(act: () => T): T {
  try {
    return act()
  } catch (cause) {
    throw new NanoError('STORAGE_FAILED', `the catalog of the data directory failed: ${toReason(cause)}`, {
      cause,
    })
  }
}
