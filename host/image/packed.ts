/**
 * An app's content as one block of bytes that opens fast: its image as what differs from its engine's base image, page by
 * page, and its source map.
 *
 *     "NANOIMG" version:u8 | SHA-256 of all that follows | head length:u32 | head, JSON | one zstd frame
 *     frame: shared runs, own runs (image.ts) | own pages | source map
 *
 * What is unpacked is checked as if a tenant had written it. Pure.
 */
import { createHash } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

import { NanoError } from '../errors.ts'
import { WASM_PAGE } from '../wasm/memory.ts'
import { IMAGE_PAGE, MAX_IMAGE_BYTES, RUN_WORDS, Runs, toPages } from './image.ts'
import type { AppContent, ImageLayer } from './image.ts'

const MAGIC = Buffer.from('NANOIMG\x01')
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

/**
 * The content, in a layer for each source of its pages. `findBase`: an engine's base image by its name. Throws
 * ARTIFACT_BROKEN for what was not packed so.
 */
export function unpack(packed: Buffer, findBase: (id: ContentId) => BaseImage | undefined): AppContent {
  const head = readHead(packed)
  const base = head.base === undefined ? undefined : findBase(head.base)
  if (head.base !== undefined && base === undefined) throw broken('its base image is not there')
  const size = head.shared + head.own + head.bytes + (head.map ?? 0)
  const frame = inflate(packed.subarray(HEAD_AT + packed.readUInt32LE(HASHED_AT)), size)
  let at = 0
  const take = (length: number): Uint8Array<SharedArrayBuffer> => {
    const part = new Uint8Array(new SharedArrayBuffer(length))
    part.set(frame.subarray(at, (at += length)))
    return part
  }
  const [shared, own] = [take(head.shared), take(head.own)].map(({ buffer }) => new Uint32Array(buffer))
  const layers = [
    ...(base === undefined ? [] : [{ runs: shared!, bytes: base.layer.bytes }]),
    { runs: own!, bytes: take(head.bytes) },
  ]
  const image = { pages: head.pages, layers, source: head.base }
  for (const layer of layers) expectWithin(layer, image.pages)
  return head.map === undefined ? { image } : { image, sourceMap: take(head.map) }
}

function readHead(packed: Buffer): Head {
  const isWhole =
    packed.length > HEAD_AT &&
    packed.subarray(0, MAGIC.length).equals(MAGIC) &&
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

function expectWithin({ runs, bytes }: ImageLayer, pages: number): void {
  for (let i = 0; i < runs.length; i += RUN_WORDS) {
    const [address, length, place] = [runs[i]!, runs[i + 1]!, runs[i + 2]!]
    if (address + length > pages * WASM_PAGE || place + length > bytes.length) {
      throw broken('a page is beyond its memory')
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
  const pages: Buffer[] = []
  for (const { address, page } of toPages(layer)) {
    const other = known.get(address)
    if (other?.page.equals(page) === true) shared.add(address, other.place)
    else own.add(address, pages.push(page) * IMAGE_PAGE - IMAGE_PAGE)
  }
  return { shared: shared.toWords(), own: own.toWords(), pages: Buffer.concat(pages) }
}

function toBuffer({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
}

function toHash(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

function broken(why: string, cause?: unknown): NanoError {
  return new NanoError('ARTIFACT_BROKEN', `the packed image is broken: ${why}`, { cause })
}
