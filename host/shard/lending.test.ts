import { it } from 'vitest'

import { toFault } from '../errors.ts'
import type { AppContent } from '../image/image.ts'
import { Lending } from './lending.ts'

const CONTENT = {} as AppContent

it('has so much on its way or lent and no more, in the order in which it was asked', async ({ expect }) => {
  const asked: number[] = []
  const lending = new Lending((deployment) => asked.push(deployment))
  const lent = Array.from({ length: 7 }, (_, i) => lending.lend(i))
  expect(asked).toEqual([0, 1, 2, 3])
  lending.answer(1, { content: CONTENT })
  const first = await lent[1]!
  expect(asked).toHaveLength(4)
  first[Symbol.dispose]()
  first[Symbol.dispose]()
  expect(asked).toEqual([0, 1, 2, 3, 4])
  lending.answer(0, { fault: toFault(new Error('broken')) })
  await expect(lent[0]).rejects.toThrow('broken')
  expect(asked).toEqual([0, 1, 2, 3, 4, 5])
  lending.answer(99, { content: CONTENT })
  expect(asked).toHaveLength(6)
})

it('answers each who asked for the same', async ({ expect }) => {
  const asked: number[] = []
  const lending = new Lending((deployment) => asked.push(deployment))
  const both = [lending.lend(1), lending.lend(1)]
  expect(asked).toEqual([1, 1])
  for (const deployment of asked) lending.answer(deployment, { content: CONTENT })
  expect((await Promise.all(both)).map(({ content }) => content)).toEqual([CONTENT, CONTENT])
})
