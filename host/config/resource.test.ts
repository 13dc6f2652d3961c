/** Data has one name, and no two data have the same. */
import { assert, property, string } from 'fast-check'
import { test } from 'vitest'

import { toResource } from './resource.ts'

const keyOf = (...parts: Parameters<typeof toResource>) => toResource(...parts).key

test('owners and ids that look alike are told apart', ({ expect }) => {
  const keys = [
    keyOf('kv', 'a', 'b'),
    keyOf('kv', 'a', 'B'),
    keyOf('kv', 'A', 'b'),
    keyOf('kv', undefined, 'b'),
    keyOf('kv', 'shared', 'b'),
    keyOf('kv', 'null', 'b'),
    keyOf('kv', 'a.b', ''),
    keyOf('kv', 'a', '.b'),
    keyOf('kv', 'a', 'b/../c'),
    keyOf('kv', 'a', 'b_c'),
    keyOf('d1', 'a', 'b'),
  ]
  expect(new Set(keys.map((key) => key.toLowerCase())).size).toBe(keys.length)
})

test('a name is safe in paths, and reads well', ({ expect }) => {
  expect(keyOf('kv', 'shop', 'Links 1')).toMatch(/^shop\.links_1\.[0-9a-f]{32}$/)
  assert(
    property(string({ unit: 'binary-ascii' }), string({ unit: 'binary-ascii' }), (owner, id) => {
      expect(keyOf('kv', owner, id)).toMatch(/^[a-z0-9_-]{0,40}\.[a-z0-9_-]{0,40}\.[0-9a-f]{32}$/)
    }),
  )
})
