/** The header string and back. */

import { expect, test } from 'vitest'
import { decodeHeaders, encodeHeaders, encodeHeadersButLength, encodeHeadersWithType } from './headers.ts'

test('a header string and back', () => {
  const headers = decodeHeaders('accept\n*/*\nx-empty\n\nx-y\na: b\n')
  expect(headers.get('accept')).toBe('*/*')
  expect(headers.get('x-empty')).toBe('')
  expect(headers.get('x-y')).toBe('a: b')
  expect(encodeHeaders(headers)).toBe('accept\n*/*\nx-empty\n\nx-y\na: b\n')
})

test('no headers are an empty string', () => {
  expect([...decodeHeaders('')]).toEqual([])
  expect(encodeHeaders(new Headers())).toBe('')
})

test('repeated headers are joined, cookies stay apart', () => {
  expect(encodeHeaders(decodeHeaders('x\n1\nx\n2'))).toBe('x\n1, 2\n')
  expect(encodeHeaders(decodeHeaders('set-cookie\na=1\nset-cookie\nb=2'))).toBe(
    'set-cookie\na=1\nset-cookie\nb=2\n',
  )
})

test('a header that the class refuses is left out', () => {
  expect(encodeHeaders(decodeHeaders('bad name\n1\nx\n2'))).toBe('x\n2\n')
})

test('more headers than the engine can take in good time are refused', () => {
  const wire = (count: number) => Array.from({ length: count }, (_, i) => `x-${i}\ny\n`).join('')
  expect([...decodeHeaders(wire(256))]).toHaveLength(256)
  expect(() => decodeHeaders(wire(257))).toThrow(TypeError)
})

test('the length can be left out', () => {
  expect(encodeHeadersButLength(decodeHeaders('content-length\n5\nx\n2'))).toBe('x\n2\n')
})

test('a type is added when there is none', () => {
  expect(encodeHeadersWithType(decodeHeaders('x\n2'), 'a/b')).toBe('x\n2\ncontent-type\na/b\n')
  expect(encodeHeadersWithType(decodeHeaders('content-type\nc/d'), 'a/b')).toBe('content-type\nc/d\n')
})
