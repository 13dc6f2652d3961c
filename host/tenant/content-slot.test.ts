/** What a next instance is made of: asked for once, given to whoever takes it, and given back in every other case. */
import { setImmediate as turn } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { Order } from '../engine/order.ts'
import type { Spare } from '../engine/spares.ts'
import { splitImage } from '../image/image.ts'
import { ContentSlot } from './content-slot.ts'

const CONTENT = { image: splitImage([], 1) }
const SPARE = {} as Spare

function open() {
  const seen = { asked: 0, lent: 0, freed: 0, spares: 0, settled: 0 }
  const answer = Promise.withResolvers<void>()
  const orders: Order[] = []
  const slot = new ContentSlot({
    async source() {
      seen.asked++
      await answer.promise
      seen.lent++
      return { content: CONTENT, free: () => void seen.freed++, [Symbol.dispose]: () => void seen.lent-- }
    },
    order({ pages }, onSettled) {
      const wanted = { image: CONTENT.image, maximum: pages, epoch: {} as WebAssembly.Memory }
      const order = new Order(wanted, () => void seen.spares--, onSettled)
      orders.push(order)
      return order
    },
    onSettled: () => void seen.settled++,
  })
  const made = (): void => {
    seen.spares++
    orders.at(-1)!.settle({ spare: SPARE })
  }
  return { slot, seen, answer, made }
}

describe('what is wanted', () => {
  it('is asked for once, and there when its memory is made', async ({ expect }) => {
    const { slot, seen, answer, made } = open()
    expect([slot.want(), slot.want(), slot.isWaiting]).toEqual([false, false, true])
    expect(slot.take()).toBeUndefined()
    answer.resolve()
    await turn()
    expect([slot.want(), slot.isWaiting, seen.settled, seen.freed]).toEqual([false, true, 0, 0])
    made()
    // its image is in the memory
    expect([slot.want(), slot.isWaiting, seen.freed]).toEqual([true, false, 1])
    {
      using parts = slot.take()
      expect([parts?.content, parts?.order.take()]).toEqual([CONTENT, SPARE])
    }
    expect(seen).toEqual({ asked: 1, lent: 0, freed: 1, spares: 1, settled: 1 })
    expect([slot.take(), slot.want(), seen.asked]).toEqual([undefined, false, 2])
  })

  it('says why it is not there, and is asked for again', async ({ expect }) => {
    const { slot, seen, answer } = open()
    slot.want()
    answer.reject(new Error('broken'))
    await turn()
    expect([slot.want(), seen.settled]).toEqual([true, 1])
    expect(() => slot.take()).toThrow('broken')
    expect([slot.want(), seen.asked]).toEqual([false, 2])
  })
})

describe('what nobody takes is given back', () => {
  const ways: [string, (slot: ContentSlot) => unknown][] = [
    ['when nobody waits for it any more', (slot) => slot.unwant()],
    ['when it is over', (slot) => slot[Symbol.dispose]()],
    ['when no instance can be made of it', (slot) => slot.take()?.[Symbol.dispose]()],
  ]
  for (const [title, end] of ways) {
    it(title, async ({ expect }) => {
      const { slot, seen, answer, made } = open()
      slot.want()
      answer.resolve()
      await turn()
      made()
      expect(seen).toMatchObject({ lent: 1, spares: 1 })
      end(slot)
      expect(seen).toMatchObject({ lent: 0, spares: 0 })
      slot[Symbol.dispose]()
      expect(seen).toMatchObject({ lent: 0, spares: 0 })
    })
  }

  it('when it comes after the end, the memory, too', async ({ expect }) => {
    const { slot, seen, answer, made } = open()
    slot.want()
    answer.resolve()
    await turn()
    slot[Symbol.dispose]()
    expect(seen.lent).toBe(0)
    made()
    expect(seen).toEqual({ asked: 1, lent: 0, freed: 0, spares: 0, settled: 0 })
    const late = open()
    late.slot.want()
    late.slot[Symbol.dispose]()
    late.answer.resolve()
    await turn()
    expect(late.seen).toMatchObject({ lent: 0, settled: 0 })
  })
})
