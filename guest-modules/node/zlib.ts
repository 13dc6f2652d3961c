/** `node:zlib`: packs and unpacks; streams by the Web API's, arrays of bytes by the host. */

import { codes, constants as numbers } from './zlib/constants.ts'
import { answer, type Callback } from './crypto/answer.ts'
import type { Buffer } from './buffer.ts'
import { type Data, toBytes } from './crypto/data.ts'
import { type Options, run } from './zlib/run.ts'
import * as streams from './zlib/streams.ts'

type Sync = (data: Data, options?: Options) => Buffer
type Later = (data: Data, ...rest: (Options | Callback<Buffer>)[]) => void

const sync =
  (method: string): Sync =>
  (data, options) =>
    run(method, data, options)

const later =
  (method: string): Later =>
  (data, ...rest) => {
    const callback = rest.pop() as Callback<Buffer>
    answer(() => run(method, data, rest[0] as Options | undefined), callback)
  }

export const gzipSync = sync('gzip')
export const deflateSync = sync('deflate')
export const deflateRawSync = sync('deflateRaw')
export const gunzipSync = sync('gunzip')
export const inflateSync = sync('inflate')
export const inflateRawSync = sync('inflateRaw')
export const unzipSync = sync('unzip')
export const brotliCompressSync = sync('brotliCompress')
export const brotliDecompressSync = sync('brotliDecompress')
export const zstdCompressSync = sync('zstdCompress')
export const zstdDecompressSync = sync('zstdDecompress')
export const gzip = later('gzip')
export const deflate = later('deflate')
export const deflateRaw = later('deflateRaw')
export const gunzip = later('gunzip')
export const inflate = later('inflate')
export const inflateRaw = later('inflateRaw')
export const unzip = later('unzip')
export const brotliCompress = later('brotliCompress')
export const brotliDecompress = later('brotliDecompress')
export const zstdCompress = later('zstdCompress')
export const zstdDecompress = later('zstdDecompress')

export const createGzip = (options?: Options) => new streams.Gzip(options)
export const createDeflate = (options?: Options) => new streams.Deflate(options)
export const createDeflateRaw = (options?: Options) => new streams.DeflateRaw(options)
export const createGunzip = (options?: Options) => new streams.Gunzip(options)
export const createInflate = (options?: Options) => new streams.Inflate(options)
export const createInflateRaw = (options?: Options) => new streams.InflateRaw(options)
export const createUnzip = (options?: Options) => new streams.Unzip(options)
export const createBrotliCompress = (options?: Options) => new streams.BrotliCompress(options)
export const createBrotliDecompress = (options?: Options) => new streams.BrotliDecompress(options)
export const createZstdCompress = (options?: Options) => new streams.ZstdCompress(options)
export const createZstdDecompress = (options?: Options) => new streams.ZstdDecompress(options)

/** The checksum of gzip, of what follows what had this one. */
export function crc32(data: Data, value = 0): number {
  let crc = ~value
  for (const byte of toBytes(data)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (-(crc & 1) & 0xed_b8_83_20)
  }
  return ~crc >>> 0
}

export const constants = numbers
export { codes }
/** Older code has them on the module. */
const all = {
  ...numbers,
  ...streams,
  brotliCompress,
  brotliCompressSync,
  brotliDecompress,
  brotliDecompressSync,
  codes,
  constants,
  crc32,
  createBrotliCompress,
  createBrotliDecompress,
  createDeflate,
  createDeflateRaw,
  createGunzip,
  createGzip,
  createInflate,
  createInflateRaw,
  createUnzip,
  deflate,
  deflateRaw,
  deflateRawSync,
  deflateSync,
  gunzip,
  gunzipSync,
  gzip,
  gzipSync,
  inflate,
  inflateRaw,
  inflateRawSync,
  inflateSync,
  unzip,
  unzipSync,
  createZstdCompress,
  createZstdDecompress,
  zstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
}

export * from './zlib/streams.ts'
export default all
