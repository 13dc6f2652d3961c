/**
 * Packed images on the disk (image/packed.ts), below the cache directory: what an app needs to be served, in a form that
 * opens in milliseconds, found by its name. All of it can be made again of the app's component, so nothing is synced.
 *
 *     <cache>/images/bases/<engine>          the first image of an engine here, packed against nothing
 *     <cache>/images/content/ab/ab12...      an app's content, packed against the base of its engine
 *                                            sealed, and never a base, when it is for one deployment (env-image.ts)
 *     <cache>/images/files/<path and stamps> which content a component's file comes to: a file that was checked once is
 *                                            not read again as long as it is the same
 *
 * Content that was used has the time of that, so that what nobody needs is known (prune-images.ts).
 *
 * A file is written beside and moved into place, so that whoever sees it sees all of it; what is broken all the same is
 * removed by whoever finds out. The directory is the user's own, for what is in it is served.
 */
import { createHash, randomUUID } from 'node:crypto'
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

import { isPrivate } from '../engine/engine.ts'
import { NanoError, toNanoError } from '../errors.ts'
import { toImageBytes } from '../image/image.ts'
import type { AppContent } from '../image/image.ts'
import { toPageFile } from '../image/mapped.ts'
import { pack, toContent, toContentId, unpack } from '../image/packed.ts'
import type { BaseImage, ContentId, Unpacked } from '../image/packed.ts'
import { seal, unseal } from './env-image.ts'
import type { ComponentReads, Seal } from './env-image.ts'
import { pruneImages } from './prune-images.ts'

/** What is known of content that is not loaded. */
export interface ImageRef {
  readonly id: ContentId
  /** Pages of WebAssembly memory that an instance needs at least. */
  readonly pages: number
  /** Of the pages that are not zero. */
  readonly bytes: number
}

/** What a component comes to. */
export interface KeptImage {
  readonly engineHash: string
  readonly image: ImageRef
  /** What its app asks of `env` at its top level; undefined: nothing. */
  readonly reads?: ComponentReads | undefined
}

interface OpenBase {
  readonly base: BaseImage
  /** Of its file. */
  readonly stamp: string
}

export class ImageFiles {
  readonly #directory: string
  /** By engine. */
  readonly #bases = new Map<string, OpenBase>()

  /** `cache`: the cache directory. */
  constructor(cache: string) {
    this.#directory = join(cache, 'images')
  }

  /** Keeps content of one layer; sealed, under the seal's name. Throws STORAGE_FAILED when that cannot be. */
  keep(engineHash: string, content: AppContent, sealed?: Seal): KeptImage {
    const kept = { engineHash, image: toRef(engineHash, content, sealed) }
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
      this.#expectOwn()
      const path = this.toContentPath(kept.image.id)
      if (sealed !== undefined) {
        const packed = pack(content, this.#findBase(engineHash))
        this.#write(path, seal(packed, sealed.key), renameSync)
      } else if (!exists(path)) this.#write(path, pack(content, this.#toBase(kept, content)), renameSync)
      return kept
    } catch (cause) {
      const text = `cannot keep images below ${this.#directory}: ${toNanoError(cause).message}`
      throw new NanoError('STORAGE_FAILED', text, { cause })
    }
  }

  /** The content. `key`: of what is sealed. Throws ARTIFACT_BROKEN when it is not there, or not what it was. */
  load(engineHash: string, id: ContentId, key?: Uint8Array): Unpacked {
    const path = this.toContentPath(id)
    try {
      this.#expectOwn()
      const bytes = readFileSync(path)
      const unpacked = unpack(key === undefined ? bytes : unseal(bytes, key), (base) => {
        const found = this.#findBase(engineHash)
        return found?.id === base ? this.#toMappable(engineHash, found) : undefined
      })
      touch(path)
      return unpacked
    } catch (cause) {
      rmSync(path, { force: true })
      const text = `the image ${id.slice(0, 12)} below ${this.#directory} cannot be read: ${(cause as Error).message}`
      throw new NanoError('ARTIFACT_BROKEN', text, { cause })
    }
  }

  /** What a file came to. `stamps`: of all that it depends on. */
  find(path: string, stamps: readonly string[]): KeptImage | undefined {
    try {
      this.#expectOwn()
      return JSON.parse(readFileSync(this.#toFilePath(path, stamps), 'utf8')) as KeptImage
    } catch {
      return undefined
    }
  }

  /** From now on `find` gives it. */
  note(path: string, stamps: readonly string[], kept: KeptImage): void {
    try {
      this.#write(this.#toFilePath(path, stamps), JSON.stringify(kept), renameSync)
    } catch {
      // the file is read again
    }
  }

  /** Of content that is not named, what was used last is kept, of so many bytes at most. Gives how much went. */
  prune(named: ReadonlySet<ContentId>, mostBytes: number): number {
    const [content, notes] = ['content', 'files'].map((name) => join(this.#directory, name)) as [
      string,
      string,
    ]
    return pruneImages({ content, notes }, named, mostBytes)
  }

  /** What content of an engine is packed against: this one, when there is none yet. */
  #toBase({ engineHash, image }: KeptImage, content: AppContent): BaseImage {
    const found = this.#findBase(engineHash)
    if (found !== undefined) return found
    const bare = { image: content.image }
    try {
      this.#write(this.#toBasePath(engineHash), pack(bare), linkSync)
    } catch (error) {
      // another process was faster
      const other = this.#findBase(engineHash)
      if (other === undefined) throw error
      return other
    }
    return this.#findBase(engineHash) ?? { id: image.id, layer: content.image.layers[0]! }
  }

  /** One that is broken goes, and with it all that was packed against it. */
  #findBase(engineHash: string): BaseImage | undefined {
    const path = this.#toBasePath(engineHash)
    const stamp = toStamp(path)
    if (stamp === undefined) return undefined
    const known = this.#bases.get(engineHash)
    if (known?.stamp === stamp) return known.base
    try {
      // every image of the engine has its pages
      const content = toContent(
        unpack(readFileSync(path), () => undefined),
        toSharedBlock,
      )
      const layer = content.image.layers[0]!
      const base = { id: toContentId(engineHash, content), layer }
      this.#bases.set(engineHash, { base, stamp })
      return base
    } catch {
      rmSync(path, { force: true })
      return undefined
    }
  }

  /** As a file as well: for those who lay images into memories. */
  #toMappable(engineHash: string, base: BaseImage): BaseImage {
    if (base.file !== undefined) return base
    const mappable = { ...base, file: toPageFile(base.layer) }
    const known = this.#bases.get(engineHash)
    if (known?.base === base) this.#bases.set(engineHash, { ...known, base: mappable })
    return mappable
  }

  #write(path: string, bytes: Uint8Array | string, place: (from: string, to: string) => void): void {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const draft = `${path}.${randomUUID()}`
    try {
      writeFileSync(draft, bytes, { mode: 0o600 })
      place(draft, path)
    } finally {
      rmSync(draft, { force: true })
    }
  }

  /** Throws when somebody else could have put something there. */
  #expectOwn(): void {
    if (isPrivate(this.#directory)) return
    throw new NanoError(
      'CONFIG_INVALID',
      'others can write there; choose a NANO_CACHE_DIR that is yours alone',
    )
  }

  #toBasePath(engineHash: string): string {
    return join(this.#directory, 'bases', engineHash)
  }

  /** Where content is. */
  toContentPath(id: ContentId): string {
    return join(this.#directory, 'content', id.slice(0, 2), id)
  }

  #toFilePath(path: string, stamps: readonly string[]): string {
    const key = createHash('sha256')
      .update(JSON.stringify([FILES_VERSION, path, stamps]))
      .digest('hex')
    return join(this.#directory, 'files', key.slice(0, 2), key)
  }
}

/** Changes with what a component is checked for. */
const FILES_VERSION = 1

export function toRef(engineHash: string, content: AppContent, sealed?: Seal): ImageRef {
  const { image } = content
  const id = sealed?.id ?? toContentId(engineHash, content)
  return { id, pages: image.pages, bytes: toImageBytes(image) }
}

function toSharedBlock(length: number): SharedArrayBuffer {
  return new SharedArrayBuffer(length)
}

/** A cache that may only be read is used all the same. */
function touch(path: string): void {
  const now = new Date()
  try {
    utimesSync(path, now, now)
  } catch {
    // it goes earlier than others
  }
}

function exists(path: string): boolean {
  return toStamp(path) !== undefined
}

function toStamp(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats && `${stats.ino} ${stats.mtimeMs}`
}
