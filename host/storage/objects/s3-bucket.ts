/**
 * The bucket of a store that speaks S3's protocol, with the requests that R2's operations are made of. One bucket has the objects
 * of all apps: an object's key there is `<bucket of the app>/<key>`.
 */

import { addAbortSignal, Readable } from 'node:stream'

import {
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
} from '@aws-sdk/client-s3'
import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3'

import type { S3Settings } from '../../config/storage-settings.ts'
import { checkContent } from './checked-content.ts'
import type { ContentCheck } from './checked-content.ts'
import type { Content, FoundObject, StoredObject } from './object-store.ts'
import { r2Error } from './r2-error.ts'
import type { R2Operation } from './r2-error.ts'
import type { Range } from './range.ts'
import { isConflict, isMissing, toClient, toS3Failure } from './s3-client.ts'
import { toEtag, toStored } from './s3-metadata.ts'

/** What is answered at once, and not as a stream. */
const WHOLE_BYTES = 256 * 1024

/** An object as requests name it. */
export interface S3Target {
  readonly Bucket: string
  readonly Key: string
}

export class S3Bucket implements Disposable {
  readonly name: string
  readonly #client: S3Client
  readonly #log: (text: string) => void
  #logged = ''

  constructor(settings: S3Settings, log: (text: string) => void) {
    this.name = settings.bucket
    this.#client = toClient(settings)
    this.#log = log
  }

  toTarget(operation: R2Operation, bucket: string, key: string): S3Target {
    if (!UNSAFE.test(key)) return { Bucket: this.name, Key: `${bucket}/${key}` }
    const says =
      'expected a key without the segments "." and ".." and without NUL, for the store behind this bucket'
    throw r2Error(operation, 'name', says)
  }

  /** What is there now. */
  async find(
    operation: R2Operation,
    name: string,
    key: string,
    signal: AbortSignal | undefined,
  ): Promise<StoredObject | undefined> {
    const command = new HeadObjectCommand(this.toTarget(operation, name, key))
    try {
      return toStored(key, await this.#client.send(command, toOptions(signal)))
    } catch (error) {
      if (isMissing(error)) return undefined
      throw this.fail(operation, error)
    }
  }

  /** Uploads of several parts that are under way. */
  async listUploads(name: string): Promise<{ key: string; upload: string }[]> {
    const uploads: { key: string; upload: string }[] = []
    for (let markers = {}; ;) {
      const command = new ListMultipartUploadsCommand({ Bucket: this.name, Prefix: `${name}/`, ...markers })
      // oxlint-disable-next-line no-await-in-loop -- goes on behind the ones before
      const page = await this.send('list', (client) => client.send(command))
      for (const { Key = '', UploadId = '' } of page.Uploads ?? [])
        uploads.push({ key: Key.slice(name.length + 1), upload: UploadId })
      if (page.IsTruncated !== true) return uploads
      markers = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
    }
  }

  async listParts(
    target: S3Target & { readonly UploadId: string },
    signal: AbortSignal | undefined,
  ): Promise<{ part: number; size: number; md5: string }[]> {
    const uploaded: { part: number; size: number; md5: string }[] = []
    for (let marker: string | undefined; ;) {
      const command = new ListPartsCommand({
        ...target,
        ...(marker !== undefined && { PartNumberMarker: marker }),
      })
      // oxlint-disable-next-line no-await-in-loop -- goes on behind the ones before
      const page = await this.#client.send(command, toOptions(signal))
      for (const { PartNumber = 0, Size = 0, ETag } of page.Parts ?? [])
        uploaded.push({ part: PartNumber, size: Size, md5: toEtag(ETag) })
      if (page.IsTruncated !== true) return uploaded
      marker = page.NextPartNumberMarker
    }
  }

  /** `part`: of what was found before, as long as it is what is there. */
  async read(
    name: string,
    key: string,
    part: { readonly object: StoredObject; readonly range: Range } | undefined,
    signal: AbortSignal | undefined,
  ): Promise<FoundObject | undefined> {
    const command = new GetObjectCommand({
      ...this.toTarget('get', name, key),
      ...(part && { IfMatch: `"${part.object.etag}"`, Range: toHeader(part.range) }),
    })
    let got: GetObjectCommandOutput
    try {
      got = await this.#client.send(command, toOptions(signal))
    } catch (error) {
      if (isMissing(error)) return undefined
      if (part !== undefined && isConflict(error)) throw error
      throw this.fail('get', error)
    }
    const object = part?.object ?? toStored(key, got)
    const { offset, length } = part?.range ?? { offset: 0, length: object.size }
    const body = got.Body as Readable | undefined
    if (body === undefined) return { object, found: { offset, length, body: new Uint8Array(0) } }
    if (signal !== undefined) addAbortSignal(signal, body)
    const chunks = this.#receive(body)
    if (length > WHOLE_BYTES) return { object, found: { offset, length, body: ReadableStream.from(chunks) } }
    return { object, found: { offset, length, body: Buffer.concat(await Array.fromAsync(chunks)) } }
  }

  async *#receive(body: Readable): AsyncGenerator<Uint8Array, undefined> {
    try {
      yield* body as AsyncIterable<Uint8Array>
    } catch (error) {
      throw this.fail('get', error)
    }
  }

  /** Sends a content, as long as it is what was said. */
  async upload<T>(
    check: ContentCheck,
    content: Content,
    signal: AbortSignal | undefined,
    send: (client: S3Client, body: Uint8Array | Readable, abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const stop = new AbortController()
    const both = AbortSignal.any([stop.signal, ...(signal === undefined ? [] : [signal])])
    const chunks = checkContent(content, check)
    if (content instanceof Uint8Array) {
      await Array.fromAsync(chunks)
      return send(this.#client, content, both)
    }
    const body = Readable.from(chunks, { objectMode: false })
    let failure: unknown
    body.once('error', (error) => {
      failure = error
      // a request does not end with its body
      stop.abort()
    })
    try {
      return await send(this.#client, body, both)
    } catch (error) {
      throw failure ?? error
    } finally {
      body.destroy()
    }
  }

  /** Whatever else is asked for. */
  async send<T>(operation: R2Operation, make: (client: S3Client) => Promise<T>): Promise<T> {
    try {
      return await make(this.#client)
    } catch (error) {
      throw this.fail(operation, error)
    }
  }

  /** What the app is told of it. */
  fail(operation: R2Operation, error: unknown): Error {
    return toS3Failure(operation, error, (text) => {
      // it is said again with each call
      if (text !== this.#logged) this.#log(`storage: ${text}`)
      this.#logged = text
    })
  }

  [Symbol.dispose](): void {
    this.#client.destroy()
  }
}

/** Segments that servers and proxies on the way may take for a way out of the bucket, and what no store takes. */
// oxlint-disable-next-line no-control-regex -- that one
const UNSAFE = /(?:^|\/)\.\.?(?:\/|$)|\0/

export function toOptions(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal }
}

function toHeader({ offset, length }: Range): string {
  return `bytes=${offset}-${offset + length - 1}`
}
