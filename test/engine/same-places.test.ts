// What two apps' images have in common: all that the shim leaves (docs/decisions/same-places.md).

import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { splitComponent } from '../../host/component/skeleton.ts'
import { splitImage, toImageBytes } from '../../host/image/image.ts'
import { pack, toContentId, unpack } from '../../host/image/packed.ts'
import { builtExample } from '../harness/serve.ts'

const KB = 1024

function toImage(app: string) {
  const { segments, memoryMinPages } = splitComponent(readFileSync(builtExample(app)))
  return splitImage(segments, memoryMinPages)
}

test('of a small app hardly anything lies elsewhere than in another one', () => {
  const [hello, events] = [toImage('hello'), toImage('events')]
  const base = { id: toContentId('engine', { image: hello }), layer: hello.layers[0]! }
  const { head } = unpack(pack({ image: events }, base), () => base)
  expect(toImageBytes(events)).toBeGreaterThan(4000 * KB)
  // 121 KB; they were 720 when the app was read before the shim had been evaluated
  expect(head.bytes).toBeLessThan(200 * KB)
})
