/**
 * Bodies for tests: pseudo-random bytes that a sender makes and a reader checks piece by piece, so that neither holds
 * the whole of a large one.
 */

import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'

const BLOCK_BYTES = 65_536

/** Bytes with every value in them, different for each block of the body. */
export function makeBytes(total: number): Buffer {
  return Buffer.concat([...blocks(total)])
}

/** The same bytes as `makeBytes`, made as they are read. */
export function streamBytes(total: number): Readable {
  return Readable.from(blocks(total), { objectMode: false })
}

export function* blocks(total: number): Generator<Buffer> {
  let state = 0x9e3779b9
  for (let sent = 0; sent < total; sent += BLOCK_BYTES) {
    const block = Buffer.allocUnsafe(BLOCK_BYTES)
    for (let i = 0; i < BLOCK_BYTES; i += 4) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      block.writeInt32LE(state | 0, i)
    }
    yield block.subarray(0, Math.min(BLOCK_BYTES, total - sent))
  }
}

export interface Summary {
  bytes: number
  chunks: number
  sha256: string
}

/** Length and hash of a stream, read to its end. */
export async function summarize(stream: AsyncIterable<unknown> | Iterable<unknown>): Promise<Summary> {
  const hash = createHash('sha256')
  let bytes = 0
  let chunks = 0
  for await (const part of stream) {
    bytes += (part as Buffer).length
    chunks += 1
    hash.update(part as Buffer)
  }
  return { bytes, chunks, sha256: hash.digest('hex') }
}

/** Run something and tell how many bytes the process grew at the most while it ran. */
export async function growth<T>(run: () => Promise<T>): Promise<{ result: T; bytes: number }> {
  const before = process.memoryUsage.rss()
  let most = before
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20)
  try {
    return { result: await run(), bytes: most - before }
  } finally {
    clearInterval(timer)
  }
}
