/** `R2Bucket`, as Cloudflare documents it. The host checks what is given, and says what is wrong. */

import type { BucketHost } from '../bindings/objects.ts'
import { finishInterface, isObject, requireArguments, toScalarText, toText } from '../globals/web-idl.ts'
import { type Meta, R2Object, R2ObjectBody } from './r2-object.ts'
import {
  noValue,
  toGetOptions,
  toListOptions,
  toMetadataOptions,
  toPutOptions,
  toValue,
} from './r2-options.ts'

interface Got {
  readonly object: Meta
  /** The condition holds. */
  readonly found: boolean
}

interface Listed {
  readonly objects: readonly Meta[]
  readonly truncated: boolean
  readonly cursor?: string
  readonly delimitedPrefixes: readonly string[]
}

interface UploadedPart {
  readonly partNumber: number
  readonly etag: string
}

const MOST_PARTS = 10_000

export class R2Bucket {
  readonly #host: BucketHost

  constructor(host: BucketHost) {
    this.#host = host
  }

  async head(key: unknown): Promise<R2Object | null> {
    requireArguments(arguments.length, 1, 'R2Bucket.head')
    const { meta } = await this.#host.head(toScalarText(key))
    return toObject(meta)
  }

  async get(key: unknown, options: unknown = undefined): Promise<R2Object | R2ObjectBody | null> {
    requireArguments(arguments.length, 1, 'R2Bucket.get')
    const answer = await this.#host.get(toScalarText(key), toGetOptions(options))
    if (answer.meta === null) return null
    const { object, found } = answer.meta as Got
    return found ? new R2ObjectBody(object, answer) : new R2Object(object)
  }

  async put(key: unknown, value: unknown, options: unknown = undefined): Promise<R2Object | null> {
    requireArguments(arguments.length, 2, 'R2Bucket.put')
    const given = toPutOptions(options)
    const { meta } = await this.#host.put(toScalarText(key), toValue(value), given)
    return toObject(meta)
  }

  async delete(keys: unknown): Promise<void> {
    requireArguments(arguments.length, 1, 'R2Bucket.delete')
    await this.#host.delete(Array.isArray(keys) ? keys.map(toScalarText) : [toScalarText(keys)])
  }

  async list(options: unknown = undefined): Promise<unknown> {
    const { meta } = await this.#host.list(toListOptions(options))
    const { objects, truncated, cursor, delimitedPrefixes } = meta as Listed
    return {
      objects: objects.map((each) => new R2Object(each)),
      truncated,
      ...(cursor === undefined ? {} : { cursor }),
      delimitedPrefixes,
    }
  }

  async createMultipartUpload(key: unknown, options: unknown = undefined): Promise<R2MultipartUpload> {
    requireArguments(arguments.length, 1, 'R2Bucket.createMultipartUpload')
    const name = toScalarText(key)
    const { meta } = await this.#host.createUpload(name, toMetadataOptions(options))
    return new R2MultipartUpload(this.#host, name, meta as string)
  }

  resumeMultipartUpload(key: unknown, uploadId: unknown): R2MultipartUpload {
    requireArguments(arguments.length, 2, 'R2Bucket.resumeMultipartUpload')
    return new R2MultipartUpload(this.#host, toScalarText(key), toScalarText(uploadId))
  }
}

export class R2MultipartUpload {
  readonly key: string
  readonly uploadId: string
  readonly #host: BucketHost

  constructor(host: BucketHost, key: string, uploadId: string) {
    this.#host = host
    this.key = key
    this.uploadId = uploadId
  }

  async uploadPart(partNumber: unknown, value: unknown): Promise<UploadedPart> {
    const number = toPartNumber(partNumber)
    if (value === undefined || value === null) throw noValue()
    const { meta } = await this.#host.uploadPart(this.key, this.uploadId, number, toValue(value))
    return { partNumber: number, etag: meta as string }
  }

  async complete(uploadedParts: unknown): Promise<R2Object | null> {
    if (!Array.isArray(uploadedParts)) throw new TypeError('complete: expected a list of uploaded parts')
    const parts = uploadedParts.map((each: unknown) => {
      const { partNumber, etag } = (isObject(each) ? each : {}) as Partial<UploadedPart>
      return { partNumber: toPartNumber(partNumber), etag: toText(etag) }
    })
    const { meta } = await this.#host.completeUpload(this.key, this.uploadId, parts)
    return toObject(meta)
  }

  async abort(): Promise<void> {
    await this.#host.abortUpload(this.key, this.uploadId)
  }
}

function toObject(meta: unknown): R2Object | null {
  return meta === null ? null : new R2Object(meta as Meta)
}

function toPartNumber(value: unknown): number {
  const number = Math.trunc(Number(value))
  if (number >= 1 && number <= MOST_PARTS) return number
  throw new TypeError(
    `Part number must be between 1 and ${MOST_PARTS} (inclusive). Actual value was: ${toText(value)}`,
  )
}

finishInterface(R2Bucket, 'R2Bucket')
finishInterface(R2MultipartUpload, 'R2MultipartUpload')
