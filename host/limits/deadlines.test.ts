/** What is late, in which order, and that nothing is left of what was in time. */
import { it } from 'vitest'
import { Deadlines, type Dated } from './deadlines.ts'

interface Item extends Dated<Item> {
  readonly name: string
}

function open() {
  const late: string[] = []
  const deadlines = new Deadlines<Item>(20, ({ name }) => late.push(name))
  const add = (name: string, inMs = 20): Item => {
    const item: Item = { name, deadline: performance.now() + inMs, earlier: undefined, later: undefined }
    deadlines.add(item)
    return item
  }
  return { deadlines, late, add }
}

it('tells of those that were not deleted, in order', async ({ expect }) => {
  const { deadlines, late, add } = open()
  const [first, , third, , fifth] = ['a', 'b', 'c', 'd', 'e'].map((name) => add(name))
  for (const item of [third!, first!, fifth!, first!]) deadlines.delete(item)
  await expect.poll(() => late).toEqual(['b', 'd'])
  for (const { earlier, later } of [first!, third!, fifth!])
    expect([earlier, later]).toEqual([undefined, undefined])
})

it('goes on after all have left', async ({ expect }) => {
  const { deadlines, late, add } = open()
  deadlines.delete(add('a'))
  await expect.poll(() => add('b', 0) && late.includes('b')).toBe(true)
  deadlines.delete(add('c'))
  add('d', 5)
  await expect.poll(() => late.at(-1)).toBe('d')
  expect(late).not.toContain('c')
})

it('tells nobody any more when it is disposed of', async ({ expect }) => {
  const { deadlines, late, add } = open()
  const item = add('a', 5)
  add('b', 5)
  deadlines[Symbol.dispose]()
  await new Promise((resolve) => setTimeout(resolve, 40))
  expect([late, item.later]).toEqual([[], undefined])
})
