import { expect, test } from 'vitest'

import type { Figure } from './figure.ts'
import type { Row, Sought } from './table-rows.ts'
import { toLines, toMarkdown } from './table.ts'

const cpu = (name: string): Sought => ({ part: 'cpu', name, of: 'value' })
const us = (name: string, value: number): Figure => ({ name, value, unit: 'us' })
const run = (...figures: Figure[]) => ({ parts: [{ name: 'cpu', seconds: 1, figures }] })
const ROW: Row = { name: 'one', unit: 'us', nano: cpu('NANO'), workerd: cpu('workerd'), aim: { most: 30 } }

test('a row has the latest figures, their ratio, and whether its aim is reached', () => {
  const runs = [run(us('NANO', 40), us('workerd', 50)), run(us('NANO', 30))]
  expect(toLines([ROW], runs)).toEqual([
    {
      name: 'one',
      unit: 'us',
      nano: 30,
      workerd: { value: 50, ratio: 0.6 },
      node: undefined,
      aim: '30 us at most',
      isReached: true,
    },
  ])
})

test('a ratio that was measured round by round is taken, and an aim may be one to Node', () => {
  const row: Row = { ...ROW, node: cpu('Node'), aim: { leastOfNode: 1 } }
  const [line] = toLines([row], [run(us('NANO', 40), us('Node', 50), us('NANO / Node', 0.9))])
  expect(line).toMatchObject({ node: { value: 50, ratio: 0.9 }, isReached: false })
})

test('an aim may be one to workerd, at least or at most', () => {
  const figures = [us('NANO', 40), us('workerd', 50)]
  const isReached = (aim: Row['aim'] & object) => toLines([{ ...ROW, aim }], [run(...figures)])[0]!.isReached
  expect(isReached({ mostOfWorkerd: 0.8 })).toBe(true)
  expect(isReached({ mostOfWorkerd: 0.79 })).toBe(false)
  expect(isReached({ leastOfWorkerd: 0.8 })).toBe(true)
  expect(isReached({ leastOfWorkerd: 0.81 })).toBe(false)
})

test('a row may set a figure in relation to another, and has a line for wrk where it was there', () => {
  const row: Row = { ...ROW, byLoad: true, unit: 'x', over: cpu('less'), aim: { most: 2 } }
  const figures = [us('NANO', 40), us('less', 10), us('NANO, wrk', 15), us('less, wrk', 10)]
  expect(toLines([row], [run(...figures)])).toMatchObject([
    { name: 'one', nano: 4, isReached: false },
    { name: 'one, wrk', nano: 1.5, isReached: true },
  ])
})

test('what was not measured is said in its row', () => {
  const markdown = toMarkdown(toLines([ROW], [run(us('workerd', 50))]))
  expect(markdown).toContain('| one |  |  |  |  |  | 30 us at most: not measured |')
})
