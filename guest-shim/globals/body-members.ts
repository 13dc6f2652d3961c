/**
 * The members that Request and Response have in common: the standard's mixin Body.
 */

import { extractMimeType, toMimeText } from '../wire/mime-type.ts'
import type { Body } from './body.ts'
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

const BOM = '\uFEFF'

async function readBytes({ body }: Message): Promise<Uint8Array<ArrayBuffer>> {
  return body === null ? new Uint8Array(0) : await body.readBytes()
}

/** A mark of the byte order is none of its characters. */
async function readText({ body }: Message): Promise<string> {
  if (body === null) return ''
  const text = body.isUnusable ? undefined : body.takeText()
  if (text === undefined) return decode(await body.readBytes())
  return text[0] === BOM ? slice(text, 1) : text
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
      const bytes = await readBytes(toMessage(this))
      return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : new Uint8Array(bytes).buffer
    },
    async blob(): Promise<Blob> {
      const message = toMessage(this)
      const type = message.contentType
      const mime = type === null ? undefined : extractMimeType(type)
      return new NativeBlob([await readBytes(message)], { type: mime === undefined ? '' : toMimeText(mime) })
    },
    async bytes(): Promise<Uint8Array> {
      return await readBytes(toMessage(this))
    },
    async formData(): Promise<FormData> {
      const message = toMessage(this)
      const type = message.contentType
      return readForm(await readBytes(message), type)
    },
    async json(): Promise<unknown> {
      return parseJson(await readText(toMessage(this)))
    },
    async text(): Promise<string> {
      return await readText(toMessage(this))
    },
  }
  const descriptors = getOwnPropertyDescriptors(members)
  for (const name of ownKeys(descriptors)) {
    defineProperty(prototype, name, descriptors[name as keyof typeof members] as PropertyDescriptor)
  }
}
