/**
 * Buckets in a store that speaks the protocol of S3. Whatever that promises of a put is what the app is promised.
 *
 *     put   head: does the condition hold? > put, if it is as it was [changed meanwhile: again] > head: what is there now
 *     get   head: condition, range > get, if it is as it was [changed meanwhile: again]
 *
 * Without a condition or a range, neither looks first.
 */

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'

import type { S3Settings } from '../../config/storage-settings.ts'
import { cancelContent } from './checked-content.ts'
import { holds } from './condition.ts'
import type { Condition } from './condition.ts'
import type {
  BucketLimits,
  Content,
  FoundObject,
  ListOptions,
  ObjectListing,
  ObjectMetadata,
  ObjectPut,
  ObjectStore,
  PartPut,
  StoredObject,
  UploadedPart,
} from './object-store.ts'
import { selectParts } from './parts.ts'
import { r2Error } from './r2-error.ts'
import type { R2Operation } from './r2-error.ts'
import { toRange } from './range.ts'
import type { RangeAsk } from './range.ts'
import { S3Bucket, toOptions } from './s3-bucket.ts'
import { isConflict, isMissing } from './s3-client.ts'
import { toEtag, toS3Metadata, toStored } from './s3-metadata.ts'

/** Requests of one call at once. */
const AT_ONCE = 16
const MOST_LISTED = 1000
/** How often a change is tried that somebody else was faster with. */
const MOST_TRIES = 10

export async function openS3Objects(settings: S3Settings, log: (text: string) => void): Promise<ObjectStore> {
  return new S3Objects(new S3Bucket(settings, log))
}

class S3Objects implements ObjectStore {
  readonly #bucket: S3Bucket

  constructor(bucket: S3Bucket) {
    this.#bucket = bucket
  }

  head(name: string, key: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    return this.#bucket.find('head', name, key, signal)
  }

  async get(
    name: string,
    key: string,
    ask: RangeAsk | undefined,
    onlyIf: Condition | undefined,
    signal?: AbortSignal,
  ): Promise<FoundObject | undefined> {
    if (ask === undefined && onlyIf === undefined) return this.#bucket.read(name, key, undefined, signal)
    for (let tries = 1; tries <= MOST_TRIES; tries++) {
      // oxlint-disable-next-line no-await-in-loop -- until nobody is faster
      const object = await this.#bucket.find('get', name, key, signal)
      if (object === undefined) return undefined
      if (!holds(onlyIf, object)) return { object, found: undefined }
      const range = toRange(ask, object.size)
      if (range === undefined) throw r2Error('get', 'range')
      if (range.length === 0) return { object, found: { ...range, body: new Uint8Array(0) } }
      try {
        // oxlint-disable-next-line no-await-in-loop -- the same
        return await this.#bucket.read(name, key, { object, range }, signal)
      } catch (error) {
        if (!isConflict(error)) throw this.#bucket.fail('get', error)
      }
    }
    throw toBusy('get')
  }

  async put(
    name: string,
    key: string,
    put: ObjectPut,
    content: Content,
    signal?: AbortSignal,
  ): Promise<StoredObject | undefined> {
    const { onlyIf, size, hash } = put
    const target = this.#bucket.toTarget('put', name, key)
    const metadata = toS3Metadata(put, hash)
    const check = { operation: 'put', size, hash } as const
    for (let tries = 1; tries <= MOST_TRIES; tries++) {
      // oxlint-disable-next-line no-await-in-loop -- until nobody is faster
      const before = onlyIf && (await this.#bucket.find('put', name, key, signal))
      if (!holds(onlyIf, before)) {
        await cancelContent(content)
        return undefined
      }
      // a stream cannot be sent again
      if (tries > 1 && !(content instanceof Uint8Array)) break
      const unchanged = before === undefined ? { IfNoneMatch: '*' } : { IfMatch: `"${before.etag}"` }
      try {
        const input = { ...target, ...metadata, ...(onlyIf && unchanged), ContentLength: size }
        // oxlint-disable-next-line no-await-in-loop -- the same
        const { ETag } = await this.#bucket.upload(check, content, signal, (client, Body, abortSignal) =>
          client.send(new PutObjectCommand({ ...input, Body }), { abortSignal }),
        )
        // oxlint-disable-next-line no-await-in-loop -- once
        const after = await this.#bucket.find('put', name, key, signal)
        if (after?.etag === toEtag(ETag)) return after
        return toStored(key, { ...metadata, ETag, ContentLength: size, LastModified: new Date() })
      } catch (error) {
        if (!isConflict(error)) throw this.#bucket.fail('put', error)
      }
    }
    throw toBusy('put')
  }

  async delete(name: string, keys: readonly string[], signal?: AbortSignal): Promise<void> {
    const targets = keys.map((key) => this.#bucket.toTarget('delete', name, key))
    // one by one: the XML that names many has no word for some keys
    await forEach(targets, (target) =>
      this.#bucket.send('delete', (client) =>
        client.send(new DeleteObjectCommand(target), toOptions(signal)),
      ),
    )
  }

  async list(name: string, options: ListOptions, signal?: AbortSignal): Promise<ObjectListing> {
    const { prefix, limit, cursor, delimiter, startAfter, hasMetadata } = options
    const command = new ListObjectsV2Command({
      Bucket: this.#bucket.name,
      Prefix: `${name}/${prefix}`,
      MaxKeys: limit,
      // XML has no word for some keys
      EncodingType: 'url',
      ...(delimiter !== '' && { Delimiter: delimiter }),
      ...(startAfter !== undefined && { StartAfter: `${name}/${startAfter}` }),
      ...(cursor !== undefined && { ContinuationToken: cursor }),
    })
    const page = await this.#bucket.send('list', (client) => client.send(command, toOptions(signal)))
    const toOwn = (text = ''): string => {
      const key = page.EncodingType === 'url' ? decodeURIComponent(text.replaceAll('+', '%20')) : text
      if (key.startsWith(`${name}/`)) return key.slice(name.length + 1)
      throw r2Error('list', 'internal', 'the store listed what is not in the bucket', 'STORAGE_BROKEN')
    }
    const objects: (StoredObject | undefined)[] = (page.Contents ?? []).map((each) =>
      toStored(toOwn(each.Key), { ...each, ContentLength: each.Size }),
    )
    if (hasMetadata)
      await forEach([...objects.entries()], async ([index, each]) => {
        objects[index] = each && (await this.#bucket.find('list', name, each.key, signal))
      })
    return {
      objects: objects.filter((each) => each !== undefined),
      prefixes: (page.CommonPrefixes ?? []).map(({ Prefix }) => toOwn(Prefix)),
      cursor: page.IsTruncated === true ? page.NextContinuationToken : undefined,
    }
  }

  async createUpload(
    name: string,
    key: string,
    metadata: ObjectMetadata,
    _limits: BucketLimits,
    signal?: AbortSignal,
  ): Promise<string> {
    const operation = 'createMultipartUpload'
    const target = this.#bucket.toTarget(operation, name, key)
    const command = new CreateMultipartUploadCommand({ ...target, ...toS3Metadata(metadata) })
    const { UploadId = '' } = await this.#bucket.send(operation, (client) =>
      client.send(command, toOptions(signal)),
    )
    return UploadId
  }

  async uploadPart(
    name: string,
    { key, upload, part, size }: PartPut,
    content: Content,
    signal?: AbortSignal,
  ): Promise<string> {
    const operation = 'uploadPart'
    const target = { ...this.#bucket.toTarget(operation, name, key), UploadId: upload }
    const input = { ...target, PartNumber: part, ContentLength: size }
    const { ETag } = await this.#bucket.send(operation, () =>
      this.#bucket.upload({ operation, size }, content, signal, (client, Body, abortSignal) =>
        client.send(new UploadPartCommand({ ...input, Body }), { abortSignal }),
      ),
    )
    return toEtag(ETag)
  }

  async completeUpload(
    name: string,
    key: string,
    upload: string,
    parts: readonly UploadedPart[],
    _limits: BucketLimits,
    signal?: AbortSignal,
  ): Promise<StoredObject> {
    const operation = 'completeMultipartUpload'
    const target = { ...this.#bucket.toTarget(operation, name, key), UploadId: upload }
    return this.#bucket.send(operation, async (client) => {
      const selected = selectParts(parts, await this.#bucket.listParts(target, signal))
      const Parts = selected.map(({ part, md5 }) => ({ PartNumber: part, ETag: `"${md5}"` }))
      // S3 makes no object of no parts, but one of an empty part
      if (Parts.length === 0) {
        const empty = new UploadPartCommand({ ...target, PartNumber: 1, Body: '' })
        const { ETag = '' } = await client.send(empty, toOptions(signal))
        Parts.push({ PartNumber: 1, ETag })
      }
      const command = new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts } })
      await client.send(command, toOptions(signal))
      const made = await this.#bucket.find(operation, name, key, signal)
      if (made === undefined) throw r2Error(operation, 'internal', 'the object was deleted meanwhile')
      return made
    })
  }

  async abortUpload(name: string, key: string, upload: string, signal?: AbortSignal): Promise<void> {
    const operation = 'abortMultipartUpload'
    const target = { ...this.#bucket.toTarget(operation, name, key), UploadId: upload }
    await this.#bucket.send(operation, async (client) => {
      try {
        await client.send(new AbortMultipartUploadCommand(target), toOptions(signal))
      } catch (error) {
        if (!isMissing(error)) throw error
      }
    })
  }

  async forget(name: string): Promise<void> {
    const all = { prefix: '', limit: MOST_LISTED, delimiter: '', startAfter: undefined, hasMetadata: false }
    for (let cursor: string | undefined; ;) {
      // oxlint-disable-next-line no-await-in-loop -- a page after the other
      const page = await this.list(name, { ...all, cursor })
      // oxlint-disable-next-line no-await-in-loop -- the same
      await this.delete(
        name,
        page.objects.map(({ key }) => key),
      )
      cursor = page.cursor
      if (cursor === undefined) break
    }
    for (const { key, upload } of await this.#bucket.listUploads(name))
      // oxlint-disable-next-line no-await-in-loop -- there are few
      await this.abortUpload(name, key, upload)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bucket[Symbol.dispose]()
  }
}

function toBusy(operation: R2Operation): Error {
  const says = 'the object was changed by others meanwhile, again and again; nothing was changed'
  return r2Error(operation, 'internal', says, 'STORAGE_UNAVAILABLE')
}

/** Some at once. */
async function forEach<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const rest = items.values()
  const worker = async (): Promise<void> => {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, beside others
    for (const item of rest) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker))
}
