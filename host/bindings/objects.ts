/**
 * Objects (wit/objects.wit): checks what the guest passes, and starts calls; data.ts has what becomes of them. The limits and
 * messages are R2's, so that an app that handles them there handles them here.
 */
import { isUtf8 } from 'node:buffer'
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-objects.d.ts'
import type { BucketLimits } from '../storage/objects/object-store.ts'
import type { ObjectCall } from '../storage/objects/open.ts'
import { r2Error } from '../storage/objects/r2-error.ts'
import type { R2Operation } from '../storage/objects/r2-error.ts'
import type { BindingContext } from './binding.ts'
import type { DataAsk, DataBinding } from './data.ts'
import {
  parseJson,
  toCondition,
  toKeys,
  toListing,
  toMetadata,
  toParts,
  toPut,
  toRangeAsk,
} from './object-options.ts'
import { PassiveBinding } from './passive-binding.ts'

const MOST_KEY_BYTES = 1024
const MOST_UPLOAD_BYTES = 1024
/** Of an object that is put at once, and of a part. */
const MOST_BYTES = 5 * 1024 ** 3
const MOST_PARTS = 10_000

const KIND = 'r2'

class ObjectsBinding extends PassiveBinding {
  readonly #data: DataBinding
  readonly #limits: BucketLimits

  constructor(data: DataBinding, limits: BucketLimits) {
    super()
    this.#data = data
    this.#limits = limits
  }

  readonly imports = {
    head: (id: number, bucket: Uint8Array, key: Uint8Array): void =>
      this.#data.start(id, KIND, bucket, () => ask({ op: 'head', args: { key: toKey('head', key) } })),
    get: (id: number, bucket: Uint8Array, key: Uint8Array, options: Uint8Array): void =>
      this.#data.start(id, KIND, bucket, () => {
        const given = parseJson('get', options)
        const range = toRangeAsk(given)
        return ask({ op: 'get', args: { key: toKey('get', key), range, onlyIf: toCondition('get', given) } })
      }),
    put: (
      id: number,
      bucket: Uint8Array,
      key: Uint8Array,
      options: Uint8Array,
      size: number,
      value: Uint8Array,
      more: boolean,
    ): void =>
      this.#data.start(id, KIND, bucket, () => {
        const put = {
          ...toPut(parseJson('put', options, 'metadata')),
          size: toSize('put', size),
          limits: this.#limits,
        }
        return { ...ask({ op: 'put', args: { key: toKey('put', key), put } }), body: value, more }
      }),
    delete: (id: number, bucket: Uint8Array, keys: Uint8Array): void =>
      this.#data.start(id, KIND, bucket, () => {
        const texts = toKeys(parseJson('delete', keys))
        for (const key of texts) checkKey('delete', Buffer.byteLength(key))
        return ask({ op: 'delete', args: { keys: texts } })
      }),
    list: (id: number, bucket: Uint8Array, options: Uint8Array): void =>
      this.#data.start(id, KIND, bucket, () =>
        ask({ op: 'list', args: toListing(parseJson('list', options)) }),
      ),
    createUpload: (id: number, bucket: Uint8Array, key: Uint8Array, options: Uint8Array): void =>
      this.#data.start(id, KIND, bucket, () => {
        const operation = 'createMultipartUpload'
        const metadata = toMetadata(operation, parseJson(operation, options, 'metadata'))
        return ask({
          op: 'create-upload',
          args: { key: toKey(operation, key), metadata, limits: this.#limits },
        })
      }),
    uploadPart: (
      id: number,
      bucket: Uint8Array,
      key: Uint8Array,
      upload: Uint8Array,
      part: number,
      size: number,
      value: Uint8Array,
      more: boolean,
    ): void =>
      this.#data.start(id, KIND, bucket, () => {
        const operation = 'uploadPart'
        if (part < 1 || part > MOST_PARTS) throw r2Error(operation, 'argument')
        const args = {
          key: toKey(operation, key),
          upload: toUpload(operation, upload),
          part,
          size: toSize(operation, size),
          limits: this.#limits,
        }
        return { ...ask({ op: 'upload-part', args }), body: value, more }
      }),
    completeUpload: (
      id: number,
      bucket: Uint8Array,
      key: Uint8Array,
      upload: Uint8Array,
      parts: Uint8Array,
    ): void =>
      this.#data.start(id, KIND, bucket, () => {
        const operation = 'completeMultipartUpload'
        const args = {
          key: toKey(operation, key),
          upload: toUpload(operation, upload),
          parts: toParts(parseJson(operation, parts)),
          limits: this.#limits,
        }
        return ask({ op: 'complete-upload', args })
      }),
    abortUpload: (id: number, bucket: Uint8Array, key: Uint8Array, upload: Uint8Array): void =>
      this.#data.start(id, KIND, bucket, () => {
        const operation = 'abortMultipartUpload'
        const args = { key: toKey(operation, key), upload: toUpload(operation, upload) }
        return ask({ op: 'abort-upload', args })
      }),
  } satisfies typeof Wit
}

/** Holds a call to what the store takes. */
function ask(call: ObjectCall): DataAsk {
  return call
}

function toKey(operation: R2Operation, key: Uint8Array): string {
  checkKey(operation, key.length)
  if (!isUtf8(key)) throw r2Error(operation, 'name')
  return Buffer.from(key).toString()
}

function checkKey(operation: R2Operation, length: number): void {
  if (length > MOST_KEY_BYTES) throw r2Error(operation, 'name')
}

function toUpload(operation: R2Operation, upload: Uint8Array): string {
  if (upload.length < 1 || upload.length > MOST_UPLOAD_BYTES || !isUtf8(upload))
    throw r2Error(operation, 'upload')
  return Buffer.from(upload).toString()
}

function toSize(operation: R2Operation, size: number): number {
  if (!Number.isSafeInteger(size) || size < 0) throw r2Error(operation, 'argument')
  if (size > MOST_BYTES) throw r2Error(operation, 'tooLarge')
  return size
}

export const bind = ({ data, bucketLimits }: BindingContext): ObjectsBinding =>
  new ObjectsBinding(data, bucketLimits)
