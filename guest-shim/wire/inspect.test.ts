/** Log lines, as an app's author would expect them. */

import { expect, test } from 'vitest'
import { formatLine, inspect } from './inspect.ts'

test.each([
  [['a', 1, true], 'a 1 true'],
  [[{ a: 1, 'b-c': 'x' }], "{ a: 1, 'b-c': 'x' }"],
  [[[1, [2, [3]]]], '[ 1, [ 2, [ 3 ] ] ]'],
  [['%s is %d%%', 'it', 5], 'it is 5%'],
  [['%o|%j', { a: [] }, { b: 1 }], '{ a: [] }|{"b":1}'],
  [['100%', 1], '100% 1'],
  [['%s'], '%s'],
  [[null, undefined, -0, 10n, Symbol('s')], 'null undefined -0 10n Symbol(s)'],
  [[new Map([['k', 1]]), new Set([1])], "Map(1) { 'k' => 1 } Set(1) { 1 }"],
  [[new Uint8Array(2)], 'Uint8Array(2) [ 0, 0 ]'],
  [[Object.create(null)], '[Object: null prototype] {}'],
  [["it's"], "it's"],
  [[["it's"]], '[ "it\'s" ]'],
])('%#', (args, line) => {
  expect(formatLine(args)).toBe(line)
})

test('circles end', () => {
  const circle: Record<string, unknown> = { a: 1 }
  circle['self'] = circle
  expect(inspect(circle)).toBe('{ a: 1, self: [Circular] }')
})

test('depth, entries and length are bounded', () => {
  let deep: unknown = 1
  for (let i = 0; i < 100; i++) deep = { deep }
  expect(inspect(deep).length).toBeLessThan(100)
  expect(inspect(Array.from({ length: 1e5 }, () => 1))).toContain('99900 more')
  expect(formatLine(['x'.repeat(1e6)]).length).toBeLessThan(20_000)
})

test('an error has its stack and its fields', () => {
  const error = Object.assign(new TypeError('wrong'), { code: 5 })
  error.stack = 'at a.js:1:2'
  expect(inspect(error)).toBe('TypeError: wrong\nat a.js:1:2 { code: 5 }')
})

test('getters are not called, and a hostile object is survived', () => {
  const getter = {
    get x() {
      throw new Error('no')
    },
  }
  expect(inspect(getter)).toBe('{ x: [Getter] }')
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  expect(inspect([proxy])).toBe('[ [cannot be shown] ]')
})
