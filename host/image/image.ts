/**
 * A tenant's memory snapshot: which 4 KiB pages of a fresh instance's memory are not zero, and what is in them. It
 * never changes once it is made.
 *
 *     layers   [ pages of the engine's base image,  what of them differs, and pages of its own ]      of a packed image (packed.ts)
 *              [ all of them ]                                                                        of one that was split
 *     runs     [address, length, place]*    `place`: where in the layer's bytes. Multiples of IMAGE_PAGE, but for what differs:
 *                                           that is of IMAGE_LINE, and lies over pages of the layer before
 *
 * Zero pages are not kept and never written: touching one makes it resident, and a page fault is what costs.
 */
import { NanoError } from '../errors.ts'
import type { PageFile } from '../native/page-file.ts'
import { WASM_PAGE } from '../wasm/memory.ts'

/** Bytes in a page of an image; the operating system's usual page. */
export const IMAGE_PAGE = 4096

/** Bytes in a line: the least that an image says of a page that it shares but for a part. */
export const IMAGE_LINE = 128

/** Numbers of a run: address, length and place. */
export const RUN_WORDS = 3

/** The most bytes that an image may take. Single bytes, each in a page of its own, make much of a small file. */
export const MAX_IMAGE_BYTES = 128 * 1024 * 1024

/** Pages out of one block of bytes. */
export interface ImageLayer {
  readonly runs: Uint32Array
  readonly bytes: Uint8Array
}

export interface Image {
  /** Pages of WebAssembly memory that an instance needs at least. */
  readonly pages: number
  readonly layers: readonly ImageLayer[]
  /** Names what the first layer is of, when images of other apps have it, too. */
  readonly source?: string | undefined
  /** All of what `source` names, to be mapped in place of being copied, where the system can do that. */
  readonly mappable?: MappableLayer | undefined
}

/** A layer, and a file that has its pages at their addresses. */
export interface MappableLayer {
  readonly layer: ImageLayer
  readonly file: PageFile
}

/** What of an app is loaded when it is needed. */
export interface AppContent {
  readonly image: Image
  /** JSON in UTF-8, when there is one. */
  readonly sourceMap?: Uint8Array | undefined
}

/** Bytes at an address of the snapshot. */
export interface ImagePart {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** The image of a snapshot. `parts`: in order, not overlapping, within `pages`. Throws COMPONENT_INVALID. */
export function splitImage(parts: readonly ImagePart[], pages: number): Image {
  const kept = findPages(parts, pages)
  const size = kept.length * IMAGE_PAGE
  if (size > MAX_IMAGE_BYTES) {
    throw new NanoError(
      'COMPONENT_INVALID',
      `the app's snapshot takes ${size} bytes of memory; at most ${MAX_IMAGE_BYTES} are admitted`,
    )
  }
  const bytes = new Uint8Array(new SharedArrayBuffer(size))
  /** Where in `bytes` a kept page begins. */
  const places = new Map(kept.map((page, index) => [page, index * IMAGE_PAGE]))
  for (const part of parts) {
    for (const { page, address, bytes: piece } of cutIntoPages(part)) {
      const place = places.get(page)
      if (place !== undefined) bytes.set(piece, place + (address % IMAGE_PAGE))
    }
  }
  const runs = new Runs()
  for (const [page, place] of places) runs.add(page * IMAGE_PAGE, place)
  return { pages, layers: [{ runs: runs.toWords(), bytes }] }
}

/** Runs, gathered piece by piece. */
export class Runs {
  readonly #runs: [address: number, length: number, place: number][] = []

  /** One more piece; what follows the one before in memory and in the block is of its run. */
  add(address: number, place: number, length = IMAGE_PAGE): void {
    const last = this.#runs.at(-1)
    if (last !== undefined && last[0] + last[1] === address && last[2] + last[1] === place) {
      last[1] += length
    } else this.#runs.push([address, length, place])
  }

  toWords(): Uint32Array<SharedArrayBuffer> {
    const words = new Uint32Array(new SharedArrayBuffer(this.#runs.length * RUN_WORDS * 4))
    words.set(this.#runs.flat())
    return words
  }
}

/** Bytes of the pages that are not zero, of an image that was split. */
export function toImageBytes({ layers }: Image): number {
  let sum = 0
  for (const { runs } of layers) for (let i = 1; i < runs.length; i += RUN_WORDS) sum += runs[i]!
  return sum
}

/** Each page of a layer: its address and its bytes. */
export function* toPages({
  runs,
  bytes,
}: ImageLayer): Generator<{ address: number; place: number; page: Buffer }> {
  for (let i = 0; i < runs.length; i += RUN_WORDS) {
    for (let at = 0; at < runs[i + 1]!; at += IMAGE_PAGE) {
      const place = runs[i + 2]! + at
      yield {
        address: runs[i]! + at,
        place,
        page: Buffer.from(bytes.buffer, bytes.byteOffset + place, IMAGE_PAGE),
      }
    }
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
