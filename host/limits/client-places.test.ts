import { test } from 'vitest'

import { ClientPlaces } from './client-places.ts'

test('one client leaves places for the next ones', ({ expect }) => {
  const places = new ClientPlaces(80)
  const takeAll = (client: string): number => {
    for (let count = 0; ; count++) if (places.take(client) === undefined) return count
  }
  expect(['one', 'two', 'three'].map(takeAll)).toEqual([70, 9, 1])
  expect(places.taken).toBe(80)
})

test('a place goes to whom it is for, and is free once', ({ expect }) => {
  const places = new ClientPlaces(80)
  const all = Array.from({ length: 70 }, () => places.take('')!)
  expect(places.take('')).toBeUndefined()
  for (const place of all) place.client = 'one'
  expect(places.take('one')).toBeUndefined()
  expect(places.take('')).toBeDefined()
  for (const place of all) {
    place.release()
    place.release()
    place.client = 'nobody'
  }
  expect(places.taken).toBe(1)
})

test('few are not shared out', ({ expect }) => {
  const places = new ClientPlaces(2)
  expect([places.take('one'), places.take('one')]).not.toContain(undefined)
  expect(places.take('two')).toBeUndefined()
})
