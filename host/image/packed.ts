/**
 * An app's content as one block of bytes that opens fast: its image as what differs from its engine's base image, and its
 * source map. Of a page that the base has, too, the lines that differ, unless they are most of it; of the others all.
 *
 *     "NANOIMG" version:u8 | SHA-256 of all that follows | head length:u32 | head, JSON | one zstd frame
 *     frame: shared runs, own runs (image.ts) | own bytes | source map
 *
 * In version 1, which is read as well, all that is of its own are whole pages. What is unpacked is checked as if a tenant had
 * written it. Pure.
 */
import { createHash } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

import { NanoError } from '../errors.ts'
import type { PageFile } from '../native/page-file.ts'
import { WASM_PAGE } from '../wasm/memory.ts'
import { IMAGE_LINE, IMAGE_PAGE, MAX_IMAGE_BYTES, RUN_WORDS, Runs, toPages } from './image.ts'
import type { AppContent, ImageLayer } from './image.ts'

const MAGIC = Buffer.from('NANOIMG\x02')
/** Those before it that are read, too. */
const OLD_MAGIC = Buffer.from('NANOIMG\x01')
const HASH_BYTES = 32
const HASHED_AT = MAGIC.length + HASH_BYTES
const HEAD_AT = HASHED_AT + 4
const RUN_BYTES = RUN_WORDS * 4
/** Of WebAssembly: an address has 32 bits. */
const MAX_PAGES = 65_536
/** More than a source map may have (deploy/read-source-map.ts). */
const MAX_MAP_BYTES = 16 * 1024 * 1024

/** Names content: the SHA-256 of all that it is made of, whatever it is packed against. */
export type ContentId = string & { readonly __brand: 'ContentId' }

/** An image that others of its engine are packed against: it has one layer. */
export interface BaseImage {
  readonly id: ContentId
  readonly layer: ImageLayer
  /** Its pages as a file, where the system has such. */
  readonly file?: PageFile | undefined
}

interface Head {
  /** Undefined: it is packed against nothing. */
  readonly base?: ContentId | undefined
  readonly pages: number
  /** Lengths of the parts of the frame, in bytes; but for the source map what is not given is not there. */
  readonly shared: number
  readonly own: number
  readonly bytes: number
  readonly map?: number | undefined
}

/** Names content of an engine. It is of one layer. */
export function toContentId(engineHash: string, { image, sourceMap }: AppContent): ContentId {
  const { runs, bytes } = image.layers[0]!
  const hash = createHash('sha256').update(JSON.stringify([engineHash, image.pages, sourceMap?.length]))
  return hash
    .update(runs)
    .update(bytes)
    .update(sourceMap ?? '')
    .digest('hex') as ContentId
}

/** Content of one layer. `base`: of its engine. */
export function pack({ image, sourceMap }: AppContent, base?: BaseImage): Buffer {
  const layer = image.layers[0]!
  const { shared, own, pages } = base === undefined ? toWhole(layer) : toDifference(layer, base.layer)
  const head: Head = {
    base: base?.id,
    pages: image.pages,
    shared: shared.byteLength,
    own: own.byteLength,
    bytes: pages.byteLength,
    map: sourceMap?.length,
  }
  const json = Buffer.from(JSON.stringify(head))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(json.length)
  const parts = [shared, own, pages, sourceMap ?? Buffer.alloc(0)].map(toBuffer)
  const frame = zstdCompressSync(Buffer.concat(parts), {
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
  })
  const rest = [length, json, frame]
  return Buffer.concat([MAGIC, toHash(Buffer.concat(rest)), ...rest])
}

/** Larger ones take longer to pack, and save next to nothing. */
const LEVEL = 3

/** What was packed, unpacked: content as often as it is wanted. */
export interface Unpacked {
  readonly head: Head
  readonly base: BaseImage | undefined
  readonly frame: Buffer
}

/** `findBase`: an engine's base image by its name. Throws ARTIFACT_BROKEN for what was not packed so. */
export function unpack(packed: Buffer, findBase: (id: ContentId) => BaseImage | undefined): Unpacked {
  const head = readHead(packed)
  const base = head.base === undefined ? undefined : findBase(head.base)
  if (head.base !== undefined && base === undefined) throw broken('its base image is not there')
  const size = head.shared + head.own + head.bytes + (head.map ?? 0)
  const frame = inflate(packed.subarray(HEAD_AT + packed.readUInt32LE(HASHED_AT)), size)
  const [shared, own] = [toRuns(frame, 0, head.shared), toRuns(frame, head.shared, head.own)]
  const known = new Uint8Array((head.pages * WASM_PAGE) / IMAGE_PAGE)
  if (base !== undefined) expectSound(shared, base.layer.bytes.length, known)
  expectSound(own, head.bytes, known)
  return { head, base, frame }
}

/** A copy, for they may lie anywhere in the frame. */
function toRuns(frame: Buffer, at: number, length: number): Uint32Array {
  return new Uint32Array(new Uint8Array(frame.subarray(at, at + length)).buffer)
}

/**
 * The content, in a layer for each source of its bytes. What is its own is in blocks of its own: that of the base which it has,
 * its bytes, and its source map. `make`: a block of so many bytes.
 */
export function toContent(
  { head, base, frame }: Unpacked,
  make = (length: number): ArrayBufferLike => new ArrayBuffer(length),
): AppContent {
  const { shared, own, bytes, pages, map } = head
  let at = 0
  const take = (length: number): ArrayBufferLike => {
    const block = make(length)
    new Uint8Array(block).set(frame.subarray(at, (at += length)))
    return block
  }
  const sharedRuns = new Uint32Array(take(shared))
  const block = take(own + bytes)
  const ownLayer = { runs: new Uint32Array(block, 0, own / 4), bytes: new Uint8Array(block, own) }
  const layers = base === undefined ? [ownLayer] : [{ runs: sharedRuns, bytes: base.layer.bytes }, ownLayer]
  const mappable = base?.file && { layer: base.layer, file: base.file }
  const image = { pages, layers, source: head.base, mappable }
  return map === undefined ? { image } : { image, sourceMap: new Uint8Array(take(map)) }
}

function readHead(packed: Buffer): Head {
  const isWhole =
    packed.length > HEAD_AT &&
    [MAGIC, OLD_MAGIC].some((magic) => packed.subarray(0, magic.length).equals(magic)) &&
    packed.subarray(MAGIC.length, HASHED_AT).equals(toHash(packed.subarray(HASHED_AT)))
  if (!isWhole) throw broken('its bytes are not what they were')
  const end = HEAD_AT + packed.readUInt32LE(HASHED_AT)
  const head = parse(packed.subarray(HEAD_AT, end))
  const { pages, shared, own, bytes, map = 0 } = head
  const isSound =
    isLength(pages, MAX_PAGES) &&
    isLength(bytes, MAX_IMAGE_BYTES) &&
    isLength(map, MAX_MAP_BYTES) &&
    [shared, own].every((each) => isLength(each, MAX_IMAGE_BYTES) && each % RUN_BYTES === 0)
  if (!isSound) throw broken('its lengths cannot be')
  return head
}

function parse(json: Buffer): Head {
  try {
    return JSON.parse(json.toString()) as Head
  } catch (cause) {
    throw broken('its head is not JSON', cause)
  }
}

function isLength(value: unknown, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most
}

/**
 * Throws when a run of a layer leads out, of its bytes or of the memory, or when a part of a page lies over what no layer before has.
 * `known`: which pages the layers before have, and from then on this one.
 */
function expectSound(runs: Uint32Array, bytes: number, known: Uint8Array): void {
  for (let i = 0; i < runs.length; i += RUN_WORDS) {
    const [address, length, place] = [runs[i]!, runs[i + 1]!, runs[i + 2]!]
    if (address + length > known.length * IMAGE_PAGE || place + length > bytes) {
      throw broken('a page is beyond its memory')
    }
    const [first, end] = [address / IMAGE_PAGE, (address + length) / IMAGE_PAGE]
    known.fill(1, Math.ceil(first), Math.max(Math.ceil(first), Math.floor(end)))
    if (known.subarray(Math.floor(first), Math.ceil(end)).includes(0)) {
      throw broken('a part of a page has nothing to lie over')
    }
  }
}

function inflate(frame: Buffer, size: number): Buffer {
  try {
    // in one piece
    const bytes = zstdDecompressSync(frame, {
      maxOutputLength: Math.max(size, 1),
      chunkSize: Math.max(size, 64),
    })
    if (bytes.length === size) return bytes
  } catch (cause) {
    throw broken('it cannot be unpacked', cause)
  }
  throw broken('it is shorter than it says')
}

interface Difference {
  readonly shared: Uint32Array
  readonly own: Uint32Array
  readonly pages: Uint8Array
}

function toWhole({ runs, bytes }: ImageLayer): Difference {
  return { shared: new Uint32Array(0), own: runs, pages: bytes }
}

function toDifference(layer: ImageLayer, base: ImageLayer): Difference {
  const known = new Map(Array.from(toPages(base), (each) => [each.address, each]))
  const [shared, own] = [new Runs(), new Runs()]
  const pieces: Buffer[] = []
  let size = 0
  const keep = (address: number, piece: Buffer): void => {
    own.add(address, size, piece.length)
    pieces.push(piece)
    size += piece.length
  }
  for (const { address, page } of toPages(layer)) {
    const other = known.get(address)
    const lines = other === undefined ? undefined : findLines(page, other.page)
    if (other === undefined || lines === undefined) {
      keep(address, page)
      continue
    }
    shared.add(address, other.place)
    for (const at of lines) keep(address + at, page.subarray(at, at + IMAGE_LINE))
  }
  return { shared: shared.toWords(), own: own.toWords(), pages: Buffer.concat(pieces) }
}

/** Where in a page the lines are that differ from those of another one; undefined: almost everywhere. */
function findLines(page: Buffer, other: Buffer): number[] | undefined {
  const lines: number[] = []
  for (let at = 0; at < IMAGE_PAGE; at += IMAGE_LINE) {
    if (page.compare(other, at, at + IMAGE_LINE, at, at + IMAGE_LINE) !== 0) lines.push(at)
  }
  return lines.length > MOST_LINES ? undefined : lines
}

/** With more of them all of the page is kept: one copy in place of two. */
const MOST_LINES = (IMAGE_PAGE / IMAGE_LINE) * 0.75

function toBuffer({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
}

function toHash(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

function broken(why: string, cause?: unknown): NanoError {
  return new NanoError('ARTIFACT_BROKEN', `the packed image is broken: ${why}`, { cause })
}
