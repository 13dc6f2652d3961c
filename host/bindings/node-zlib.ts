/**
 * Functions of `node:zlib` that give their results at once. What is packed or unpacked is bounded, and so is how long it may be
 * expected to take: Brotli at its best takes two milliseconds for each kilobyte, and is made less good where that is too long.
 */
import * as zlib from 'node:zlib'
import type { NodeCall, Settings } from './node-crypto.ts'

/** The most that comes out. */
const MOST_OUTPUT = 16 * 1024 * 1024
/** What packing takes for a byte at most, in milliseconds; of one core of a shared AMD EPYC, rounded up. */
const DEFLATE_MS = 1e-4
/** The same of Brotli, by its quality, the best first. */
const BROTLI_MS: readonly (readonly [quality: number, ms: number])[] = [
  [11, 2e-3],
  [10, 1e-3],
  [9, 2e-4],
  [6, 5e-5],
  [4, 2e-5],
]
const { BROTLI_PARAM_MODE, BROTLI_PARAM_QUALITY } = zlib.constants

/** With the settings that it has by itself. */
const zstdCompress = (data: Uint8Array, _options: object): Buffer => zlib.zstdCompressSync(data)

const PACK = {
  gzip: zlib.gzipSync,
  deflate: zlib.deflateSync,
  deflateRaw: zlib.deflateRawSync,
  zstdCompress,
} as const
const UNPACK = {
  gunzip: zlib.gunzipSync,
  inflate: zlib.inflateSync,
  inflateRaw: zlib.inflateRawSync,
  unzip: zlib.unzipSync,
  brotliDecompress: zlib.brotliDecompressSync,
  zstdDecompress: zlib.zstdDecompressSync,
} as const

/** `mostMs`: what one call may be expected to take. */
export function packOrUnpack({ settings, data, other }: NodeCall, mostMs: number): Uint8Array {
  const { method } = settings
  const options = { ...toOptions(settings), ...(other.length === 0 ? {} : { dictionary: other }) }
  if (typeof method === 'string' && Object.hasOwn(UNPACK, method))
    return UNPACK[method as keyof typeof UNPACK](data, options)
  if (method === 'brotliCompress')
    return zlib.brotliCompressSync(data, toBrotli(settings, data.length, mostMs))
  if (typeof method !== 'string' || !Object.hasOwn(PACK, method))
    throw new TypeError(`expected a method of node:zlib, got ${String(method)}`)
  requireQuick(data.length, DEFLATE_MS, mostMs)
  return PACK[method as keyof typeof PACK](data, options)
}

function toOptions({
  level,
  memLevel,
  strategy,
  windowBits,
  maxOutputLength,
  finishFlush,
}: Settings): object {
  const most = typeof maxOutputLength === 'number' ? Math.min(maxOutputLength, MOST_OUTPUT) : MOST_OUTPUT
  const given = Object.entries({ level, memLevel, strategy, windowBits, finishFlush })
  return { ...Object.fromEntries(given.filter(([, value]) => value !== undefined)), maxOutputLength: most }
}

function toBrotli({ quality, mode }: Settings, bytes: number, mostMs: number): zlib.BrotliOptions {
  const wanted = typeof quality === 'number' ? quality : 11
  const [best, ms] = BROTLI_MS.find(([, cost]) => bytes * cost <= mostMs) ?? BROTLI_MS.at(-1)!
  requireQuick(bytes, ms, mostMs)
  return {
    params: {
      [BROTLI_PARAM_QUALITY]: Math.min(wanted, best),
      ...(typeof mode === 'number' ? { [BROTLI_PARAM_MODE]: mode } : {}),
    },
  }
}

function requireQuick(bytes: number, msPerByte: number, mostMs: number): void {
  const most = Math.floor(mostMs / msPerByte)
  if (bytes <= most) return
  throw new RangeError(
    `expected at most ${most} bytes to pack at once, got ${bytes}; CompressionStream packs without holding up the app`,
  )
}
