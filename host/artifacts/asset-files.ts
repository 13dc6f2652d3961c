/**
 * Files of deployed apps, by the SHA-256 of their bytes: as they are, for they are read part by part while they are sent, and
 * beside each that gets much smaller by it its compressed forms.
 *
 *     <directory>/assets/ab/ab12...   .br   .gz
 *
 * One that no version names goes, but not at once: it may belong to a deploy that is on its way.
 */

import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

import { NanoError } from '../errors.ts'
import { toContentHash } from './blobs.ts'
import { placeFile } from './place-file.ts'

/** A file, and its compressed forms: names below `root`. */
export interface StoredFile {
  readonly file: string
  readonly coded?: Readonly<Partial<Record<'br' | 'gzip', { readonly file: string; readonly size: number }>>>
}

const LEAST_BYTES = 1024
const MOST_BYTES = 8 * 1024 * 1024
/** A compressed form is worth a place when it is not more than this part. */
const WORTH = 0.9
const SUFFIXES = { br: '.br', gzip: '.gz' } as const
const QUALITY = 9
/** How long what no version names stays. */
const UNNAMED_MS = 3_600_000
const HASH = /^[0-9a-f]{64}$/

export class AssetFiles {
  readonly root: string
  readonly #drafts: string

  constructor(directory: string) {
    this.root = join(directory, 'assets')
    this.#drafts = join(directory, 'drafts')
  }

  /** Of the hashes, those that are not there. */
  missing(hashes: Iterable<string>): string[] {
    return [...new Set(hashes)].filter((hash) => !existsSync(this.#toPath(hash)))
  }

  /** Keeps bytes; on the disk when it returns. Throws ASSETS_INVALID when the hash is not theirs. */
  put(hash: string, bytes: Uint8Array): void {
    const got = toContentHash(bytes)
    if (got !== hash) {
      throw new NanoError(
        'ASSETS_INVALID',
        `expected bytes with the SHA-256 ${hash}, got ${got}; send the file again`,
      )
    }
    if (existsSync(this.#toPath(hash))) return
    for (const [suffix, coded] of toCoded(bytes)) this.#place(this.#toPath(hash) + suffix, coded)
    // last: what has its name has its forms
    this.#place(this.#toPath(hash), bytes)
  }

  /** The bytes of a file that is there. */
  read(hash: string): Uint8Array {
    return readFileSync(this.#toPath(hash))
  }

  /** Where a file is that is there. */
  find(hash: string): StoredFile {
    const file = toName(hash)
    const coded: Partial<Record<'br' | 'gzip', { file: string; size: number }>> = {}
    for (const [coding, suffix] of Object.entries(SUFFIXES) as ['br' | 'gzip', string][]) {
      const size = statSync(join(this.root, file + suffix), { throwIfNoEntry: false })?.size
      if (size !== undefined) coded[coding] = { file: file + suffix, size }
    }
    return Object.keys(coded).length === 0 ? { file } : { file, coded }
  }

  /** Takes away what no version names, and nobody has sent lately. */
  collect(isNamed: (hash: string) => boolean): void {
    if (!existsSync(this.root)) return
    const before = Date.now() - UNNAMED_MS
    for (const folder of readdirSync(this.root)) {
      for (const name of readdirSync(join(this.root, folder))) {
        const path = join(this.root, folder, name)
        if (!isNamed(name.slice(0, 64)) && statSync(path).mtimeMs < before) rmSync(path, { force: true })
      }
    }
  }

  #toPath(hash: string): string {
    return join(this.root, toName(hash))
  }

  #place(path: string, bytes: Uint8Array): void {
    placeFile({ root: this.root, path, drafts: this.#drafts }, [bytes])
  }
}

function toName(hash: string): string {
  if (!HASH.test(hash)) throw new NanoError('ASSETS_INVALID', 'expected a SHA-256 of 64 hex digits')
  return `${hash.slice(0, 2)}/${hash}`
}

function toCoded(bytes: Uint8Array): [suffix: string, bytes: Uint8Array][] {
  if (bytes.length < LEAST_BYTES || bytes.length > MOST_BYTES) return []
  const zipped = gzipSync(bytes, { level: QUALITY })
  // what gzip makes nothing of is packed already
  if (zipped.length > bytes.length * WORTH) return []
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  }
  return [
    [SUFFIXES.gzip, zipped],
    [SUFFIXES.br, brotliCompressSync(bytes, { params })],
  ]
}
