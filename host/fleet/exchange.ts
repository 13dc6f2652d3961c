/**
 * What versions are made of, between this host's disk and the fleet's bucket. A blob's base goes before it, both ways, so that
 * whoever has one can open it.
 */

import type { ContentHash } from '../artifacts/blobs.ts'
import type { PackedBlob, StoredVersion } from '../artifacts/store.ts'
import { NanoError } from '../errors.ts'
import type { FleetArtifacts } from './artifacts.ts'

/** The artifacts of this host. */
export interface Disk {
  /** Of blobs, those that are not there. */
  missing(hashes: readonly ContentHash[]): Promise<readonly ContentHash[]>
  pack(hash: ContentHash): Promise<PackedBlob>
  unpack(hash: ContentHash, bytes: Uint8Array): Promise<undefined>
  read(hash: ContentHash): Promise<Uint8Array>
  /** Of files, those that are not there. */
  missingFiles(hashes: readonly string[]): Promise<readonly string[]>
  readFile(hash: string): Promise<Uint8Array>
  putFile(hash: string, bytes: Uint8Array): Promise<undefined>
}

/** Files on their way at once. */
const AT_ONCE = 8

export class Exchange {
  readonly #artifacts: FleetArtifacts
  readonly #disk: Disk

  constructor(artifacts: FleetArtifacts, disk: Disk) {
    this.#artifacts = artifacts
    this.#disk = disk
  }

  /** All that the version is made of is in the bucket when it resolves. */
  async send(version: StoredVersion): Promise<void> {
    for (const hash of toBlobs(version)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await this.#sendBlob(hash)
    }
    await inParts(await this.filesOf(version.assets), async (hash) => {
      const pack = async () => ({ bytes: await this.#disk.readFile(hash), base: undefined })
      await this.#artifacts.keep(`file/${hash}`, pack)
    })
  }

  /** All that the version is made of is on this host when it resolves. Rejects with ARTIFACT_BROKEN, FLEET_UNAVAILABLE. */
  async bring(version: StoredVersion): Promise<void> {
    for (const hash of await this.#disk.missing(toBlobs(version))) {
      // oxlint-disable-next-line no-await-in-loop
      await this.#bringBlob(hash)
    }
    const files = await this.filesOf(version.assets)
    await inParts(await this.#disk.missingFiles(files), async (hash) => {
      const { bytes } = await this.#read(`file/${hash}`)
      await this.#disk.putFile(hash, bytes)
    })
  }

  async #sendBlob(hash: ContentHash): Promise<void> {
    const packed = await this.#disk.pack(hash)
    if (packed.base !== undefined) await this.#sendBlob(packed.base)
    await this.#artifacts.keep(`blob/${hash}`, async () => packed)
  }

  async #bringBlob(hash: ContentHash): Promise<void> {
    const { bytes, base } = await this.#read(`blob/${hash}`)
    const [missing] = base === undefined ? [] : await this.#disk.missing([base])
    if (missing !== undefined) await this.#bringBlob(missing)
    await this.#disk.unpack(hash, bytes)
  }

  async #read(name: `blob/${string}` | `file/${string}`): Promise<PackedBlob> {
    const found = await this.#artifacts.read(name)
    if (found !== undefined) return found
    const text = `the fleet's bucket has no artifact ${name.slice(0, 17)}; deploy the app again`
    throw new NanoError('ARTIFACT_BROKEN', text)
  }

  /** Hashes of the files that this says. Rejects with ARTIFACT_BROKEN, FLEET_UNAVAILABLE. */
  async filesOf(assets: ContentHash | undefined): Promise<string[]> {
    if (assets === undefined) return []
    const [missing] = await this.#disk.missing([assets])
    if (missing !== undefined) await this.#bringBlob(missing)
    const { files } = JSON.parse(Buffer.from(await this.#disk.read(assets)).toString()) as {
      files: Record<string, { hash: string }>
    }
    return [...new Set(Object.values(files).map(({ hash }) => hash))]
  }
}

/** What is kept as blobs. */
export function toBlobs({ component, sourceMap, assets }: StoredVersion): ContentHash[] {
  return [component, sourceMap, assets].filter((hash) => hash !== undefined)
}

async function inParts<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  for (let next = 0; next < items.length; next += AT_ONCE) {
    // oxlint-disable-next-line no-await-in-loop
    await Promise.all(items.slice(next, next + AT_ONCE).map(act))
  }
}
