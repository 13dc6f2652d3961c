/** What the functions of `node:crypto` take as data. */

import { Buffer } from '../buffer.ts'

export type Data = string | ArrayBuffer | ArrayBufferView

export function toBytes(data: Data, encoding?: BufferEncoding): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data, encoding)
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  throw Object.assign(
    new TypeError(
      `expected a string, an ArrayBuffer or a view as data, got ${data === null ? 'null' : typeof data}`,
    ),
    { code: 'ERR_INVALID_ARG_TYPE' },
  )
}

/** A Buffer of the same bytes: what the host computed. */
export function toBuffer(bytes: unknown): Buffer {
  const { buffer, byteOffset, length } = bytes as Uint8Array<ArrayBuffer>
  return Buffer.from(buffer, byteOffset, length)
}
