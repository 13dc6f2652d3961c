/**
 * The members that Request and Response have in common: the standard's mixin Body.
 */

import { extractMimeType, toMimeText } from '../wire/mime-type.ts'
import type { Body } from './body.ts'
import type { Bytes } from './buffer-source.ts'
import { readForm } from './form.ts'
import {
  decode,
  defineProperty,
  getOwnPropertyDescriptors,
  NativeBlob,
  ownKeys,
  parseJson,
  slice,
} from './primordials.ts'

/** What the members need of a message. */
export interface Message {
  readonly body: Body | null
  /** Its content type, if it has one. */
  readonly contentType: string | null
}

/** What `addBodyMembers` adds. */
export interface BodyMembers {
  readonly body: ReadableStream<Uint8Array> | null
  readonly bodyUsed: boolean
  arrayBuffer(): Promise<ArrayBuffer>
  blob(): Promise<Blob>
  bytes(): Promise<Uint8Array>
  formData(): Promise<FormData>
  json(): Promise<unknown>
  text(): Promise<string>
}

const BOM = String.fromCharCode(0xfeff)

/** A mark of the byte order is none of its characters. */
async function readText(body: Body | null): Promise<string> {
  if (body === null) return ''
  const text = body.takeText()
  if (text === undefined) return await body.read(decode)
  return text[0] === BOM ? slice(text, 1) : text
}

async function read<T>(body: Body | null, convert: (bytes: Bytes) => T): Promise<T> {
  return body === null ? convert(new Uint8Array(0)) : await body.read(convert)
}

const toBuffer = (bytes: Bytes): ArrayBuffer =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : new Uint8Array(bytes).buffer

/** A body that can be read; throws at once for another. */
function expectBody({ body }: Message): Body | null {
  body?.expectUsable()
  return body
}

/** `toMessage` throws for what is none. */
export function addBodyMembers(prototype: object, toMessage: (of: unknown) => Message): void {
  const members = {
    get body(): ReadableStream<Uint8Array> | null {
      return toMessage(this).body?.toStream() ?? null
    },
    get bodyUsed(): boolean {
      return toMessage(this).body?.isUsed ?? false
    },
    async arrayBuffer(): Promise<ArrayBuffer> {
      return await read(expectBody(toMessage(this)), toBuffer)
    },
    async blob(): Promise<Blob> {
      const message = toMessage(this)
      const body = expectBody(message)
      const type = message.contentType
      const mime = type === null ? undefined : extractMimeType(type)
      const options = { type: mime === undefined ? '' : toMimeText(mime) }
      return await read(body, (bytes) => new NativeBlob([bytes], options))
    },
    async bytes(): Promise<Uint8Array> {
      return await read(expectBody(toMessage(this)), (bytes) => bytes)
    },
    async formData(): Promise<FormData> {
      const message = toMessage(this)
      const body = expectBody(message)
      const type = message.contentType
      return await read(body, (bytes) => readForm(bytes, type))
    },
    async json(): Promise<unknown> {
      return parseJson(await readText(expectBody(toMessage(this))))
    },
    async text(): Promise<string> {
      return await readText(expectBody(toMessage(this)))
    },
  }
  const descriptors = getOwnPropertyDescriptors(members)
  for (const name of ownKeys(descriptors)) {
    defineProperty(prototype, name, descriptors[name as keyof typeof members])
  }
}
