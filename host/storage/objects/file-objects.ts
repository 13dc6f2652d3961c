/**
 * Buckets in the data directory: contents as files (contents.ts), everything else in a catalog (catalog.ts).
 *
 *     put   content > a file, synced > the catalog, in one transaction with others [the file is dropped] > acknowledged
 *           > the files of what was replaced are dropped, once nobody reads them
 *
 * So whatever a crash leaves behind is a file that the catalog does not name; the next start takes it away.
 */

import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'

import type { StorageError } from '../failure.ts'
import { GroupCommit } from '../group-commit.ts'
import { guard, toStorageError } from '../sqlite.ts'
import type { StoreOptions } from '../store.ts'
import { Catalog, isWithin } from './catalog.ts'
import type { Bucket } from './catalog.ts'
import { cancelContent, toWrongSize } from './checked-content.ts'
import { holds } from './condition.ts'
import type { Condition } from './condition.ts'
import { Contents } from './contents.ts'
import { listObjects } from './listing.ts'
import type {
  BucketLimits,
  Content,
  FoundObject,
  HashName,
  ListOptions,
  ObjectListing,
  ObjectMetadata,
  ObjectPut,
  ObjectStore,
  PartPut,
  StoredObject,
  UploadedPart,
} from './object-store.ts'
import { cut, selectParts } from './parts.ts'
import { r2Error, toFull, toMismatch } from './r2-error.ts'
import type { R2Operation } from './r2-error.ts'
import { toRange } from './range.ts'
import type { RangeAsk } from './range.ts'
import { Tally } from './tally.ts'

const FOLDER = 'objects'
const CATALOG = 'objects.sqlite'
const VERSION_BYTES = 16
const UPLOAD_BYTES = 48

const HOUR_MS = 3_600_000
/** As R2 does: an upload that was not completed is given up then. */
const UPLOAD_MS = 7 * 24 * HOUR_MS

export async function openFileObjects({
  directory,
  log,
}: Pick<StoreOptions, 'directory' | 'log'>): Promise<ObjectStore> {
  const catalog = new Catalog(join(directory, CATALOG))
  try {
    return new FileObjects(catalog, await Contents.open(join(directory, FOLDER), log), log)
  } catch (error) {
    catalog[Symbol.dispose]()
    throw toStorageError(error)
  }
}

/** What a content is to be. */
interface WriteAsk {
  readonly size: number
  readonly limits: BucketLimits
  readonly hashes: readonly HashName[]
  readonly signal: AbortSignal | undefined
}

class FileObjects implements ObjectStore {
  readonly #catalog: Catalog
  readonly #changes: GroupCommit
  readonly #contents: Contents
  /** Bytes on their way into each bucket. */
  readonly #coming = new Tally()
  readonly #closing = new AbortController()
  readonly #sweep: Promise<void>
  readonly #clock: NodeJS.Timeout

  constructor(catalog: Catalog, contents: Contents, log: (text: string) => void) {
    this.#catalog = catalog
    this.#changes = new GroupCommit(catalog.database)
    this.#contents = contents
    const failed = (error: unknown): void => log(`storage: buckets could not be swept: ${String(error)}`)
    this.#sweep = contents.sweep((name) => catalog.hasFile(name), this.#closing.signal).catch(failed)
    // uploads that nobody has completed
    const giveUp = (): void =>
      void this.#clear(() => catalog.removeStaleUploads(Date.now() - UPLOAD_MS)).catch(failed)
    this.#clock = setInterval(giveUp, HOUR_MS).unref()
    giveUp()
  }

  async head(name: string, key: string): Promise<StoredObject | undefined> {
    return this.#find(name, key)
  }

  async get(
    name: string,
    key: string,
    ask: RangeAsk | undefined,
    onlyIf: Condition | undefined,
  ): Promise<FoundObject | undefined> {
    const object = this.#find(name, key)
    if (object === undefined) return undefined
    if (!holds(onlyIf, object)) return { object, found: undefined }
    const range = toRange(ask, object.size)
    if (range === undefined) throw r2Error('get', 'range')
    // since it was found nothing was dropped: nothing was waited for
    const files = guard(() => this.#catalog.listFiles(object.version))
    return { object, found: { ...range, body: await this.#contents.read(cut(files, range)) } }
  }

  async put(
    name: string,
    key: string,
    put: ObjectPut,
    content: Content,
    signal?: AbortSignal,
  ): Promise<StoredObject | undefined> {
    const { hash, onlyIf, size, limits } = put
    if (!holds(onlyIf, this.#find(name, key))) {
      await cancelContent(content)
      return undefined
    }
    const hashes = [...new Set(['md5', hash?.name ?? 'md5'] as const)]
    return this.#write(
      'put',
      name,
      { size, limits, hashes, signal },
      content,
      async ({ name: file, digests }) => {
        const { md5 = '' } = digests
        const actual = hash && digests[hash.name]
        if (hash !== undefined && actual !== hash.hex) throw toMismatch(hash.name, hash.hex, actual)
        const object: StoredObject = {
          ...toMetadata(put),
          key,
          size,
          etag: md5,
          version: makeName(VERSION_BYTES, 'hex'),
          uploaded: Date.now(),
          checksums: digests,
        }
        return this.#change('put', name, limits, (bucket) => {
          if (onlyIf !== undefined && !holds(onlyIf, this.#catalog.findObject(bucket, key)))
            return { value: undefined, dropped: [file] }
          const dropped = this.#catalog.removeObject(bucket, key)
          this.#catalog.addObject(bucket, object)
          this.#catalog.addFile(bucket, object.version, { name: file, part: 1, size, md5 })
          return { value: object, dropped }
        })
      },
    )
  }

  async delete(name: string, keys: readonly string[]): Promise<void> {
    if (guard(() => this.#catalog.findBucket(name)) === undefined) return
    await this.#change('delete', name, undefined, (bucket) => {
      return { value: undefined, dropped: keys.flatMap((key) => this.#catalog.removeObject(bucket, key)) }
    })
  }

  async list(name: string, options: ListOptions): Promise<ObjectListing> {
    const bucket = guard(() => this.#catalog.findBucket(name))
    if (bucket === undefined) return { objects: [], prefixes: [], cursor: undefined }
    return guard(() =>
      listObjects(options, (from, to, most) => this.#catalog.listObjects(bucket, from, to, most)),
    )
  }

  async createUpload(
    name: string,
    key: string,
    metadata: ObjectMetadata,
    limits: BucketLimits,
  ): Promise<string> {
    const upload = makeName(UPLOAD_BYTES, 'base64url')
    return this.#change('createMultipartUpload', name, limits, (bucket) => {
      this.#catalog.addUpload(bucket, key, upload, toMetadata(metadata))
      return { value: upload, dropped: [] }
    })
  }

  async uploadPart(name: string, ask: PartPut, content: Content, signal?: AbortSignal): Promise<string> {
    const { key, upload, part, size, limits } = ask
    const expectUpload = (bucket: Bucket | undefined): ObjectMetadata => {
      const metadata = bucket && this.#catalog.findUpload(bucket, key, upload)
      if (metadata === undefined) throw r2Error('uploadPart', 'upload')
      return metadata
    }
    guard(() => expectUpload(this.#catalog.findBucket(name)))
    const hashes = ['md5'] as const
    return this.#write('uploadPart', name, { size, limits, hashes, signal }, content, (file) =>
      this.#change('uploadPart', name, limits, (bucket) => {
        expectUpload(bucket)
        const { md5 = '' } = file.digests
        const dropped = this.#catalog.removePart(upload, part)
        this.#catalog.addFile(bucket, upload, { name: file.name, part, size, md5 })
        return { value: md5, dropped }
      }),
    )
  }

  completeUpload(
    name: string,
    key: string,
    upload: string,
    parts: readonly UploadedPart[],
    limits: BucketLimits,
  ): Promise<StoredObject> {
    const operation = 'completeMultipartUpload'
    return this.#change(operation, name, limits, (bucket) => {
      const metadata = this.#catalog.findUpload(bucket, key, upload)
      if (metadata === undefined) throw r2Error(operation, 'upload')
      const selected = selectParts(parts, this.#catalog.listFiles(upload))
      const md5 = createHash('md5')
      for (const each of selected) md5.update(each.md5, 'hex')
      const object: StoredObject = {
        ...metadata,
        key,
        size: selected.reduce((sum, { size }) => sum + size, 0),
        etag: `${md5.digest('hex')}-${selected.length}`,
        version: makeName(VERSION_BYTES, 'hex'),
        uploaded: Date.now(),
        checksums: {},
      }
      const replaced = this.#catalog.removeObject(bucket, key)
      for (const each of selected) this.#catalog.moveFile(each.name, object.version)
      const unused = this.#catalog.removeFiles(upload)
      this.#catalog.removeUpload(upload)
      this.#catalog.addObject(bucket, object)
      return { value: object, dropped: [...replaced, ...unused] }
    })
  }

  async abortUpload(name: string, key: string, upload: string): Promise<void> {
    if (guard(() => this.#catalog.findBucket(name)) === undefined) return
    await this.#change('abortMultipartUpload', name, undefined, (bucket) => {
      if (this.#catalog.findUpload(bucket, key, upload) === undefined)
        return { value: undefined, dropped: [] }
      const dropped = this.#catalog.removeFiles(upload)
      this.#catalog.removeUpload(upload)
      return { value: undefined, dropped }
    })
  }

  async forget(name: string): Promise<void> {
    await this.#clear(() => {
      const bucket = this.#catalog.findBucket(name)
      return bucket && this.#catalog.removeSome(bucket)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    clearInterval(this.#clock)
    await this.#sweep
    this.#changes.flush()
    this.#catalog[Symbol.dispose]()
  }

  #find(name: string, key: string): StoredObject | undefined {
    return guard(() => {
      const bucket = this.#catalog.findBucket(name)
      return bucket && this.#catalog.findObject(bucket, key)
    })
  }

  /** The content into a file, and what `use` makes of that; the file is dropped when that fails. */
  async #write<T>(
    operation: R2Operation,
    bucket: string,
    { size, limits, hashes, signal }: WriteAsk,
    content: Content,
    use: (file: Awaited<ReturnType<Contents['write']>>) => Promise<T>,
  ): Promise<T> {
    const release = this.#expect(operation, bucket, size, limits)
    const wrongSize = (): StorageError => toWrongSize(operation, size)
    try {
      const file = await this.#contents.write(content, size, hashes, wrongSize, signal)
      try {
        if (file.size !== size) throw wrongSize()
        const value = await use(file)
        this.#contents.kept(file.name)
        return value
      } catch (error) {
        await this.#contents.drop([file.name])
        throw error
      }
    } finally {
      release()
    }
  }

  /** Bytes that are on their way take up room already, so that many at once cannot fill the disk. */
  #expect(operation: R2Operation, name: string, size: number, limits: BucketLimits): () => void {
    const bucket = guard(() => this.#catalog.findBucket(name))
    if (!isWithin(bucket, this.#coming.of(name) + size, limits)) throw toFull(operation)
    return this.#coming.take(name, size)
  }

  /** Changes the catalog, and drops the files that it names no more when that is on the disk. */
  async #change<T>(
    operation: R2Operation,
    name: string,
    limits: BucketLimits | undefined,
    make: (bucket: Bucket) => { readonly value: T; readonly dropped: readonly string[] },
  ): Promise<T> {
    let made: ReturnType<typeof make> | undefined
    await this.#changes.run(() => {
      made = make(this.#catalog.makeBucket(name))
      if (limits !== undefined && !isWithin(this.#catalog.findBucket(name), 0, limits))
        throw toFull(operation)
    })
    const { value, dropped } = made!
    void this.#contents.drop(dropped)
    return value
  }

  /** Some at a time, for others wait meanwhile. `remove`: names of files; undefined when nothing was left. */
  async #clear(remove: () => readonly string[] | undefined): Promise<void> {
    for (;;) {
      let removed: readonly string[] | undefined
      // oxlint-disable-next-line no-await-in-loop -- that is the point
      await this.#changes.run(() => {
        removed = remove()
      })
      if (removed === undefined) return
      // oxlint-disable-next-line no-await-in-loop -- the same
      await this.#contents.drop(removed)
    }
  }
}

const makeName = (bytes: number, encoding: 'hex' | 'base64url'): string =>
  randomBytes(bytes).toString(encoding)

function toMetadata({ http, custom, storageClass }: ObjectMetadata): ObjectMetadata {
  return { http, custom, storageClass }
}
