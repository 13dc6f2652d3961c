/** Ids of Durable Objects: whose they are can be told of them alone. */

import { test } from 'vitest'

import { DurableIds } from './durable-id.ts'

const SECRET = new Uint8Array(32).fill(7)
const rooms = new DurableIds(SECRET, 'chat.room')

test('a name has one id in a namespace, and another one elsewhere', ({ expect }) => {
  const id = rooms.named('lobby', '')
  expect(id).toMatch(/^[0-9a-f]{64}$/)
  expect([rooms.isNamed(id, 'lobby'), rooms.isNamed(id, 'other')]).toEqual([true, false])
  expect(rooms.isNamed(rooms.named('lobby', 'eu'), 'lobby')).toBe(true)
  const same = new DurableIds(SECRET, 'chat.room').named('lobby', '')
  const others = [
    rooms.named('lobby ', ''),
    rooms.named('lobby', 'eu'),
    new DurableIds(SECRET, 'chat.user').named('lobby', ''),
    new DurableIds(new Uint8Array(32), 'chat.room').named('lobby', ''),
  ]
  expect(same).toBe(id)
  expect(new Set([id, ...others]).size).toBe(5)
})

test('unique ids are never the same', ({ expect }) => {
  const ids = Array.from({ length: 100 }, () => rooms.unique(''))
  expect(new Set(ids).size).toBe(100)
  expect(ids.every((id) => rooms.accepts(id, ''))).toBe(true)
})

test('what the namespace has not made is none of its ids', ({ expect }) => {
  const own = rooms.named('lobby', '')
  const changed = [0, 20, 40, 63].map(
    (at) => own.slice(0, at) + (own[at] === '0' ? '1' : '0') + own.slice(at + 1),
  )
  const foreign = new DurableIds(SECRET, 'chat.user').unique('')
  const none = [...changed, foreign, '', own.toUpperCase(), `${own}0`, own.slice(1), '0'.repeat(64)]
  expect(none.filter((id) => rooms.accepts(id, ''))).toEqual([])
})

test('a jurisdiction has its own ids, which are the whole namespace’s as well', ({ expect }) => {
  const [eu, us] = [rooms.unique('eu'), rooms.named('a', 'us')]
  const [all, inEu, inUs] = ['', 'eu', 'us'].map((where) => [eu, us].map((id) => rooms.accepts(id, where)))
  expect([all, inEu, inUs]).toEqual([
    [true, true],
    [true, false],
    [false, true],
  ])
})
