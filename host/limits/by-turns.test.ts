import { test } from 'vitest'

import { ByTurns } from './by-turns.ts'

function takeAll(turns: ByTurns<string, string>): string[] {
  const taken: string[] = []
  for (let next = turns.take(); next !== undefined; next = turns.take()) taken.push(next)
  return taken
}

test('owners have their turns, and what is theirs comes in its order', ({ expect }) => {
  const turns = new ByTurns<string, string>()
  for (const item of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) turns.add(item[0]!, item)
  expect(turns.take()).toBe('a1')
  turns.add('a', 'a2')
  turns.add('d', 'd1')
  expect(takeAll(turns)).toEqual(['b1', 'c1', 'a2', 'd1', 'b2', 'a3'])
  expect(turns.isEmpty).toBe(true)
})

test('what is gone has no turn', ({ expect }) => {
  const turns = new ByTurns<string, string>()
  for (const item of ['a1', 'b1', 'b2']) turns.add(item[0]!, item)
  turns.delete('a', 'a1')
  turns.delete('b', 'b2')
  turns.delete('c', 'c1')
  expect(takeAll(turns)).toEqual(['b1'])
})
