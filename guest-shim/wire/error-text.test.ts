/** Whatever is thrown becomes bounded text. */

import { expect, test } from 'vitest'
import { inspect } from '../lazy/inspect.ts'
import { describeWith } from './error-text.ts'

const describeError = (error: unknown): string => describeWith(error, inspect)

test('an error has its stack, its fields and what caused it', () => {
  const error = Object.assign(new TypeError('wrong', { cause: 'luck' }), { code: 5 })
  error.stack = 'TypeError: wrong\n    at a.js:1:2'
  expect(describeError(error)).toBe("TypeError: wrong\n    at a.js:1:2 {\n  code: 5,\n  [cause]: 'luck'\n}")
})

test('a circle of causes ends', () => {
  const error = new Error('outer')
  error.stack = ''
  error.cause = Object.assign(new Error('inner'), { stack: '', cause: error })
  expect(describeError(error)).toMatch(
    /^<ref \*1> \[Error: outer\] \{\n.*\[Error: inner\].*\[Circular \*1\]/s,
  )
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
  [{ code: 5 }, 'Thrown: { code: 5 }'],
  [{ message: 'no error', code: 5 }, "Thrown: { message: 'no error', code: 5 }"],
  [Object.create(null), 'Thrown: [Object: null prototype] {}'],
  [hostile, 'Thrown: { message: [Getter], stack: [Getter], toString: [Function: toString] }'],
])('%#', (thrown, text) => {
  expect(describeError(thrown)).toBe(text)
})

test('a huge message is cut', () => {
  expect(describeError(new Error('x'.repeat(1e6))).length).toBeLessThanOrEqual(8192)
})

test('a revoked Proxy', () => {
  expect(describeError(revoked.proxy)).toBe('Thrown: a value that cannot be shown')
})

test('what cannot be shown is named', () => {
  const full = () => {
    throw new Error('out of memory')
  }
  expect(describeWith(new RangeError('far'), full)).toBe('RangeError: far')
  expect(describeWith({ code: 5 }, full)).toBe('Thrown: a value that cannot be shown')
})

test('the members of an AggregateError follow, and what caused them, in bounds', () => {
  const member = Object.assign(new RangeError('far', { cause: 'luck' }), { stack: '' })
  const all = Object.assign(new AggregateError([member, null], 'all'), { stack: '' })
  expect(describeError(all)).toBe(
    "[AggregateError: all] {\n  [errors]: [ [RangeError: far] { [cause]: 'luck' }, null ]\n}",
  )
  const many = Array.from({ length: 1000 }, (_, i) => new AggregateError([new Error(`inner ${i}`)], `m${i}`))
  expect(describeError(new AggregateError(many, 'many')).length).toBeLessThanOrEqual(8192)
})
