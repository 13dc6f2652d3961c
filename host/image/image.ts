/**
 * A tenant's memory snapshot: which 4 KiB pages of a fresh instance's memory are not zero, and what is in them. It is
 * kept in shared memory, so posting it to a shard costs nothing, and it never changes after `splitImage`.
 *
 *     runs    [address, length]*              ascending; multiples of IMAGE_PAGE
 *     bytes   the runs' content, one after the other
 *
 * Zero pages are not kept and never written: touching one makes it resident, and a page fault is what costs.
 */
import { NanoError } from '../errors.ts'
import { WASM_PAGE } from '../wasm/memory.ts'

/** Bytes in a page of an image; the operating system's usual page. */
export const IMAGE_PAGE = 4096

/** The most bytes that an image may take. Single bytes, each in a page of its own, make much of a small file. */
const MAX_IMAGE_BYTES = 128 * 1024 * 1024

export interface Image {
  /** Pages of WebAssembly memory that an instance needs at least. */
  readonly pages: number
  /** Address and length of each run. */
  readonly runs: Uint32Array<SharedArrayBuffer>
  readonly bytes: Uint8Array<SharedArrayBuffer>
}

/** Bytes at an address of the snapshot. */
export interface ImagePart {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** The image of a snapshot. `parts`: in order, not overlapping, within `pages`. Throws COMPONENT_INVALID. */
export function splitImage(parts: readonly ImagePart[], pages: number): Image {
  const kept = findPages(parts, pages)
  const runs = toRuns(kept)
  const size = kept.length * IMAGE_PAGE
  if (size > MAX_IMAGE_BYTES) {
    throw new NanoError(
      'COMPONENT_INVALID',
      `the app's snapshot takes ${size} bytes of memory; at most ${MAX_IMAGE_BYTES} are admitted`,
    )
  }
  const image: Image = {
    pages,
    runs: new Uint32Array(new SharedArrayBuffer(runs.length * 8)),
    bytes: new Uint8Array(new SharedArrayBuffer(size)),
  }
  image.runs.set(runs.flat())
  /** Where in `bytes` a kept page begins. */
  const places = new Map(kept.map((page, index) => [page, index * IMAGE_PAGE]))
  for (const part of parts) {
    for (const { page, address, bytes } of cutIntoPages(part)) {
      const place = places.get(page)
      if (place !== undefined) image.bytes.set(bytes, place + (address % IMAGE_PAGE))
    }
  }
  return image
}

/** Writes an image into a fresh memory of at least `image.pages`, whose pages are all zero. */
export function layInto(image: Image, memory: WebAssembly.Memory): void {
  const target = new Uint8Array(memory.buffer)
  let at = 0
  for (let index = 0; index < image.runs.length; index += 2) {
    const length = image.runs[index + 1]!
    target.set(image.bytes.subarray(at, at + length), image.runs[index])
    at += length
  }
}

/** Numbers of the pages that hold anything but zero, ascending. */
function findPages(parts: readonly ImagePart[], pages: number): number[] {
  const kept = new Set<number>()
  for (const part of parts) {
    if (part.offset + part.bytes.length > pages * WASM_PAGE) throw new RangeError('part beyond the memory')
    for (const { page, bytes } of cutIntoPages(part)) {
      if (!kept.has(page) && !isZero(bytes)) kept.add(page)
    }
  }
  return [...kept].sort((a, b) => a - b)
}

function toRuns(kept: readonly number[]): [address: number, length: number][] {
  const runs: [number, number][] = []
  for (const page of kept) {
    const address = page * IMAGE_PAGE
    const last = runs.at(-1)
    if (last !== undefined && last[0] + last[1] === address) last[1] += IMAGE_PAGE
    else runs.push([address, IMAGE_PAGE])
  }
  return runs
}

function* cutIntoPages(part: ImagePart): Generator<{ page: number; address: number; bytes: Uint8Array }> {
  const end = part.offset + part.bytes.length
  for (let address = part.offset; address < end;) {
    const page = Math.floor(address / IMAGE_PAGE)
    const next = Math.min(end, (page + 1) * IMAGE_PAGE)
    yield { page, address, bytes: part.bytes.subarray(address - part.offset, next - part.offset) }
    address = next
  }
}

function isZero(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false
  return true
}
