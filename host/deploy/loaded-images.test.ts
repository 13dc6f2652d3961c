/** Images that were unpacked: one copy of each, as many as the budget holds, and a copy to move for whoever asks. */
import { it } from 'vitest'

import { freeImage, toBlocks } from '../image/blocks.ts'
import { IMAGE_PAGE, splitImage } from '../image/image.ts'
import { pack, toContentId, unpack } from '../image/packed.ts'
import type { ContentId } from '../image/packed.ts'
import { LoadedImages } from './loaded-images.ts'

/** The content with this number has so many pages. */
function open(mapBytes = 0) {
  const read: string[] = []
  const images = new LoadedImages(({ id }) => {
    read.push(id)
    const bytes = new Uint8Array(65_536).fill(Number(id), 0, 4 * IMAGE_PAGE)
    const content = { image: splitImage([{ offset: 0, bytes }], 1), sourceMap: new Uint8Array(mapBytes) }
    return unpack(pack(content), () => undefined)
  })
  const load = (id: number) => images.load({ engineHash: 'e', id: String(id) as ContentId })
  return { images, load, read }
}

it('reads each once, and gives a copy of its own to each who asks', ({ expect }) => {
  const { images, load, read } = open(10)
  const [first, second] = [load(1), load(1)]
  expect([read, images.counters]).toEqual([['1'], { loads: 1, evictions: 0, bytes: 4 * IMAGE_PAGE + 22 }])
  freeImage(first.image)
  expect(() => first.image.layers[0]!.bytes.subarray(1)).toThrow('detached')
  expect(toBlocks(second).map(({ detached }) => detached)).toEqual([false, false])
  expect(toContentId('e', second)).toBe(toContentId('e', load(1)))
  expect(first.sourceMap).toHaveLength(10)
})

it('keeps those that were asked for last', ({ expect }) => {
  const { images, load, read } = open()
  images.budget = 3 * 5 * IMAGE_PAGE
  for (const id of [1, 2, 3, 1, 4, 1, 3, 2]) load(id)
  expect(read).toEqual(['1', '2', '3', '4', '2'])
  expect(images.counters).toMatchObject({ loads: 5, evictions: 2 })
  images.budget = 0
  expect(images.counters).toMatchObject({ evictions: 5, bytes: 0 })
})
