/**
 * Contents of objects as files, each written once, under a random name that says nothing of whose it is:
 *
 *     written  --the catalog names it-->  kept  --the catalog names it no more-->  doomed  --nobody reads it-->  gone
 *
 * - written: on the disk, its folder's entry included; a crash leaves it behind, for `sweep`.
 * - kept: readers hold it while they read.
 * - doomed: who reads it reads on.
 */

import { createHash, randomBytes } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { open, readdir, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { StorageError } from '../failure.ts'
import { toStorageError } from '../sqlite.ts'
import { DiskTurns } from './disk-turns.ts'
import type { Checksums, Content, HashName } from './object-store.ts'
import { Tally } from './tally.ts'

/** A file that is written. */
export interface WrittenFile {
  readonly name: string
  readonly size: number
  readonly digests: Checksums
}

/** A part of a file that is to be read. */
export interface FilePart {
  readonly name: string
  readonly offset: number
  readonly length: number
}

const NAME_BYTES = 16
const FOLDERS = 256
/** What is read at once, and answered at once when it is all. */
const CHUNK_BYTES = 256 * 1024
/** So much is on its way to the disk at the most: else the last sync would take longer than callers wait. */
const SYNC_BYTES = 32 * 1024 * 1024

export class Contents {
  readonly #directory: string
  readonly #log: (text: string) => void
  readonly #turns = new DiskTurns()
  /** Files that no catalog names yet. */
  readonly #written = new Set<string>()
  /** How many read a file. */
  readonly #readers = new Tally()
  readonly #doomed = new Set<string>()

  static async open(directory: string, log: (text: string) => void): Promise<Contents> {
    const contents = new Contents(directory, log)
    await syncFolder(directory)
    return contents
  }

  private constructor(directory: string, log: (text: string) => void) {
    this.#directory = directory
    this.#log = log
    for (let i = 0; i < FOLDERS; i++)
      mkdirSync(join(directory, toFolder(i)), { recursive: true, mode: 0o700 })
  }

  /** To the disk. Whoever gets the file keeps or drops it. `tooLong`: what more than `size` bytes are refused with. */
  async write(
    content: Content,
    size: number,
    hashes: readonly HashName[],
    tooLong: () => StorageError,
    signal?: AbortSignal,
  ): Promise<WrittenFile> {
    const turn = <T>(work: () => Promise<T>): Promise<T> => this.#turns.run(work, signal)
    const name = randomBytes(NAME_BYTES).toString('hex')
    this.#written.add(name)
    const digests = hashes.map((each): [HashName, Hash] => [each, createHash(each)])
    try {
      let written = 0
      const file = await turn(() => open(this.#toPath(name), 'wx', 0o600))
      try {
        let unsynced = 0
        for await (const bytes of content instanceof Uint8Array ? [content] : content) {
          written += bytes.length
          if (written > size) throw tooLong()
          for (const [, hash] of digests) hash.update(bytes)
          await turn(() => writeAll(file, bytes))
          unsynced += bytes.length
          if (unsynced < SYNC_BYTES) continue
          unsynced = 0
          await turn(() => file.datasync())
        }
        await turn(() => file.datasync())
      } finally {
        await this.#turns.run(() => file.close())
      }
      // the file is there after a crash when its folder says so on the disk
      await turn(() => syncFolder(dirname(this.#toPath(name))))
      const hex = digests.map(([each, hash]) => [each, hash.digest('hex')])
      return { name, size: written, digests: Object.fromEntries(hex) as Checksums }
    } catch (error) {
      await this.drop([name])
      throw toStorageError(error)
    }
  }

  /** The catalog names it. */
  kept(name: string): void {
    this.#written.delete(name)
  }

  /** No catalog names these any more. */
  async drop(names: readonly string[]): Promise<void> {
    for (const name of names) {
      if (this.#readers.of(name) > 0) this.#doomed.add(name)
      // oxlint-disable-next-line no-await-in-loop -- what is given up can wait
      else await this.#unlink(name)
    }
  }

  /** These, one after the other. From here on they stay until they are read, or nobody reads on. */
  async read(parts: readonly FilePart[]): Promise<Content> {
    const release = this.#hold(parts)
    const chunks = this.#read(parts)
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    if (length > CHUNK_BYTES) return toStream(chunks, release)
    try {
      return Buffer.concat(await Array.fromAsync(chunks))
    } finally {
      release()
    }
  }

  /** Takes away what a crash left behind. `isNamed`: whether the catalog names it. */
  async sweep(isNamed: (name: string) => boolean, signal: AbortSignal): Promise<void> {
    for (let i = 0; i < FOLDERS && !signal.aborted; i++) {
      // oxlint-disable-next-line no-await-in-loop -- nobody waits for it
      const names = await this.#turns.run(() => readdir(join(this.#directory, toFolder(i))))
      for (const name of names) {
        if (signal.aborted) return
        if (this.#written.has(name) || this.#readers.of(name) > 0 || isNamed(name)) continue
        // oxlint-disable-next-line no-await-in-loop -- the same
        await this.#unlink(name)
      }
    }
  }

  async *#read(parts: readonly FilePart[]): AsyncGenerator<Uint8Array, undefined> {
    for (const part of parts) yield* readPart(this.#toPath(part.name), part, this.#turns)
  }

  /** Gives what lets go of them. */
  #hold(parts: readonly FilePart[]): () => void {
    const held = parts.map(({ name }) => ({ name, release: this.#readers.take(name, 1) }))
    return () => {
      for (const { name, release } of held) {
        release()
        if (this.#readers.of(name) === 0 && this.#doomed.delete(name)) void this.#unlink(name)
      }
    }
  }

  async #unlink(name: string): Promise<void> {
    try {
      await this.#turns.run(() => unlink(this.#toPath(name)))
    } catch (error) {
      const isGone = error instanceof Error && 'code' in error && error.code === 'ENOENT'
      // the next start takes it away
      if (!isGone) this.#log(`storage: a file of a bucket cannot be removed: ${String(error)}`)
    }
    this.#written.delete(name)
  }

  #toPath(name: string): string {
    return join(this.#directory, name.slice(0, 2), name)
  }
}

/** `over`: it is read to its end, or no further. Called once. */
function toStream(
  chunks: AsyncGenerator<Uint8Array, undefined>,
  over: () => void,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await chunks.next()
          if (done !== true) return controller.enqueue(value)
          controller.close()
          over()
        } catch (error) {
          over()
          throw error
        }
      },
      async cancel() {
        over()
        await chunks.return(undefined)
      },
    },
    { highWaterMark: 0 },
  )
}

const toFolder = (index: number): string => index.toString(16).padStart(2, '0')

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const { bytesWritten } = await file.write(bytes, at)
    at += bytesWritten
  }
}

/** In chunks that each have a buffer of their own. */
async function* readPart(
  path: string,
  { offset, length }: FilePart,
  turns: DiskTurns,
): AsyncGenerator<Uint8Array, undefined> {
  let file: FileHandle
  try {
    file = await turns.run(() => open(path, 'r'))
  } catch (error) {
    throw toBroken(error)
  }
  try {
    for (let at = 0; at < length;) {
      const chunk = new Uint8Array(Math.min(CHUNK_BYTES, length - at))
      const { bytesRead } = await turns.run(() => file.read(chunk, 0, chunk.length, offset + at))
      if (bytesRead === 0) throw toBroken()
      at += bytesRead
      yield bytesRead === chunk.length ? chunk : chunk.slice(0, bytesRead)
    }
  } finally {
    await turns.run(() => file.close())
  }
}

function toBroken(cause?: unknown): StorageError {
  return new StorageError('STORAGE_BROKEN', 'the content of the object cannot be read', { cause })
}
