/**
 * Content-addressed files: what is kept is found by the SHA-256 of its bytes, and is what it was or is reported as broken.
 *
 *     <directory>/blobs/ab/ab12...   "NANO" version:u8 kind:u8 base:32 bytes, then one zstd frame
 *     <directory>/drafts/            what is being written
 *
 * A blob may be compressed against another one, its base: of a component of an engine that is known all but the app
 * itself is in the base.
 */

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

import { NanoError } from '../errors.ts'
import { placeFile } from './place-file.ts'
import type { PackedBlob } from './store.ts'

/** SHA-256 in lower-case hex. */
export type ContentHash = string & { readonly __brand: 'ContentHash' }

/** Names bytes. */
export function toContentHash(bytes: Uint8Array): ContentHash {
  return createHash('sha256').update(bytes).digest('hex') as ContentHash
}

const MAGIC = Buffer.from('NANO')
const VERSION = 1
const KIND = { plain: 0, based: 1 } as const
const HASH_BYTES = 32
const HEAD_BYTES = MAGIC.length + 2 + HASH_BYTES

/** The largest content. */
const MAX_BYTES = 256 * 1024 * 1024
/** Of the window, so that all of a base is in it. */
const WINDOW_LOG = 27

/** One blob, read. */
export interface Blob {
  readonly hash: ContentHash
  readonly bytes: Uint8Array
}

export class Blobs {
  readonly #blobs: string
  readonly #drafts: string

  constructor(directory: string) {
    this.#blobs = join(directory, 'blobs')
    this.#drafts = join(directory, 'drafts')
  }

  /** Makes room for what is to be written. What was not finished is nobody's. */
  prepare(): void {
    rmSync(this.#drafts, { recursive: true, force: true })
    for (const path of [this.#blobs, this.#drafts]) mkdirSync(path, { recursive: true, mode: 0o700 })
  }

  /** The blob, if its bytes are there, as they were. */
  find(hash: ContentHash): Blob | undefined {
    if (!existsSync(this.#toPath(hash))) return undefined
    try {
      return { hash, bytes: this.get(hash) }
    } catch {
      return undefined
    }
  }

  /** Keeps bytes; on the disk when it returns. `base`: a blob that they have much in common with. */
  put(bytes: Uint8Array, base?: Blob): ContentHash {
    const hash = toContentHash(bytes)
    if (this.find(hash) !== undefined) return hash
    const head = Buffer.alloc(HEAD_BYTES)
    MAGIC.copy(head)
    head.writeUInt8(VERSION, MAGIC.length)
    head.writeUInt8(base === undefined ? KIND.plain : KIND.based, MAGIC.length + 1)
    if (base !== undefined) Buffer.from(base.hash, 'hex').copy(head, MAGIC.length + 2)
    const place = { root: this.#blobs, path: this.#toPath(hash), drafts: this.#drafts }
    placeFile(place, [head, compress(bytes, base?.bytes)])
    return hash
  }

  /** The bytes. Throws ARTIFACT_BROKEN when they are not there, or not what they were. */
  get(hash: ContentHash): Buffer {
    return this.#open(hash, this.#read(hash))
  }

  /** Its file, for another host. Throws ARTIFACT_BROKEN. */
  pack(hash: ContentHash): PackedBlob {
    const bytes = this.#read(hash)
    return { bytes, base: toBase(hash, bytes) }
  }

  /** Keeps what `pack` gave, and gives its base. Throws ARTIFACT_BROKEN when it is not what its name says. */
  unpack(hash: ContentHash, bytes: Uint8Array): ContentHash | undefined {
    const file = Buffer.from(bytes)
    this.#open(hash, file)
    placeFile({ root: this.#blobs, path: this.#toPath(hash), drafts: this.#drafts }, [file])
    return toBase(hash, file)
  }

  /** Hashes of all. */
  list(): ContentHash[] {
    return readdirSync(this.#blobs).flatMap((part) => readdirSync(join(this.#blobs, part)) as ContentHash[])
  }

  remove(hash: ContentHash): void {
    rmSync(this.#toPath(hash), { force: true })
  }

  #open(hash: ContentHash, file: Buffer): Buffer {
    const base = toBase(hash, file)
    const bytes = decompress(hash, file.subarray(HEAD_BYTES), base && this.get(base))
    if (toContentHash(bytes) !== hash) throw broken(hash, 'its bytes are not what they were')
    return bytes
  }

  #read(hash: ContentHash): Buffer {
    try {
      return readFileSync(this.#toPath(hash))
    } catch (cause) {
      throw broken(hash, `it cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`, cause)
    }
  }

  #toPath(hash: ContentHash): string {
    return join(this.#blobs, hash.slice(0, 2), hash)
  }
}

/** What a file is compressed against. Throws ARTIFACT_BROKEN. */
function toBase(hash: ContentHash, file: Buffer): ContentHash | undefined {
  const head = file.subarray(0, HEAD_BYTES)
  const kind = head[MAGIC.length + 1]
  const isKnown = head.length === HEAD_BYTES && head.subarray(0, MAGIC.length).equals(MAGIC)
  if (!isKnown || head[MAGIC.length] !== VERSION || (kind !== KIND.plain && kind !== KIND.based)) {
    throw broken(hash, 'it does not begin as a blob does')
  }
  return kind === KIND.based ? (head.subarray(MAGIC.length + 2).toString('hex') as ContentHash) : undefined
}

function compress(bytes: Uint8Array, base: Uint8Array | undefined): Buffer {
  return zstdCompressSync(bytes, {
    ...(base === undefined ? {} : { dictionary: base }),
    params: {
      // lower ones do not look into the whole base
      [constants.ZSTD_c_compressionLevel]: 9,
      [constants.ZSTD_c_windowLog]: WINDOW_LOG,
      [constants.ZSTD_c_enableLongDistanceMatching]: 1,
    },
  })
}

function decompress(hash: ContentHash, bytes: Uint8Array, base: Uint8Array | undefined): Buffer {
  try {
    return zstdDecompressSync(bytes, {
      ...(base === undefined ? {} : { dictionary: base }),
      maxOutputLength: MAX_BYTES,
      params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG },
    })
  } catch (cause) {
    throw broken(hash, `it cannot be unpacked: ${(cause as Error).message}`, cause)
  }
}

function broken(hash: ContentHash, why: string, cause?: unknown): NanoError {
  return new NanoError(
    'ARTIFACT_BROKEN',
    `the stored artifact ${hash.slice(0, 12)} is broken: ${why}. Deploy it again.`,
    {
      cause,
    },
  )
}
