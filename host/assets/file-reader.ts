/**
 * Reads assets for one shard: small ones are kept in memory, those that were asked for last, and the others are read in parts
 * as their reader takes them. A file that is not as long as its manifest says has been written since: nothing of it is
 * given, and the next reload has it.
 */

import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

import { LRUCache } from 'lru-cache'

import type { AssetBody } from './site.ts'

/** Small enough to be kept, and sent in one piece. */
export const SMALL_BYTES = 64 * 1024
const KEPT_BYTES = 32 * 1024 * 1024
/** Of a part. */
const PART_BYTES = 64 * 1024
/** What an entry takes besides its bytes. */
const ENTRY_BYTES = 512
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Where a file is. */
export interface Source {
  readonly root: string
  /** Tells it from files of others. */
  readonly key: string
}

/** A file that is read in parts. */
export interface OpenFile extends AsyncDisposable {
  /** The next part; undefined: there is none. */
  next(): Promise<Uint8Array | undefined>
}

export class FileReader {
  readonly #kept = new LRUCache<string, Uint8Array>({
    maxSize: KEPT_BYTES,
    sizeCalculation: ({ length }) => length + ENTRY_BYTES,
  })

  /** The bytes, if they are in memory. */
  kept(source: Source, body: AssetBody): Uint8Array | undefined {
    if (body.size > SMALL_BYTES) return undefined
    return this.#kept.get(toKey(source, body))?.subarray(body.start, body.end)
  }

  /** All of a small file's part. Rejects when it is not there. */
  async read(source: Source, body: AssetBody): Promise<Uint8Array> {
    await using file = await openPart(source, { ...body, start: 0, end: body.size })
    const bytes = await file.next()
    if (bytes?.length !== body.size) throw new Error(`${body.file} has changed`)
    this.#kept.set(toKey(source, body), bytes)
    return bytes.subarray(body.start, body.end)
  }

  /** A part of a file, however large. Rejects when it is not there. */
  open(source: Source, body: AssetBody): Promise<OpenFile> {
    return openPart(source, body)
  }
}

async function openPart({ root }: Source, { file, size, start, end }: AssetBody): Promise<OpenFile> {
  const handle: FileHandle = await open(join(root, file), FLAGS)
  try {
    const stats = await handle.stat()
    if (!stats.isFile() || stats.size !== size) throw new Error(`${file} has changed`)
  } catch (error) {
    await handle.close()
    throw error
  }
  let at = start
  return {
    async next() {
      if (at >= end) return undefined
      const part = Buffer.allocUnsafe(Math.min(PART_BYTES, end - at))
      const { bytesRead } = await handle.read(part, 0, part.length, at)
      if (bytesRead === 0) throw new Error(`${file} has become shorter`)
      at += bytesRead
      return part.subarray(0, bytesRead)
    },
    [Symbol.asyncDispose]: () => handle.close(),
  }
}

function toKey({ key }: Source, { file }: AssetBody): string {
  return `${key}\n${file}`
}
