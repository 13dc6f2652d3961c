/**
 * Objects: what an object store can do, whichever engine has them. Keys are texts, ordered by the bytes of their UTF-8; a
 * bucket begins to exist with its first object. An object is replaced as a whole: who reads it meanwhile gets the one that was
 * there to its end. What is checked here is what only a store knows; the rest the host's half of the binding has checked.
 */

import type { Condition } from './condition.ts'
import type { RangeAsk } from './range.ts'

/** What the app says of an object besides its bytes. */
export interface ObjectMetadata {
  readonly http: HttpMetadata
  readonly custom: Readonly<Record<string, string>>
  readonly storageClass: string
}

/** As R2 names them; `cacheExpiry` in milliseconds since 1970. */
export interface HttpMetadata {
  readonly contentType?: string
  readonly contentLanguage?: string
  readonly contentDisposition?: string
  readonly contentEncoding?: string
  readonly cacheControl?: string
  readonly cacheExpiry?: number
}

/** Digests in hex. */
export type Checksums = { readonly [Name in HashName]?: string }
export const HASH_NAMES = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'] as const
export type HashName = (typeof HASH_NAMES)[number]

export interface StoredObject extends ObjectMetadata {
  readonly key: string
  readonly version: string
  readonly size: number
  readonly etag: string
  /** In milliseconds since 1970. */
  readonly uploaded: number
  readonly checksums: Checksums
}

/** Bytes that come or go. */
export type Content = Uint8Array | ReadableStream<Uint8Array>

export interface FoundObject {
  readonly object: StoredObject
  /** Undefined: the condition does not hold. */
  readonly found: { readonly offset: number; readonly length: number; readonly body: Content } | undefined
}

/** What a bucket may hold. */
export interface BucketLimits {
  readonly mostBytes: number
  /** Parts count as objects. */
  readonly mostObjects: number
}

export interface ObjectPut extends ObjectMetadata {
  /** Bytes of the content; other ones are refused. */
  readonly size: number
  /** What the content's digest must be. */
  readonly hash: { readonly name: HashName; readonly hex: string } | undefined
  readonly onlyIf: Condition | undefined
  readonly limits: BucketLimits
}

export interface PartPut {
  readonly key: string
  readonly upload: string
  readonly part: number
  readonly size: number
  readonly limits: BucketLimits
}

export interface UploadedPart {
  readonly partNumber: number
  readonly etag: string
}

export interface ListOptions {
  readonly prefix: string
  /** At least 1. */
  readonly limit: number
  /** What the listing before gave. */
  readonly cursor: string | undefined
  /** Empty: none. */
  readonly delimiter: string
  readonly startAfter: string | undefined
  /** Of each object what the app has said of it is asked for; else a store may leave that out. */
  readonly hasMetadata: boolean
}

export interface ObjectListing {
  readonly objects: readonly StoredObject[]
  readonly prefixes: readonly string[]
  /** Undefined: these were all. */
  readonly cursor: string | undefined
}

/** What is resolved of a change outlives a crash of the machine. `signal`: nobody waits for it any more. */
export interface ObjectStore extends AsyncDisposable {
  head(bucket: string, key: string, signal?: AbortSignal): Promise<StoredObject | undefined>
  get(
    bucket: string,
    key: string,
    range: RangeAsk | undefined,
    onlyIf: Condition | undefined,
    signal?: AbortSignal,
  ): Promise<FoundObject | undefined>
  /** Undefined: the condition does not hold, and nothing was changed. */
  put(
    bucket: string,
    key: string,
    put: ObjectPut,
    content: Content,
    signal?: AbortSignal,
  ): Promise<StoredObject | undefined>
  delete(bucket: string, keys: readonly string[], signal?: AbortSignal): Promise<void>
  list(bucket: string, options: ListOptions, signal?: AbortSignal): Promise<ObjectListing>
  /** Its name. */
  createUpload(
    bucket: string,
    key: string,
    metadata: ObjectMetadata,
    limits: BucketLimits,
    signal?: AbortSignal,
  ): Promise<string>
  /** The part's etag. */
  uploadPart(bucket: string, part: PartPut, content: Content, signal?: AbortSignal): Promise<string>
  completeUpload(
    bucket: string,
    key: string,
    upload: string,
    parts: readonly UploadedPart[],
    limits: BucketLimits,
    signal?: AbortSignal,
  ): Promise<StoredObject>
  abortUpload(bucket: string, key: string, upload: string, signal?: AbortSignal): Promise<void>
  /** All of the bucket, uploads included. */
  forget(bucket: string): Promise<void>
}
