/**
 * Texts of a `Buffer`, by the engine: the package does them character by character, which an interpreter takes its time for.
 * What the engine does not do as Node.js does is left to the package: base64 that is not well formed, and other encodings.
 */

import type { Buffer as NodeBuffer } from 'node:buffer'

type Function = (...args: unknown[]) => unknown
type Bytes = Uint8Array<ArrayBuffer>

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

type Coding = 'utf8' | 'hex' | 'base64' | 'base64url'

const CODINGS: Readonly<Record<string, Coding>> = {
  utf8: 'utf8',
  'utf-8': 'utf8',
  hex: 'hex',
  base64: 'base64',
  base64url: 'base64url',
}

const toCoding = (encoding: unknown): Coding | undefined => {
  if (encoding === undefined || encoding === null) return 'utf8'
  return typeof encoding === 'string' ? CODINGS[encoding.toLowerCase()] : undefined
}

/** Gives the class those methods. */
export function quicken(Buffer: typeof NodeBuffer): void {
  const { byteLength, from, isEncoding } = Buffer as unknown as Record<string, Function>
  // oxlint-disable-next-line typescript/unbound-method -- they are called with a `this` of their own
  const { toString, write } = Buffer.prototype as unknown as Record<string, Function>
  const view = ({ buffer, byteOffset, length }: Bytes): unknown => Buffer.from(buffer, byteOffset, length)
  /** The package knows base64 alone, whose decoder takes the other signs, too. */
  const known = (args: unknown[]) =>
    args.map((arg, i) => (i > 0 && toCoding(arg) === 'base64url' ? 'base64' : arg))
  Object.assign(Buffer, {
    from(...args: unknown[]) {
      const [value, encoding] = args
      const bytes = typeof value === 'string' ? decode(value, toCoding(encoding)) : undefined
      return bytes === undefined ? Reflect.apply(from!, Buffer, known(args)) : view(bytes)
    },
    byteLength(...args: unknown[]) {
      const [value, encoding] = args
      if (typeof value === 'string' && toCoding(encoding) === 'utf8') return encoder.encode(value).length
      return Reflect.apply(byteLength!, Buffer, known(args))
    },
    isEncoding: (encoding: unknown) =>
      isEncoding!(encoding) === true || (encoding !== undefined && toCoding(encoding) === 'base64url'),
  })
  Object.assign(Buffer.prototype, {
    toString(this: Bytes, ...args: unknown[]) {
      const coding = toCoding(args[0])
      if (coding === undefined) return Reflect.apply(toString, this, args)
      const start = toOffset(args[1], 0, this.length)
      return encode(
        this.subarray(start, Math.max(start, toOffset(args[2], this.length, this.length))),
        coding,
      )
    },
    write(this: Bytes, ...args: unknown[]) {
      const [text, offset, length] = args
      const encoding = args.findLast((arg, i) => i > 0 && typeof arg === 'string')
      const isPlain = typeof text === 'string' && toCoding(encoding) === 'utf8'
      const start = typeof offset === 'number' ? offset : 0
      const most = typeof length === 'number' ? length : this.length - start
      // what is wrong about them is for the package to say
      const isFine =
        start >= 0 && start <= this.length && most >= 0 && Number.isInteger(start) && Number.isInteger(most)
      if (!isPlain || !isFine) return Reflect.apply(write!, this, known(args))
      return encoder.encodeInto(text, this.subarray(start, Math.min(this.length, start + most))).written
    },
  })
  for (const coding of ['ascii', 'base64', 'base64url', 'hex', 'latin1', 'ucs2', 'utf8'] as const)
    addShort(Buffer, coding)
}

/** `latin1Slice` and the like: in no documentation, but packages that read much text call them. */
function addShort({ prototype }: typeof NodeBuffer, coding: BufferEncoding): void {
  const short = {
    Slice(this: NodeBuffer, start?: number, end?: number) {
      return this.toString(coding, start, end)
    },
    Write(this: NodeBuffer, text: string, offset = 0, length = this.length - offset) {
      return this.write(text, offset, length, coding)
    },
  }
  for (const [name, value] of Object.entries(short))
    Object.defineProperty(prototype, coding + name, { value, writable: true, configurable: true })
}

/** Undefined: the package does it. */
function decode(text: string, coding: Coding | undefined): Bytes | undefined {
  if (coding === 'utf8') return encoder.encode(text)
  try {
    if (coding === 'hex') return Uint8Array.fromHex(text)
    if (coding !== undefined) return Uint8Array.fromBase64(text, { alphabet: coding })
  } catch {
    // not well formed
  }
  return undefined
}

function encode(bytes: Bytes, coding: Coding): string {
  if (coding === 'utf8') return decoder.decode(bytes)
  if (coding === 'hex') return bytes.toHex()
  return bytes.toBase64({ alphabet: coding, omitPadding: coding === 'base64url' })
}

/** As Node.js takes the bounds of a text. */
function toOffset(value: unknown, otherwise: number, most: number): number {
  if (value === undefined) return otherwise
  const number = Math.trunc(Number(value)) || 0
  return Math.min(most, Math.max(0, number))
}
