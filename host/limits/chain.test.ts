/** A chain against a Set, which keeps the same order. */
import { array, assert, constantFrom, nat, property, tuple } from 'fast-check'
import { it } from 'vitest'
import { Chain, Link } from './chain.ts'

const COUNT = 6

it('is what a Set is, whatever the order of calls', ({ expect }) => {
  const step = tuple(constantFrom('add', 'delete', 'first', 'clear'), nat(COUNT - 1))
  assert(
    property(array(step, { maxLength: 60 }), (steps) => {
      const items = Array.from({ length: COUNT }, () => new Link())
      const chain = new Chain<Link>()
      const model = new Set<Link>()
      for (const [call, which] of steps) {
        const [first] = model
        const item = call === 'first' ? first : items[which]!
        if (call === 'clear') {
          chain.clear()
          model.clear()
        } else if (item === undefined) continue
        else if (call === 'add') {
          chain.add(item)
          model.add(item)
        } else expect(chain.delete(item)).toBe(model.delete(item))
        expect(chain.values()).toEqual([...model])
        expect([chain.size, chain.first]).toEqual([model.size, [...model][0]])
        for (const each of items) {
          expect(each.chain === chain).toBe(model.has(each))
          // whatever is out leads nowhere
          if (!model.has(each))
            expect([each.chain, each.earlier, each.later]).toEqual(Array(3).fill(undefined))
        }
      }
    }),
  )
})

it('gives the one that came after another', ({ expect }) => {
  const chain = new Chain<Link>()
  const [a, b, c] = [new Link(), new Link(), new Link()]
  for (const link of [a, b, c]) chain.add(link)
  chain.delete(b)
  expect([chain.after(a), chain.after(c)]).toEqual([c, undefined])
})

it('a link is in one chain', ({ expect }) => {
  const [link, one, other] = [new Link(), new Chain(), new Chain()]
  one.add(link)
  expect(() => other.add(link)).toThrow('another')
  expect([link.chain === other, other.delete(link), link.chain === one]).toEqual([false, false, true])
})
