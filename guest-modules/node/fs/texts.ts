/** Bytes and texts, as the functions of `node:fs` take and give them. */

import { Buffer } from '../buffer.ts'
import { invalidType, invalidValue } from '../invalid.ts'

/** Options of most functions: an encoding, or an object that has one. */
export type Options = { readonly encoding?: string | null; readonly [name: string]: unknown }

export function toOptions(given: unknown): Options {
  const options = typeof given === 'string' ? { encoding: given } : (given ?? {})
  if (typeof options !== 'object') throw invalidType('options', 'one of type string or object', given)
  const { encoding } = options as Options
  if (encoding !== undefined && encoding !== null && encoding !== 'buffer' && !Buffer.isEncoding(encoding))
    throw invalidValue('encoding', 'is invalid encoding', encoding)
  return options as Options
}

/** What is written. */
export function toBytes(data: unknown, encoding?: string | null): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data, (encoding ?? 'utf8') as BufferEncoding)
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  throw invalidType('data', 'of type string or an instance of Buffer, TypedArray, or DataView', data)
}

/** What a file has: a text in an encoding, or a copy of the bytes. */
export function toContent(bytes: Uint8Array, { encoding }: Options): string | Buffer {
  const copy = Buffer.from(bytes)
  return isText(encoding) ? copy.toString(encoding as BufferEncoding) : copy
}

/** A name: a text unless bytes are asked for. */
export function toName(name: string, { encoding }: Options): string | Buffer {
  const bytes = Buffer.from(name)
  if (encoding === 'buffer') return bytes
  return isText(encoding) && encoding !== 'utf8' ? bytes.toString(encoding as BufferEncoding) : name
}

const isText = (encoding: string | null | undefined): boolean =>
  encoding !== undefined && encoding !== null && encoding !== 'buffer'
