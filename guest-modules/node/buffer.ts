/** `node:buffer`, and the global `Buffer` of a bundle that uses one. */

import * as unenv from 'unenv/node/buffer'
import { quicken } from './buffer-text.ts'

const MOST_CHARS = 2 ** 30 - 2

const base = unenv.default as unknown as typeof import('node:buffer')
const { File, INSPECT_MAX_BYTES, kMaxLength, resolveObjectURL } = base
const { SlowBuffer } = unenv

export const { Buffer } = base
export type Buffer = InstanceType<typeof Buffer>

quicken(Buffer)
for (const end of ['LE', 'BE'] as const) {
  // both spellings are Node.js's
  Object.defineProperties(Buffer.prototype, {
    [`readBigUint64${end}`]: {
      value: Buffer.prototype[`readBigUInt64${end}`],
      writable: true,
      configurable: true,
    },
    [`writeBigUint64${end}`]: {
      value: Buffer.prototype[`writeBigUInt64${end}`],
      writable: true,
      configurable: true,
    },
  })
}

const globals = globalThis as { Buffer?: unknown }
globals.Buffer ??= Buffer

export { File, INSPECT_MAX_BYTES, kMaxLength, resolveObjectURL, SlowBuffer }
export const Blob = globalThis.Blob
export const atob = (text: string): string => globalThis.atob(text)
export const btoa = (text: string): string => globalThis.btoa(text)
export const kStringMaxLength = MOST_CHARS
export const constants = { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: MOST_CHARS }

type Bytes = ArrayBuffer | Uint8Array<ArrayBuffer>

export function isUtf8(input: Bytes): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(input)
    return true
  } catch {
    return false
  }
}

export function isAscii(input: Bytes): boolean {
  return new Uint8Array(input).every((byte) => byte < 0x80)
}

export function transcode(source: Uint8Array, from: BufferEncoding, to: BufferEncoding): Buffer {
  return Buffer.from(Buffer.from(source).toString(from), to)
}

export default {
  ...base,
  Blob,
  atob,
  btoa,
  kStringMaxLength,
  constants,
  isUtf8,
  isAscii,
  transcode,
}
