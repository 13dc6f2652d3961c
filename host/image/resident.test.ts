/** A memory that is used again holds what a fresh one would, to its last byte, whoever had it before. */
import { array, assert, boolean, integer, nat, property, record } from 'fast-check'
import { describe, it } from 'vitest'
import { findOwnPages } from '../native/own-pages.ts'
import { hasPageFiles } from '../native/page-file.ts'
import { WASM_PAGE } from '../wasm/memory.ts'
import { freeImage } from './blocks.ts'
import { IMAGE_PAGE, splitImage, type Image } from './image.ts'
import { toPageFile } from './mapped.ts'
import { pack, toContent, toContentId, unpack, type BaseImage } from './packed.ts'
import { layOver, map, restore, toFilling, toOwnPages, touch, type Filling } from './resident.ts'

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
  const layer = image.layers[0]!
  return { id: toContentId('engine', { image }), layer, file: toPageFile(layer) }
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
  /** What it leaves of its own is kept for the next one, where the memory is mapped. */
  isNext: boolean(),
})

it('holds its image and zeros, one guest after the other', ({ expect }) => {
  assert(
    property(
      contents,
      contents,
      array(guest, { maxLength: 6 }),
      boolean(),
      (first, second, guests, isMapped) => {
        const bases = [toBase(first), toBase(second)]
        const memory = new WebAssembly.Memory({ initial: PAGES, maximum: 20 })
        let filling: Filling | undefined
        for (const { pages, base, odd, left, grows, isNext } of guests) {
          const image = base < 2 ? share(pages, bases[base]!, odd) : toImage(pages, odd)
          // as whoever keeps the memory does (engine/spares.ts)
          if (isMapped) filling ??= map(image, memory)
          for (const _ of layOver(image, memory, filling));
          expect(holds(memory, pages, odd)).toBe(true)
          freeImage(image)
          const own = toFilling(image)
          if (filling?.mapped === undefined && own?.source !== filling?.source) filling = own
          if (grows) memory.grow(1)
          const target = new Uint8Array(memory.buffer)
          for (const at of left) target[at] = 255
          target[target.length - 1] = 255
          for (const _ of restore(memory, filling, isNext));
        }
      },
    ),
    { numRuns: 120 },
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

describe.skipIf(!hasPageFiles)(
  'a memory that pages are mapped into (not skipped on Linux with a Node that has node:ffi)',
  () => {
    /** Of which the image has some, and one in part. */
    const ones = Array.from({ length: COUNT }, () => 1)
    const base = toBase(ones)
    const image = share(
      Array.from({ length: COUNT }, (_, page) => (page < 4 ? 2 : 1)),
      base,
      [9 * IMAGE_PAGE + 5],
    )
    const open = (): { memory: WebAssembly.Memory; filling: Filling } => {
      const memory = new WebAssembly.Memory({ initial: PAGES, maximum: 20 })
      return { memory, filling: map(image, memory)! }
    }

    it('has of its own what its image has', ({ expect }) => {
      const { memory, filling } = open()
      expect([...findOwnPages(memory)!]).toEqual([])
      for (const _ of layOver(image, memory, filling));
      expect([...findOwnPages(memory)!]).toEqual([0, 1, 2, 3, 9])
      expect([...toOwnPages(image)]).toEqual([0, 1, 2, 3, 9])
    })

    it('keeps for the next guest what the last one wrote to, or drops it', ({ expect }) => {
      const { memory, filling } = open()
      const write = (): void => void new Uint8Array(memory.buffer).fill(7, 6 * IMAGE_PAGE, 8 * IMAGE_PAGE)
      for (const [isNext, kept] of [
        [true, [6, 7]],
        [false, []],
      ] as const) {
        write()
        const own: (Uint32Array | undefined)[] = []
        const restoring = restore(memory, filling, isNext)
        const noted = (function* () {
          own.push(yield* restoring)
        })()
        for (const _ of noted);
        expect(own).toEqual([Uint32Array.of(6, 7)])
        expect([...findOwnPages(memory)!]).toEqual(kept)
        expect(holds(memory, ones)).toBe(true)
      }
    })

    it('drops them when there are many', ({ expect }) => {
      const { memory, filling } = open()
      memory.grow(18)
      new Uint8Array(memory.buffer).fill(7)
      const large = new WebAssembly.Memory({ initial: 100 })
      const other = map(image, large)!
      new Uint8Array(large.buffer).fill(7)
      for (const _ of restore(memory, filling));
      for (const _ of restore(large, other));
      expect(findOwnPages(memory)).toHaveLength((20 * WASM_PAGE) / IMAGE_PAGE)
      expect(findOwnPages(large)).toHaveLength(0)
      expect(holds(large, ones)).toBe(true)
    })

    it('has pages of its own before somebody writes to them', ({ expect }) => {
      const { memory, filling } = open()
      for (const _ of touch(memory, Uint32Array.of(3, 31, 5000)));
      expect([...findOwnPages(memory)!]).toEqual([3, 31])
      expect(holds(memory, ones)).toBe(true)
      expect(filling.mapped!.end).toBe(PAGES * WASM_PAGE)
    })

    it('has no page beyond its image, though its base is larger', ({ expect }) => {
      const first = COUNT / PAGES
      const small = share(
        ones.map((byte, page) => (page < first ? byte : 0)),
        base,
      )
      const memory = new WebAssembly.Memory({ initial: PAGES })
      const filling = map(small, memory)!
      expect(filling.mapped!.end).toBe(WASM_PAGE)
      for (const _ of layOver(small, memory, filling));
      expect(findOwnPages(memory)).toHaveLength(0)
      expect(new Uint8Array(memory.buffer, WASM_PAGE).every((byte) => byte === 0)).toBe(true)
    })
  },
)

it('has no filling when nobody else has its pages', ({ expect }) => {
  assert(
    property(integer({ min: 1, max: 3 }), (byte) => {
      expect(toFilling(toImage([byte]))).toBeUndefined()
    }),
  )
})
