/** An image is the snapshot again, without its zero pages. */
import { assert, array, integer, property, tuple, uint8Array } from 'fast-check'
import { it } from 'vitest'
import { IMAGE_PAGE, splitImage, type ImagePart } from './image.ts'
import { layOver } from './resident.ts'

const PAGES = 2

it('lays down what was split', ({ expect }) => {
  const gap = integer({ min: 0, max: 3 * IMAGE_PAGE })
  const part = tuple(gap, uint8Array({ max: 2, maxLength: 2 * IMAGE_PAGE }))
  assert(
    property(array(part, { maxLength: 6 }), (list) => {
      const parts: ImagePart[] = []
      let end = 0
      for (const [gap, bytes] of list) {
        parts.push({ offset: end + gap, bytes })
        end += gap + bytes.length
      }
      const pages = Math.max(PAGES, Math.ceil(end / 65_536))
      const wanted = new Uint8Array(pages * 65_536)
      for (const { offset, bytes } of parts) wanted.set(bytes, offset)
      const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
      for (const _ of layOver(splitImage(parts, pages), memory));
      expect(Buffer.compare(wanted, new Uint8Array(memory.buffer))).toBe(0)
    }),
    { numRuns: 50 },
  )
})

it('keeps no zero page, joins neighbours, is shared', ({ expect }) => {
  const bytes = new Uint8Array(6 * IMAGE_PAGE)
  bytes[0] = bytes[2 * IMAGE_PAGE - 1] = bytes[4 * IMAGE_PAGE] = 1
  const [layer] = splitImage([{ offset: 0, bytes }], PAGES).layers
  expect([...layer!.runs]).toEqual([0, 2 * IMAGE_PAGE, 0, 4 * IMAGE_PAGE, IMAGE_PAGE, 2 * IMAGE_PAGE])
  expect(layer!.bytes.buffer).toBeInstanceOf(SharedArrayBuffer)
  expect(layer!.bytes).toHaveLength(3 * IMAGE_PAGE)
})

it('refuses parts beyond the memory', ({ expect }) => {
  expect(() => splitImage([{ offset: PAGES * 65_536 - 1, bytes: new Uint8Array(2) }], PAGES)).toThrow(
    RangeError,
  )
})
