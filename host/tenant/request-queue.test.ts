/** Places, and who gets the next one. */
import { it } from 'vitest'
import { RequestQueue } from './request-queue.ts'

it('admits so many, lets so many wait, refuses the others', ({ expect }) => {
  const queue = new RequestQueue<string>(2, 2)
  expect(['a', 'b', 'c', 'd', 'e'].map((name) => queue.admit(name))).toEqual([
    'open',
    'open',
    'queued',
    'queued',
    'refused',
  ])
  expect(queue.length).toBe(2)
})

it('gives a place to the one that waited longest', ({ expect }) => {
  const queue = new RequestQueue<string>(1, 3)
  for (const name of ['a', 'b', 'c', 'd']) queue.admit(name)
  expect(queue.leave('c')).toBeUndefined()
  expect([queue.leave('a'), queue.leave('b'), queue.leave('d'), queue.length]).toEqual([
    'b',
    'd',
    undefined,
    0,
  ])
  expect([queue.admit('e'), queue.admit('f')]).toEqual(['open', 'queued'])
})

it('without room nobody waits', ({ expect }) => {
  const queue = new RequestQueue<string>(1, 0)
  expect([queue.admit('a'), queue.admit('b')]).toEqual(['open', 'refused'])
  queue.leave('a')
  expect(queue.admit('b')).toBe('open')
})
