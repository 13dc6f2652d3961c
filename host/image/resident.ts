/**
 * A memory that is used again, page by page: what its last owner left goes, and what many images have in common stays where
 * it is. A page that has been touched costs a copy, and one that has not a fault, which is some ten times as much.
 *
 *     fresh      zeros
 *     restored   zeros, and a filling: the pages that images of one source share
 *     laid over  one image and zeros, and nothing else
 *
 *     fresh  --fill, to its end-->  restored
 *     fresh, restored  --layOver-->  laid over  --its owner-->  anything  --restore, to its end-->  restored
 */
import { IMAGE_PAGE, RUN_WORDS, type Image, type ImageLayer } from './image.ts'

/** What a restored memory holds. */
export interface Filling {
  readonly source: string
  readonly layer: ImageLayer
}

/** Pages that are looked at before others have their turn. */
const STEP = 64
/** A run takes as long as so many bytes of one. */
const RUN_COST = 1024
const ZEROS = Buffer.alloc(IMAGE_PAGE)

/** What of an image other images have, too. */
export function toFilling({ source, layers: [layer] }: Image): Filling | undefined {
  return source === undefined || layer === undefined ? undefined : { source, layer }
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

/** Lays a filling into a fresh memory, step by step. No other page is touched. */
export function fill(memory: WebAssembly.Memory, { layer }: Filling): Generator<void> {
  return copy(layer, new Uint8Array(memory.buffer), () => false)
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

/** Makes all of a memory the filling and zeros, whatever is in it, step by step. Pages that are so are not written. */
export function* restore(memory: WebAssembly.Memory, filling?: Filling): Generator<void> {
  const target = Buffer.from(memory.buffer)
  const pages = target.length / IMAGE_PAGE
  const places = toPlaces(pages, filling?.layer)
  const source = filling === undefined ? ZEROS : toBuffer(filling.layer.bytes)
  for (let page = 0; page < pages; page++) {
    if (page % STEP === STEP - 1) yield
    const [at, end] = [page * IMAGE_PAGE, (page + 1) * IMAGE_PAGE]
    const place = places[page]!
    const [from, start] = place < 0 ? [ZEROS, 0] : [source, place]
    if (target.compare(from, start, start + IMAGE_PAGE, at, end) !== 0) {
      from.copy(target, at, start, start + IMAGE_PAGE)
    }
  }
}

/** Where in the layer's bytes each page is; -1: nowhere. */
function toPlaces(pages: number, layer: ImageLayer | undefined): Int32Array {
  const places = new Int32Array(pages).fill(-1)
  if (layer === undefined) return places
  const { runs } = layer
  for (let i = 0; i < runs.length; i += RUN_WORDS) {
    for (let at = 0; at < runs[i + 1]!; at += IMAGE_PAGE) {
      places[(runs[i]! + at) / IMAGE_PAGE] = runs[i + 2]! + at
    }
  }
  return places
}

function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
}
