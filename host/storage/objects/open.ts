/** The store for buckets: its operations as calls, on the engine that the configuration names. */

import type { Store, StoreAnswer, StoreCall, StoreOptions } from '../store.ts'
import type { Condition } from './condition.ts'
import { openFileObjects } from './file-objects.ts'
import type {
  BucketLimits,
  ListOptions,
  ObjectMetadata,
  ObjectPut,
  ObjectStore,
  PartPut,
  StoredObject,
  UploadedPart,
} from './object-store.ts'
import { toR2Error } from './r2-error.ts'
import type { R2Operation } from './r2-error.ts'
import type { Range, RangeAsk } from './range.ts'

/** What `host/bindings/objects.ts` asks for. */
export type ObjectCall =
  | { readonly op: 'head'; readonly args: { readonly key: string } }
  | {
      readonly op: 'get'
      readonly args: {
        readonly key: string
        readonly range: RangeAsk | undefined
        readonly onlyIf: Condition | undefined
      }
    }
  | { readonly op: 'put'; readonly args: { readonly key: string; readonly put: ObjectPut } }
  | { readonly op: 'delete'; readonly args: { readonly keys: readonly string[] } }
  | {
      readonly op: 'list'
      readonly args: { readonly options: Omit<ListOptions, 'hasMetadata'>; readonly include: Include }
    }
  | {
      readonly op: 'create-upload'
      readonly args: {
        readonly key: string
        readonly metadata: ObjectMetadata
        readonly limits: BucketLimits
      }
    }
  | { readonly op: 'upload-part'; readonly args: PartPut }
  | {
      readonly op: 'complete-upload'
      readonly args: {
        readonly key: string
        readonly upload: string
        readonly parts: readonly UploadedPart[]
        readonly limits: BucketLimits
      }
    }
  | { readonly op: 'abort-upload'; readonly args: { readonly key: string; readonly upload: string } }

/** What a listing says of each object besides the rest. */
export interface Include {
  readonly http: boolean
  readonly custom: boolean
}

const ALL: Include = { http: true, custom: true }

export async function openObjects(options: StoreOptions): Promise<Store> {
  const { s3 } = options.settings.r2 ?? {}
  if (s3 === undefined) return toStore(await openFileObjects(options))
  const { openS3Objects } = await import('./s3-objects.ts')
  return toStore(await openS3Objects(s3, options.log))
}

const OPERATIONS: Readonly<Record<ObjectCall['op'], R2Operation>> = {
  head: 'head',
  get: 'get',
  put: 'put',
  delete: 'delete',
  list: 'list',
  'create-upload': 'createMultipartUpload',
  'upload-part': 'uploadPart',
  'complete-upload': 'completeMultipartUpload',
  'abort-upload': 'abortMultipartUpload',
}

/** An object store as calls. */
export function toStore(objects: ObjectStore): Store {
  return {
    call: async ({ key, op, args, body, signal }) => {
      const call = { op, args } as ObjectCall
      try {
        return await run(objects, key, call, body, signal)
      } catch (error) {
        throw toR2Error(OPERATIONS[call.op], error)
      }
    },
    forget: (key) => objects.forget(key),
    [Symbol.asyncDispose]: () => objects[Symbol.asyncDispose](),
  }
}

async function run(
  store: ObjectStore,
  bucket: string,
  call: ObjectCall,
  body: StoreCall['body'],
  signal: AbortSignal,
): Promise<StoreAnswer> {
  switch (call.op) {
    case 'head': {
      const object = await store.head(bucket, call.args.key, signal)
      return { meta: toMeta(object, ALL, object && { offset: 0, length: object.size }) }
    }
    case 'get': {
      const { key, range, onlyIf } = call.args
      const answer = await store.get(bucket, key, range, onlyIf, signal)
      if (answer === undefined) return { meta: null }
      const { object, found } = answer
      if (found === undefined) return { meta: { object: toMeta(object), found: false } }
      return { meta: { object: toMeta(object, ALL, found), found: true }, body: found.body }
    }
    case 'put':
      return { meta: toMeta(await store.put(bucket, call.args.key, call.args.put, body, signal)) }
    case 'delete':
      await store.delete(bucket, call.args.keys, signal)
      return { meta: null }
    case 'list': {
      const { options, include } = call.args
      const hasMetadata = include.http || include.custom
      const { objects, prefixes, cursor } = await store.list(bucket, { ...options, hasMetadata }, signal)
      const listed = objects.map((each) => toMeta(each, include))
      return {
        meta: { objects: listed, truncated: cursor !== undefined, cursor, delimitedPrefixes: prefixes },
      }
    }
    case 'create-upload': {
      const { key, metadata, limits } = call.args
      return { meta: await store.createUpload(bucket, key, metadata, limits, signal) }
    }
    case 'upload-part':
      return { meta: await store.uploadPart(bucket, call.args, body, signal) }
    case 'complete-upload': {
      const { key, upload, parts, limits } = call.args
      return { meta: toMeta(await store.completeUpload(bucket, key, upload, parts, limits, signal)) }
    }
    default: {
      const { key, upload } = call.args
      await store.abortUpload(bucket, key, upload, signal)
      return { meta: null }
    }
  }
}

/** As wit/objects.wit says it. */
function toMeta(object: StoredObject | undefined, include = ALL, range?: Range) {
  if (object === undefined) return null
  const { http, custom, ...rest } = object
  return {
    ...rest,
    ...(include.http && { httpMetadata: http }),
    ...(include.custom && { customMetadata: custom }),
    ...(range && { range: { offset: range.offset, length: range.length } }),
  }
}
