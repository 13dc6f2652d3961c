/** Whatever is thrown becomes bounded text. */

import { expect, test } from 'vitest'
import { describeError } from './error-text.ts'

test('an error has its name, message and stack', () => {
  const error = new TypeError('wrong')
  error.stack = 'at a.js:1:2'
  expect(describeError(error)).toBe('TypeError: wrong\nat a.js:1:2')
})

test('causes follow, and a circle of them ends', () => {
  const error = new Error('outer')
  error.stack = ''
  error.cause = Object.assign(new Error('inner'), { stack: '', cause: error })
  expect(describeError(error)).toMatch(/^Error: outer\ncaused by: Error: inner\ncaused by: Error: outer/)
})

const hostile = {
  get message() {
    throw new Error('no')
  },
  get stack() {
    throw new Error('no')
  },
  toString() {
    throw new Error('no')
  },
}
const revoked = Proxy.revocable({}, {})
revoked.revoke()

test.each([
  [null, 'Thrown: null'],
  [undefined, 'Thrown: undefined'],
  ['text', 'Thrown: text'],
  [Symbol('s'), 'Thrown: Symbol(s)'],
  [Object.create(null), 'Thrown: a value that cannot be shown'],
  [hostile, 'Thrown: a value that cannot be shown'],
])('%#', (thrown, text) => {
  expect(describeError(thrown)).toBe(text)
})

test('a huge message is cut', () => {
  expect(describeError(new Error('x'.repeat(1e6))).length).toBeLessThanOrEqual(8192)
})

test('a revoked Proxy', () => {
  expect(describeError(revoked.proxy)).toBe('Thrown: a value that cannot be shown')
})

test('the members of an AggregateError follow, and what caused them', () => {
  const member = Object.assign(new RangeError('far', { cause: 'luck' }), { stack: '' })
  const all = Object.assign(new AggregateError([member, null], 'all'), { stack: '' })
  expect(describeError(all)).toBe(
    'AggregateError: all\nerror 1 of 2: RangeError: far\ncaused by: Thrown: luck\nerror 2 of 2: Thrown: null',
  )
  const many = Array.from({ length: 1000 }, (_, i) => new AggregateError([new Error(`inner ${i}`)], `m${i}`))
  expect(describeError(new AggregateError(many, 'many')).length).toBeLessThanOrEqual(8192)
})
