/** A memory that is used again holds what a fresh one would, to its last byte, whoever had it before. */
import { array, assert, boolean, integer, nat, property, record } from 'fast-check'
import { it } from 'vitest'
import { WASM_PAGE } from '../wasm/memory.ts'
import { freeImage } from './blocks.ts'
import { IMAGE_PAGE, splitImage, type Image } from './image.ts'
import { pack, toContent, toContentId, unpack, type BaseImage } from './packed.ts'
import { layOver, restore, toFilling, type Filling } from './resident.ts'

const PAGES = 2
const COUNT = (PAGES * WASM_PAGE) / IMAGE_PAGE

/** Pages of a byte each; 0: the page is zero. */
const contents = array(nat(3), { minLength: COUNT, maxLength: COUNT })

function toImage(bytes: readonly number[], odd: readonly number[] = []): Image {
  return splitImage([{ offset: 0, bytes: toBytes(bytes, odd) }], PAGES)
}

/** Of so many pages, with single bytes that are not as the others of their pages. */
function toBytes(pages: readonly number[], odd: readonly number[] = [], length = PAGES * WASM_PAGE): Buffer {
  const bytes = Buffer.alloc(length)
  for (const [page, byte] of pages.entries()) bytes.fill(byte, page * IMAGE_PAGE, (page + 1) * IMAGE_PAGE)
  for (const at of odd) bytes[at] = 200
  return bytes
}

/** As a shard has it: what of it other apps have is one layer, the rest another. */
function share(bytes: readonly number[], base: BaseImage, odd: readonly number[] = []): Image {
  return toContent(unpack(pack({ image: toImage(bytes, odd) }, base), () => base)).image
}

function toBase(bytes: readonly number[]): BaseImage {
  const image = toImage(bytes)
  return { id: toContentId('engine', { image }), layer: image.layers[0]! }
}

function holds(memory: WebAssembly.Memory, pages: readonly number[], odd: readonly number[] = []): boolean {
  return toBytes(pages, odd, memory.buffer.byteLength).equals(Buffer.from(memory.buffer))
}

const guest = record({
  pages: contents,
  /** Of which of two base images it shares pages; those of a third kind with nobody. */
  base: nat(2),
  /** Single bytes that its image has otherwise. */
  odd: array(nat(PAGES * WASM_PAGE - 1), { maxLength: 8 }),
  /** What it leaves behind: single bytes, anywhere. */
  left: array(nat(PAGES * WASM_PAGE - 1), { maxLength: 20 }),
  grows: boolean(),
})

it('holds its image and zeros, one guest after the other', ({ expect }) => {
  assert(
    property(contents, contents, array(guest, { maxLength: 6 }), (first, second, guests) => {
      const bases = [toBase(first), toBase(second)]
      const memory = new WebAssembly.Memory({ initial: PAGES, maximum: 20 })
      let filling: Filling | undefined
      for (const { pages, base, odd, left, grows } of guests) {
        const image = base < 2 ? share(pages, bases[base]!, odd) : toImage(pages, odd)
        for (const _ of layOver(image, memory, filling));
        expect(holds(memory, pages, odd)).toBe(true)
        // as whoever keeps the memory does (engine/spares.ts)
        freeImage(image)
        const own = toFilling(image)
        if (own?.source !== filling?.source) filling = own
        if (grows) memory.grow(1)
        const target = new Uint8Array(memory.buffer)
        for (const at of left) target[at] = 255
        target[target.length - 1] = 255
        for (const _ of restore(memory, filling));
      }
    }),
    { numRuns: 60 },
  )
})

it('is zero but for the filling when it is restored, in steps that are short', ({ expect }) => {
  const base = toBase(Array.from({ length: COUNT }, (_, page) => page % 3))
  const image = share(
    Array.from({ length: COUNT }, (_, page) => (page % 4 === 0 ? 0 : page % 3)),
    base,
  )
  const memory = new WebAssembly.Memory({ initial: 40 * PAGES })
  const target = new Uint8Array(memory.buffer)
  crypto.getRandomValues(target.subarray(0, 65_536))
  target.fill(7, 65_536)
  let steps = 1
  for (const _ of restore(memory, toFilling(image))) steps++
  expect(steps).toBe((40 * COUNT) / 64 + 1)
  const shared = Array.from({ length: COUNT }, (_, page) => (page % 4 === 0 ? 0 : page % 3))
  expect(holds(memory, shared)).toBe(true)
  for (const _ of restore(memory));
  expect(target.every((byte) => byte === 0)).toBe(true)
})

it('is not written where it is as it should be', ({ expect }) => {
  const base = toBase(Array.from({ length: COUNT }, () => 1))
  const image = share(
    Array.from({ length: COUNT }, () => 1),
    base,
  )
  // nobody may write a page that other memories could be made of
  const memory = { buffer: new Uint8Array(PAGES * WASM_PAGE).fill(1).buffer } as WebAssembly.Memory
  const bytes = Buffer.from(memory.buffer)
  const copies: number[] = []
  const real = Buffer.prototype.copy
  Buffer.prototype.copy = function (this: Buffer, ...args: Parameters<typeof real>) {
    copies.push(args[1] as number)
    return real.apply(this, args)
  }
  try {
    bytes[5 * IMAGE_PAGE] = 9
    for (const _ of restore(memory, toFilling(image)));
  } finally {
    Buffer.prototype.copy = real
  }
  expect(copies).toEqual([5 * IMAGE_PAGE])
  expect(bytes.every((byte) => byte === 1)).toBe(true)
})

it('has no filling when nobody else has its pages', ({ expect }) => {
  assert(
    property(integer({ min: 1, max: 3 }), (byte) => {
      expect(toFilling(toImage([byte]))).toBeUndefined()
    }),
  )
})
