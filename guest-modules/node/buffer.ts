/** `node:buffer`, and the global `Buffer` of a bundle that uses one. */

import * as unenv from 'unenv/node/buffer'

const MOST_CHARS = 2 ** 30 - 2

const base = unenv.default as unknown as typeof import('node:buffer')
const { File, INSPECT_MAX_BYTES, kMaxLength, resolveObjectURL } = base
const { SlowBuffer } = unenv

export const { Buffer } = base
export type Buffer = InstanceType<typeof Buffer>

addBase64Url()

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

/** The encoding that has come to Node.js since: base64 with other signs, of which the decoder knows both. */
function addBase64Url(): void {
  const { byteLength, from, isEncoding } = Buffer as unknown as Record<
    string,
    (...args: unknown[]) => unknown
  >
  // oxlint-disable-next-line typescript/unbound-method -- they are called with a `this` of their own
  const { toString, write } = Buffer.prototype
  const isUrl = (encoding: unknown) => typeof encoding === 'string' && encoding.toLowerCase() === 'base64url'
  const known = (args: unknown[]) => args.map((arg, i) => (i > 0 && isUrl(arg) ? 'base64' : arg))
  const toUrl = (text: string) => text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  Object.assign(Buffer, {
    from: (...args: unknown[]) => Reflect.apply(from!, Buffer, known(args)),
    byteLength: (...args: unknown[]) => Reflect.apply(byteLength!, Buffer, known(args)),
    isEncoding: (encoding: unknown) => isUrl(encoding) || isEncoding!(encoding),
  })
  Object.assign(Buffer.prototype, {
    toString(this: unknown, ...args: unknown[]) {
      if (!isUrl(args[0])) return Reflect.apply(toString, this, args)
      return toUrl(String(Reflect.apply(toString, this, ['base64', ...args.slice(1)])))
    },
    write(this: unknown, ...args: unknown[]) {
      return Reflect.apply(write, this, known(args))
    },
  })
}
