/** Instances that are used again: as many as may be kept, given to whom they suit, and empty in between. */
import { setTimeout as later } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it, type TestContext } from 'vitest'
import { IMAGE_PAGE, splitImage, type ImageLayer } from '../image/image.ts'
import { toPageFile } from '../image/mapped.ts'
import { createEpoch } from '../limits/epoch.ts'
import { hasPageFiles, type PageFile } from '../native/page-file.ts'
import { WASM_PAGE } from '../wasm/memory.ts'
import { Spares, SPARES, type Spare, type Wanted } from './spares.ts'

const PAGES = 3
const KIND = { maximum: 600, epoch: createEpoch().memory }

/** Of which it is told what was made and cleared. */
function open() {
  const made: WebAssembly.Memory[] = []
  const cleared: WebAssembly.Memory[] = []
  const spares = new Spares((memory) => {
    made.push(memory)
    return {
      memory,
      admit: () => ({ turn() {}, isFull: () => false }),
      clear: () => void cleared.push(memory),
    }
  })
  return { spares, made, cleared }
}

const LENGTH = 5000

/** What the sources are as files; undefined: pages are copied. */
let files: Map<string, PageFile> | undefined

function toMappable(source: string, layer: ImageLayer) {
  if (files === undefined) return undefined
  const file = files.get(source) ?? toPageFile(layer)!
  files.set(source, file)
  return { layer, file }
}

/** An image with a page of its source and two of its own. */
function toWanted(
  byte: number,
  { source, pages = PAGES, ...kind }: Partial<Wanted> & { source?: string; pages?: number } = {},
): Wanted {
  const own = splitImage([{ offset: 4 * IMAGE_PAGE, bytes: new Uint8Array(LENGTH).fill(byte) }], pages)
  if (source === undefined) return { ...KIND, ...kind, image: own }
  const shared = splitImage([{ offset: 0, bytes: Buffer.from(source) }], pages)
  const mappable = toMappable(source, shared.layers[0]!)
  return { ...KIND, ...kind, image: { pages, source, layers: [...shared.layers, ...own.layers], mappable } }
}

const bytesOf = ({ blank }: Spare): Buffer => Buffer.from(blank.memory.buffer)

/** Nothing but the image, to the last byte. */
function expectImage({ expect }: TestContext, spare: Spare, byte: number, source = ''): void {
  const bytes = bytesOf(spare)
  const wanted = Buffer.alloc(bytes.length).fill(byte, 4 * IMAGE_PAGE, 4 * IMAGE_PAGE + LENGTH)
  wanted.write(source)
  expect(bytes.equals(wanted)).toBe(true)
}

/** In the end so many are kept, and it stays so. */
async function expectKept(
  { expect }: Pick<TestContext, 'expect'>,
  spares: Spares,
  kept: Spares['kept'],
): Promise<void> {
  await expect.poll(() => spares.kept).toEqual(kept)
  await later(30)
  expect(spares.kept).toEqual(kept)
}

describe.for(hasPageFiles ? ['copied', 'mapped'] : ['copied'])('an instance whose memory is %s', (kind) => {
  beforeAll(() => void (files = kind === 'mapped' ? new Map() : undefined))
  afterAll(() => void (files = undefined))
  const bounds = kind === 'mapped' ? SPARES.mapped : SPARES.copied

  it('that is being made is finished for who asks', async (context) => {
    const { expect } = context
    const { spares, made } = open()
    const source = 'long'.repeat(5 * 1024 * 1024)
    spares.take(toWanted(1, { source, pages: 500 }))
    await expect.poll(() => made.length, { interval: 1 }).toBeGreaterThan(1)
    const before = [...made]
    expect(before).toContain(spares.take(toWanted(2, { source, pages: 500 })).blank.memory)
  })

  it('is used again, with nothing in it but the image of who has it now', (context) => {
    const { spares, made, cleared } = open()
    for (let byte = 1; byte < 20; byte++) {
      const source = ['', 'one', 'two'][byte % 3]!
      const spare = spares.take(toWanted(byte, source === '' ? {} : { source }))
      expectImage(context, spare, byte, source)
      bytesOf(spare).fill(255)
      spares.giveBack(spare)
    }
    context.expect(made).toHaveLength(1)
    context.expect(cleared).toHaveLength(19)
  })

  it('is ready before it is asked for, when one was', async (context) => {
    const { expect } = context
    const { spares, made } = open()
    spares.take(toWanted(1, { source: 's' }))
    await expectKept(context, spares, { ready: bounds.ready, used: 0 })
    expect(made).toHaveLength(bounds.ready + 1)
    // what is asked for next is another one of the same kind
    for (let i = 0; i < bounds.ready; i++)
      expectImage(context, spares.take(toWanted(2, { source: 's' })), 2, 's')
    expect(made).toHaveLength(bounds.ready + 1)
    expectImage(context, spares.take(toWanted(3, { source: 's' })), 3, 's')
    expect(made).toHaveLength(bounds.ready + 2)
  })

  it('is not made for images that have nothing in common with others', async ({ expect }) => {
    const { spares, made } = open()
    spares.take(toWanted(1))
    await expectKept({ expect }, spares, { ready: 0, used: 0 })
    expect(made).toHaveLength(1)
  })

  it('is restored in idle time, or when it is needed, at any step of it', async (context) => {
    const { spares } = open()
    for (let pause = 0; pause < 12; pause++) {
      const spare = spares.take(toWanted(1, { source: 's', pages: 200 }))
      bytesOf(spare).fill(255)
      spares.giveBack(spare)
      await later(pause)
      const source = pause % 2 === 0 ? 's' : 'other'
      const next = spares.take(toWanted(2, { source, pages: 200 }))
      expectImage(context, next, 2, source)
      bytesOf(next).fill(255)
      spares.giveBack(next)
    }
    await context.expect.poll(() => spares.kept.used).toBe(0)
    for (let i = 0; i < 4; i++)
      expectImage(context, spares.take(toWanted(3, { source: 's', pages: 200 })), 3, 's')
  })

  it('goes to nobody with another clock, another maximum, or a smaller memory', ({ expect }) => {
    const { spares, made } = open()
    const take = (wanted: Partial<Wanted> & { pages?: number }): WebAssembly.Memory =>
      spares.take(toWanted(1, wanted)).blank.memory
    const first = spares.take(toWanted(1, { pages: 300 }))
    first.blank.memory.grow(20)
    spares.giveBack(first)
    for (const other of [
      { pages: 320, maximum: 601 },
      { pages: 320, epoch: createEpoch().memory },
      // it would begin with more than it may have and not use
      { pages: 63 },
    ]) {
      expect(take(other)).not.toBe(first.blank.memory)
    }
    expect(take({ pages: 64 })).toBe(first.blank.memory)
    expect(made).toHaveLength(4)
  })

  it('that suits nobody does not stay in the way of those that do', ({ expect }) => {
    const { spares } = open()
    const length = SPARES.copied.most
    const large = Array.from({ length }, () => spares.take(toWanted(1, { pages: 500 })))
    for (const each of large) spares.giveBack(each)
    expect(spares.kept).toEqual({ ready: 0, used: length })
    const small = Array.from({ length }, () => spares.take(toWanted(1)))
    expect(spares.kept).toEqual({ ready: 0, used: length - 1 })
    for (const each of small) spares.giveBack(each)
    expect(spares.kept).toEqual({ ready: 0, used: length })
    expect(small).toContain(spares.take(toWanted(1)))
  })

  it('is grown for an image that needs more', (context) => {
    const { spares, made } = open()
    spares.giveBack(spares.take(toWanted(1)))
    const spare = spares.take(toWanted(2, { pages: 50 }))
    expectImage(context, spare, 2)
    context.expect(bytesOf(spare)).toHaveLength(50 * WASM_PAGE)
    context.expect(made).toHaveLength(1)
  })

  it('is let go when it is large, or one too many', async ({ expect }) => {
    const { spares } = open()
    const large = spares.take(toWanted(1))
    large.blank.memory.grow(512)
    spares.giveBack(large)
    expect(spares.kept).toEqual({ ready: 0, used: 0 })
    const many = Array.from({ length: 20 }, () => spares.take(toWanted(1, { source: 's' })))
    for (const each of many) spares.giveBack(each)
    const { ready, used } = spares.kept
    expect(ready + used).toBe(bounds.most)
    await expectKept({ expect }, spares, { ready: bounds.most, used: 0 })
  })
})

describe('an order', () => {
  it('is filled in pieces, between which others have their turn, and before what nobody waits for', async (context) => {
    const { expect } = context
    const { spares, made } = open()
    const [first, second] = ['one', 'two'].map((name) =>
      toWanted(name.length, { source: name.repeat(2 * 1024 * 1024), pages: 500 }),
    ) as [Wanted, Wanted]
    const said: string[] = []
    const order = spares.order(first, () => said.push('first'))
    const next = spares.order(second, () => said.push('second'))
    expect([order.take(), made.length]).toEqual([undefined, 0])
    let rounds = 0
    const round = (): void => void (rounds++, said.length < 2 && setImmediate(round))
    setImmediate(round)
    await expect.poll(() => said, { interval: 1 }).toEqual(['first', 'second'])
    expect(rounds).toBeGreaterThan(0)
    expect(spares.kept).toEqual({ ready: 0, used: 0 })
    for (const [wanted, each] of [
      [first, order],
      [second, next],
    ] as const) {
      const spare = spares.take(wanted, each)
      expect(bytesOf(spare).equals(bytesOf(spares.take(wanted)))).toBe(true)
      expect(each.take()).toBeUndefined()
    }
  })

  it('has what is ready, or used, and what it gets nobody else has', async (context) => {
    const { expect } = context
    const { spares, made } = open()
    const used = spares.take(toWanted(1, { source: 's' }))
    bytesOf(used).fill(255)
    spares.giveBack(used)
    const wanted = Array.from({ length: 3 }, (_, i) => toWanted(i + 1, { source: 's' }))
    let settled = 0
    const orders = wanted.map((each) => spares.order(each, () => settled++))
    await expect.poll(() => settled).toBe(3)
    const spares3 = orders.map((order, i) => spares.take(wanted[i]!, order))
    for (const [i, spare] of spares3.entries()) expectImage(context, spare, i + 1, 's')
    expect(new Set(spares3.map(({ blank }) => blank)).size).toBe(3)
    expect(spares3).toContain(used)
    expect(made.length).toBeLessThanOrEqual(3 + SPARES.copied.ready)
  })

  it('that is off comes back to be used again, and what has not begun is not made', async ({ expect }) => {
    const { spares, made } = open()
    const wanted = toWanted(1)
    let settled = 0
    using here = spares.order(wanted, () => settled++)
    await expect.poll(() => settled).toBe(1)
    const [begun, waiting] = [1, 2].map(() => spares.order(wanted, () => settled++))
    waiting![Symbol.dispose]()
    await expect.poll(() => made.length).toBe(2)
    begun![Symbol.dispose]()
    here[Symbol.dispose]()
    await expectKept({ expect }, spares, { ready: 2, used: 0 })
    expect([made.length, here.take(), settled <= 2]).toEqual([2, undefined, true])
  })

  it('that cannot be filled says why, and the next one is filled', async ({ expect }) => {
    let isFull = true
    const spares = new Spares((memory) => {
      if (isFull) throw new RangeError('no address space')
      return { memory, admit: () => ({ turn() {}, isFull: () => false }), clear() {} }
    })
    const wanted = toWanted(1)
    let settled = 0
    const order = spares.order(wanted, () => settled++)
    await expect.poll(() => settled).toBe(1)
    expect(() => spares.take(wanted, order)).toThrow('no address space')
    isFull = false
    const next = spares.order(wanted, () => settled++)
    await expect.poll(() => settled).toBe(2)
    expect(next.take()).toBeDefined()
  })
})

it('that cannot be made is said so, and those that are kept go', async ({ expect }) => {
  let room = 2
  const spares = new Spares((memory) => {
    if (room-- === 0) throw new RangeError('no address space')
    return { memory, admit: () => ({ turn() {}, isFull: () => false }), clear() {} }
  })
  spares.giveBack(spares.take(toWanted(1)))
  spares.giveBack(spares.take(toWanted(1, { maximum: 601 })))
  room = 0
  expect(() => spares.take(toWanted(1, { maximum: 602 }))).toThrow('no address space')
  expect(spares.kept).toEqual({ ready: 0, used: 0 })
  // nobody hears of those that nobody asked for
  room = 1
  spares.take(toWanted(1, { source: 's' }))
  room = 0
  await expectKept({ expect }, spares, { ready: 0, used: 0 })
})
