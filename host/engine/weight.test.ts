/** What a memory takes: all of it until it is looked at, its own pages then, and what it grows by. */
import { describe, it } from 'vitest'
import { splitImage } from '../image/image.ts'
import { toPageFile } from '../image/mapped.ts'
import { map } from '../image/resident.ts'
import { createEpoch } from '../limits/epoch.ts'
import { OWN_PAGE } from '../native/own-pages.ts'
import { hasPageFiles } from '../native/page-file.ts'
import { WASM_PAGE } from '../wasm/memory.ts'
import type { Spare } from './spares.ts'
import { Weight } from './weight.ts'

const PAGES = 10
const LENGTH = PAGES * WASM_PAGE

function open(isMapped: boolean) {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: 2000 })
  const split = splitImage([{ offset: 0, bytes: new Uint8Array(LENGTH).fill(1) }], PAGES)
  const [layer] = split.layers
  const image = {
    ...split,
    source: 's',
    mappable: isMapped ? { layer: layer!, file: toPageFile(layer!)! } : undefined,
  }
  const spare: Spare = {
    maximum: 2000,
    epoch: createEpoch().memory,
    blank: { memory, admit: () => ({ turn() {}, isFull: () => false }), clear() {} },
    filling: map(image, memory),
    mostBytes: LENGTH,
  }
  return { memory, weight: new Weight(spare) }
}

it('is all of it where pages are copied', ({ expect }) => {
  const { weight, memory } = open(false)
  weight.look(0)
  memory.grow(1)
  expect(weight.bytes).toBe(LENGTH + WASM_PAGE)
})

describe.skipIf(!hasPageFiles)('where pages are mapped (skipped where the system maps none)', () => {
  const write = (memory: WebAssembly.Memory, pages: number): void => {
    new Uint8Array(memory.buffer).fill(7, 0, pages * OWN_PAGE)
  }

  it('is what was written to, as of the last look', ({ expect }) => {
    const { weight, memory } = open(true)
    expect(weight.bytes).toBe(LENGTH)
    write(memory, 3)
    weight.look(0)
    expect(weight.bytes).toBe(3 * OWN_PAGE)
    write(memory, 5)
    weight.look(9000)
    expect(weight.bytes).toBe(3 * OWN_PAGE)
    weight.look(10_000)
    expect(weight.bytes).toBe(5 * OWN_PAGE)
  })

  it('has what it grew by at once, and is looked at again when that is much', ({ expect }) => {
    const { weight, memory } = open(true)
    weight.look(0)
    memory.grow(1)
    weight.look(1)
    expect(weight.bytes).toBe(WASM_PAGE)
    memory.grow(20)
    expect(weight.bytes).toBe(21 * WASM_PAGE)
    weight.look(2)
    expect(weight.bytes).toBe(0)
  })

  it('is not looked at when it is large', ({ expect }) => {
    const { weight, memory } = open(true)
    weight.look(0)
    memory.grow(1500)
    weight.look(20_000)
    expect(weight.bytes).toBe(1500 * WASM_PAGE)
  })
})
