/** What references of registries have led to: kept, so that it is served again without asking. A part of the catalog. */

import type { SQLInputValue } from 'node:sqlite'

import type { ContentHash } from './blobs.ts'

/** What a reference has led to. */
export interface PulledArtifact {
  readonly reference: string
  /** Of its manifest. */
  readonly digest: string
  readonly component: ContentHash
  readonly sourceMap: ContentHash | undefined
  /** JSON of the files that belong to it. */
  readonly assets: ContentHash | undefined
  /** What it says of itself, as JSON. */
  readonly settings: string | undefined
  /** Fingerprints of keys whose signatures were checked. */
  readonly signedBy: readonly string[]
}

/** One to keep; its files are there already. */
export interface NewPulled {
  readonly reference: string
  readonly digest: string
  readonly component: Uint8Array
  readonly sourceMap: Uint8Array | undefined
  readonly assets: Uint8Array | undefined
  readonly settings: string | undefined
  readonly signedBy: readonly string[]
  readonly engineHash: string
}

/** The catalog, and blobs that are kept. */
export interface PulledKeeper {
  all(sql: string, ...values: SQLInputValue[]): Record<string, unknown>[]
  run(sql: string, ...values: SQLInputValue[]): number
  put(bytes: Uint8Array): ContentHash
  putComponent(bytes: Uint8Array, engineHash: string): ContentHash
  putAssets(text: Uint8Array): ContentHash
}

export class PulledArtifacts {
  readonly #keeper: PulledKeeper

  constructor(keeper: PulledKeeper) {
    this.#keeper = keeper
  }

  /** Undefined: it was never asked for. */
  find(reference: string): PulledArtifact | undefined {
    const [row] = this.#keeper.all('SELECT * FROM pulled WHERE reference = ?', reference)
    return (
      row && {
        reference,
        digest: row['digest'] as string,
        component: row['component'] as ContentHash,
        sourceMap: (row['source_map'] ?? undefined) as ContentHash | undefined,
        assets: (row['assets'] ?? undefined) as ContentHash | undefined,
        settings: (row['settings'] ?? undefined) as string | undefined,
        signedBy: JSON.parse(row['signed_by'] as string) as string[],
      }
    )
  }

  /** In place of what the reference led to before. Rejects with ASSETS_INVALID when not all files are there. */
  keep(pulled: NewPulled): PulledArtifact {
    const { reference, digest, settings, signedBy, engineHash } = pulled
    const keeper = this.#keeper
    const component = keeper.putComponent(pulled.component, engineHash)
    const sourceMap = pulled.sourceMap && keeper.put(pulled.sourceMap)
    const assets = pulled.assets && keeper.putAssets(pulled.assets)
    keeper.run(
      `INSERT OR REPLACE INTO pulled (reference, digest, component, source_map, assets, settings, signed_by, engine)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      reference,
      digest,
      component,
      sourceMap ?? null,
      assets ?? null,
      settings ?? null,
      JSON.stringify(signedBy),
      engineHash,
    )
    return { reference, digest, component, sourceMap, assets, settings, signedBy }
  }

  /** Those that are not named go. Gives how many. */
  name(references: readonly string[]): number {
    const known = this.#keeper.all('SELECT reference FROM pulled').map((row) => row['reference'] as string)
    const named = new Set(references)
    const gone = known.filter((reference) => !named.has(reference))
    for (const reference of gone) this.#keeper.run('DELETE FROM pulled WHERE reference = ?', reference)
    return gone.length
  }
}
