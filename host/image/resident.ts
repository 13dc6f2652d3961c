/**
 * A memory that is used again, page by page: what its last owner left goes, and what many images have in common stays where
 * it is. Where the system can map pages (native/page-file.ts) memories have those in common until somebody writes to them, and
 * what was written is dropped. Elsewhere they are copied: a page that has been touched costs a copy, and one that has not a
 * fault, which is some ten times as much.
 *
 *     fresh      zeros
 *     restored   zeros, and a filling: the pages that images of one source share
 *     laid over  one image and zeros, and nothing else
 *
 *     fresh  --map-->  restored
 *     fresh  --fill, to its end-->  restored
 *     fresh, restored  --layOver-->  laid over  --its owner-->  anything  --restore, to its end-->  restored
 */
import { findOwnPages } from '../native/own-pages.ts'
import { mapPages, restorePages, type PageFile } from '../native/page-file.ts'
import { WASM_PAGE } from '../wasm/memory.ts'
import { IMAGE_PAGE, RUN_WORDS, type Image, type ImageLayer } from './image.ts'
import { toEnd } from './mapped.ts'

/** What a restored memory holds. */
export interface Filling {
  readonly source: string
  readonly layer: ImageLayer
  /** It is mapped, and what of the layer begins at this address or beyond it is not there. Undefined: all of it, copied. */
  readonly mapped?: { readonly file: PageFile; readonly end: number }
}

/** Pages that are looked at before others have their turn. */
const STEP = 64
/** A memory with more pages of its own than this gives them back. */
const MOST_KEPT = 1024
/** A run takes as long as so many bytes of one. */
const RUN_COST = 1024
const ZEROS = Buffer.alloc(IMAGE_PAGE)

/** What of an image other images have, too, to be copied. */
export function toFilling({ source, layers: [layer] }: Image): Filling | undefined {
  return source === undefined || layer === undefined ? undefined : { source, layer }
}

/** Maps what of an image other images have, too, into a fresh memory. Undefined: it is as it was. */
export function map({ source, layers, mappable }: Image, memory: WebAssembly.Memory): Filling | undefined {
  if (source === undefined || mappable === undefined) return undefined
  const { layer, file } = mappable
  // an image of another size may be its base
  const end = Math.min(file.length, Math.ceil(toEnd(layers[0]!.runs) / WASM_PAGE) * WASM_PAGE)
  const filling = { source, layer, mapped: { file, end } }
  return mapPages(memory, file, end) ? filling : undefined
}

/** Lays an image over what a restored memory holds, step by step. The memory is at least as large as the image says. */
export function* layOver(image: Image, memory: WebAssembly.Memory, filling?: Filling): Generator<void> {
  const target = new Uint8Array(memory.buffer)
  /** 1: of the filling. */
  const filled = new Uint8Array(target.length / IMAGE_PAGE)
  if (filling !== undefined) {
    const { runs } = filling.layer
    for (let i = 0; i < runs.length; i += RUN_WORDS) {
      filled.fill(1, runs[i]! / IMAGE_PAGE, (runs[i]! + runs[i + 1]!) / IMAGE_PAGE)
    }
    if (filling.mapped !== undefined) filled.fill(0, filling.mapped.end / IMAGE_PAGE)
  }
  for (const [index, layer] of image.layers.entries()) {
    const isFilling = index === 0 && filling !== undefined && filling.source === image.source
    // those that are there already
    const isThere = (first: number, end: number): boolean =>
      isFilling && !filled.subarray(first, end).includes(0)
    yield* copy(layer, target, isThere)
    const { runs } = layer
    for (let i = 0; i < runs.length; i += RUN_WORDS) {
      // pages of which it has a part alone are those of the layer before
      filled.fill(0, Math.floor(runs[i]! / IMAGE_PAGE), Math.ceil((runs[i]! + runs[i + 1]!) / IMAGE_PAGE))
    }
  }
  // what the filling has and the image has not
  for (let page = filled.indexOf(1); page >= 0; page = filled.indexOf(1, page + 1)) {
    target.fill(0, page * IMAGE_PAGE, (page + 1) * IMAGE_PAGE)
  }
}

/** Lays a filling into a fresh memory, step by step. No other page is touched. Throws when it cannot be mapped. */
export function* fill(memory: WebAssembly.Memory, { layer, mapped }: Filling): Generator<void> {
  if (mapped === undefined) yield* copy(layer, new Uint8Array(memory.buffer), () => false)
  else if (!mapPages(memory, mapped.file, mapped.end)) throw new Error('the system maps no more pages')
}

/** Runs of pages that are there already are not written. */
function* copy(
  { bytes, runs }: ImageLayer,
  target: Uint8Array,
  isThere: (firstPage: number, endPage: number) => boolean,
): Generator<void> {
  let left = STEP * IMAGE_PAGE
  for (let i = 0; i < runs.length; i += RUN_WORDS) {
    const [address, length, place] = [runs[i]!, runs[i + 1]!, runs[i + 2]!]
    if (isThere(address / IMAGE_PAGE, (address + length) / IMAGE_PAGE)) continue
    for (let at = 0; at < length;) {
      const end = Math.min(length, at + left)
      target.set(bytes.subarray(place + at, place + end), address + at)
      left -= Math.max(end - at, RUN_COST)
      at = end
      if (left > 0) continue
      left = STEP * IMAGE_PAGE
      yield
    }
  }
}

/** Pages that are going to be written to are its own already: what costs a fault is done. What is in them stays. */
export function* touch(memory: WebAssembly.Memory, pages: Uint32Array): Generator<void> {
  const target = new Uint8Array(memory.buffer)
  for (const [index, page] of pages.entries()) {
    if (index % STEP === STEP - 1) yield
    target[page * IMAGE_PAGE] = target[page * IMAGE_PAGE]!
  }
}

/**
 * Makes all of a memory the filling and zeros, whatever is in it, step by step. Pages that are so are not written. Gives the pages
 * that it has of its own, if that is known; of those that were mapped they are kept for the next guest if it `isNext`, for a copy
 * costs less than a fault, and else dropped.
 */
export function* restore(
  memory: WebAssembly.Memory,
  filling?: Filling,
  isNext = true,
): Generator<void, Uint32Array | undefined> {
  const own = filling?.mapped === undefined ? undefined : findOwnPages(memory)
  const isKept = isNext && own !== undefined && own.length <= MOST_KEPT
  if (filling?.mapped !== undefined && !isKept && restorePages(memory)) return own
  const target = Buffer.from(memory.buffer)
  const places = toPlaces(target.length / IMAGE_PAGE, filling)
  const source = filling === undefined ? ZEROS : toBuffer(filling.layer.bytes)
  const count = own?.length ?? places.length
  for (let index = 0; index < count; index++) {
    if (index % STEP === STEP - 1) yield
    const page = own?.[index] ?? index
    const [at, end] = [page * IMAGE_PAGE, (page + 1) * IMAGE_PAGE]
    const place = places[page]!
    const [from, start] = place < 0 ? [ZEROS, 0] : [source, place]
    if (target.compare(from, start, start + IMAGE_PAGE, at, end) !== 0) {
      from.copy(target, at, start, start + IMAGE_PAGE)
    }
  }
  return own
}

/** The pages that an image has of its own, or in part. */
export function toOwnPages({ layers, pages }: Image): Uint32Array {
  const isOwn = new Uint8Array((pages * WASM_PAGE) / IMAGE_PAGE)
  for (const { runs } of layers.slice(1)) {
    for (let i = 0; i < runs.length; i += RUN_WORDS) {
      isOwn.fill(1, Math.floor(runs[i]! / IMAGE_PAGE), Math.ceil((runs[i]! + runs[i + 1]!) / IMAGE_PAGE))
    }
  }
  return Uint32Array.from(isOwn.keys().filter((page) => isOwn[page] === 1))
}

/** Where in the layer's bytes each page is; -1: nowhere. */
function toPlaces(pages: number, filling: Filling | undefined): Int32Array {
  const places = new Int32Array(pages).fill(-1)
  if (filling === undefined) return places
  const { runs } = filling.layer
  for (let i = 0; i < runs.length; i += RUN_WORDS) {
    for (let at = 0; at < runs[i + 1]!; at += IMAGE_PAGE) {
      places[(runs[i]! + at) / IMAGE_PAGE] = runs[i + 2]! + at
    }
  }
  if (filling.mapped !== undefined) places.fill(-1, filling.mapped.end / IMAGE_PAGE)
  return places
}

function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
}
