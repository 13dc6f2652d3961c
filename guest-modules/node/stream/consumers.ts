/** `node:stream/consumers` */

import { Buffer } from '../buffer.ts'

type Source = AsyncIterable<unknown>

export async function buffer(source: Source): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of source)
    parts.push(typeof part === 'string' ? Buffer.from(part) : Buffer.from(part as Uint8Array))
  return Buffer.concat(parts)
}

export async function arrayBuffer(source: Source): Promise<ArrayBuffer> {
  const { buffer: bytes, byteOffset, byteLength } = await buffer(source)
  return bytes.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer
}

export async function blob(source: Source): Promise<Blob> {
  return new Blob([await arrayBuffer(source)])
}

export async function text(source: Source): Promise<string> {
  return new TextDecoder().decode(await arrayBuffer(source))
}

export async function json(source: Source): Promise<unknown> {
  return JSON.parse(await text(source)) as unknown
}

export default { arrayBuffer, blob, buffer, json, text }
