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
  expect(inspect(error)).toBe('TypeError: wrong { code: 5 }\nat a.js:1:2')
})

test('an error has what caused it, and an AggregateError its members', () => {
  const at = (error: Error, place: string) => Object.assign(error, { stack: `f@${place}\n` })
  const cause = at(new Error('deep'), 'a.js:1:1')
  const member = at(new RangeError('far', { cause }), 'b.js:2:2')
  const all = at(new AggregateError([member, 'text'], 'all', { cause: 'luck' }), 'c.js:3:3')
  expect(inspect(all)).toBe(
    'AggregateError: all\nf@c.js:3:3\n' +
      'error 1 of 2: RangeError: far\nf@b.js:2:2\ncaused by: Error: deep\nf@a.js:1:1\n' +
      "error 2 of 2: 'text'\ncaused by: 'luck'",
  )
  const circle = at(new Error('circle'), 'd.js:4:4')
  circle.cause = circle
  expect(inspect(circle)).toBe('Error: circle\nf@d.js:4:4\ncaused by: [Circular]')
})

test('a chain of causes without end is cut', () => {
  let error = new Error('0')
  for (let i = 1; i < 1000; i++) error = new Error(String(i), { cause: error })
  const text = inspect(error)
  expect(text.match(/caused by/g)!.length).toBeLessThan(10)
  expect(text).toMatch(/\[\.\.\.\]$/)
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
