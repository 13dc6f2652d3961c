/** What is packed is unpacked as it was, whatever it is packed against; what was not packed so is refused. */
import { assert, array, integer, option, property, tuple, uint8Array } from 'fast-check'
import { describe, it } from 'vitest'

import { NanoError } from '../errors.ts'
import { IMAGE_LINE, IMAGE_PAGE, splitImage } from './image.ts'
import { layOver } from './resident.ts'
import type { AppContent, Image } from './image.ts'
import { pack, toContent, toContentId, unpack } from './packed.ts'
import type { BaseImage } from './packed.ts'

const PAGES = 2

/** Which page has which byte in it. */
type Spec = readonly (readonly [page: number, byte: number])[]

const spec = array(tuple(integer({ min: 0, max: 31 }), integer({ min: 1, max: 3 })), { maxLength: 20 })

function toImage(pages: Spec): Image {
  const bytes = new Uint8Array(PAGES * 65_536)
  for (const [page, byte] of pages) bytes.fill(byte, page * IMAGE_PAGE, page * IMAGE_PAGE + 9)
  return splitImage([{ offset: 0, bytes }], PAGES)
}

function toMemory(image: Image): Buffer {
  const memory = new WebAssembly.Memory({ initial: image.pages })
  for (const _ of layOver(image, memory));
  return Buffer.from(memory.buffer)
}

function toBase(image: Image): BaseImage {
  return { id: toContentId('e', { image }), layer: image.layers[0]! }
}

const shared = (bytes: Uint8Array): Uint8Array<SharedArrayBuffer> => {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length))
  copy.set(bytes)
  return copy
}

it('gives back what it took, packed against another image or by itself', ({ expect }) => {
  assert(
    property(spec, option(spec), option(uint8Array({ maxLength: 50 })), (own, against, map) => {
      const image = toImage(own)
      const content: AppContent = map === null ? { image } : { image, sourceMap: shared(map) }
      const base = against === null ? undefined : toBase(toImage(against))
      const found = toContent(unpack(pack(content, base), (id) => (id === base?.id ? base : undefined)))
      expect(toMemory(found.image).equals(toMemory(image))).toBe(true)
      expect(found.sourceMap).toEqual(content.sourceMap)
    }),
    { numRuns: 100 },
  )
})

it('shares pages with its base, byte for byte the same memory', ({ expect }) => {
  const base = toBase(toImage([0, 1, 2, 3, 9].map((page) => [page, 1])))
  const image = toImage([
    [0, 1],
    [1, 2],
    [2, 1],
    [7, 1],
  ])
  const { layers } = toContent(unpack(pack({ image }, base), () => base)).image
  expect(layers[0]!.bytes.buffer).toBe(base.layer.bytes.buffer)
  // a line of the one, all of the other
  expect(layers[1]!.bytes).toHaveLength(IMAGE_LINE + IMAGE_PAGE)
})

it('has of a page that its base has, too, the lines that differ alone', ({ expect }) => {
  const bytes = (line: number): Uint8Array => {
    const all = new Uint8Array(PAGES * 65_536).fill(1, 0, 3 * IMAGE_PAGE)
    all[IMAGE_PAGE + 5 * IMAGE_LINE + 3] = line
    return all
  }
  const base = toBase(splitImage([{ offset: 0, bytes: bytes(1) }], PAGES))
  const image = splitImage([{ offset: 0, bytes: bytes(2) }], PAGES)
  const found = toContent(unpack(pack({ image }, base), () => base)).image
  expect(found.layers[1]!.bytes).toHaveLength(IMAGE_LINE)
  expect([...found.layers[1]!.runs]).toEqual([IMAGE_PAGE + 5 * IMAGE_LINE, IMAGE_LINE, 0])
  expect(toMemory(found).equals(toMemory(image))).toBe(true)
})

it('reads what was packed before there were lines', ({ expect }) => {
  const image = toImage([
    [0, 1],
    [3, 2],
  ])
  const packed = pack({ image })
  packed[7] = 1
  expect(toMemory(toContent(unpack(packed, () => undefined)).image).equals(toMemory(image))).toBe(true)
})

it('has a name that tells engines, images and source maps apart', ({ expect }) => {
  const [image, other] = [toImage([[0, 1]]), toImage([[0, 2]])]
  const contents: [string, AppContent][] = [
    ['e', { image }],
    ['f', { image }],
    ['e', { image: other }],
    ['e', { image: { ...image, pages: 3 } }],
    ['e', { image, sourceMap: shared(Uint8Array.of()) }],
    ['e', { image, sourceMap: shared(Uint8Array.of(1)) }],
  ]
  expect(new Set(contents.map((content) => toContentId(...content))).size).toBe(contents.length)
})

describe('what is broken', () => {
  const base = toBase(toImage([[0, 1]]))
  const packed = pack(
    {
      image: toImage([
        [0, 1],
        [3, 2],
      ]),
    },
    base,
  )
  const refused = (bytes: Buffer, findBase: (id: string) => BaseImage | undefined = () => base): string => {
    try {
      unpack(bytes, findBase)
      return 'unpacked'
    } catch (error) {
      return error instanceof NanoError ? error.code : String(error)
    }
  }

  it('by any byte', ({ expect }) => {
    for (let at = 0; at < packed.length; at++) {
      const bytes = Buffer.from(packed)
      bytes[at]! ^= 1
      expect(refused(bytes)).toBe('ARTIFACT_BROKEN')
    }
  })

  it('by its end, wherever that is', ({ expect }) => {
    for (let end = 0; end < packed.length; end++)
      expect(refused(packed.subarray(0, end))).toBe('ARTIFACT_BROKEN')
  })

  it('for want of its base', ({ expect }) => {
    expect(refused(packed, () => undefined)).toBe('ARTIFACT_BROKEN')
  })

  it('by a base with less in it', ({ expect }) => {
    expect(refused(packed, () => ({ ...base, layer: toImage([]).layers[0]! }))).toBe('ARTIFACT_BROKEN')
  })
})
