/** Objects on the host: calls as the app's `R2Bucket` (lazy/r2.ts) makes them. */

import {
  abortUpload,
  completeUpload,
  createUpload,
  delete as remove,
  get,
  head,
  list,
  put,
  uploadPart,
} from 'nano:workers/objects'
import type { Bytes } from '../globals/buffer-source.ts'
import { encode, toJson } from '../globals/primordials.ts'
import type { ReadableStream } from '../globals/streams.ts'
import loadR2 from '../lazy/r2.ts?lazy'
import type { GuestBinding } from './binding.ts'
import { type Answer, sendCall, startCall } from './data.ts'

/** What is to be kept, and how many bytes that is. */
export interface Value {
  readonly body: Bytes | ReadableStream<Uint8Array>
  readonly size: number
}

/** The calls of one bucket. Options are what JSON can say. */
export class BucketHost {
  readonly #name: Bytes

  /** `name`: the binding's in `env`. */
  constructor(name: string) {
    this.#name = encode(name)
  }

  head(key: string): Promise<Answer> {
    return startCall((id) => head(id, this.#name, encode(key)))
  }

  get(key: string, options: object): Promise<Answer> {
    return startCall((id) => get(id, this.#name, encode(key), encode(toJson(options))))
  }

  put(key: string, { body, size }: Value, options: object): Promise<Answer> {
    const json = encode(toJson(options))
    return sendCall(body, (id, first, more) => put(id, this.#name, encode(key), json, size, first, more))
  }

  delete(keys: readonly string[]): Promise<Answer> {
    return startCall((id) => remove(id, this.#name, encode(toJson(keys))))
  }

  list(options: object): Promise<Answer> {
    return startCall((id) => list(id, this.#name, encode(toJson(options))))
  }

  createUpload(key: string, options: object): Promise<Answer> {
    return startCall((id) => createUpload(id, this.#name, encode(key), encode(toJson(options))))
  }

  uploadPart(key: string, upload: string, part: number, { body, size }: Value): Promise<Answer> {
    return sendCall(body, (id, first, more) =>
      uploadPart(id, this.#name, encode(key), encode(upload), part, size, first, more),
    )
  }

  completeUpload(key: string, upload: string, parts: readonly object[]): Promise<Answer> {
    return startCall((id) =>
      completeUpload(id, this.#name, encode(key), encode(upload), encode(toJson(parts))),
    )
  }

  abortUpload(key: string, upload: string): Promise<Answer> {
    return startCall((id) => abortUpload(id, this.#name, encode(key), encode(upload)))
  }
}

type Part = () => { readonly R2Bucket: new (host: BucketHost) => unknown }

export const binding: GuestBinding = {
  events: {},
  kinds: { r2: (_settings, name) => new ((loadR2 as Part)().R2Bucket)(new BucketHost(name)) },
}
