import { test } from 'vitest'

import { chooseCoding } from './accept-encoding.ts'
import { select } from './conditional.ts'

const AT = Date.parse('2026-01-01T00:00:00Z')

test.for<[Record<string, string>, string]>([
  [{}, '200 0-10'],
  [{ 'if-none-match': '"a"' }, '304 0-0'],
  [{ 'if-none-match': 'W/"a", "b"' }, '304 0-0'],
  [{ 'if-none-match': '*' }, '304 0-0'],
  [{ 'if-none-match': '"b"' }, '200 0-10'],
  [{ 'if-match': '"b"' }, '412 0-0'],
  [{ 'if-match': '"a"' }, '200 0-10'],
  [{ 'if-modified-since': new Date(AT).toUTCString() }, '304 0-0'],
  [{ 'if-modified-since': new Date(AT - 1000).toUTCString() }, '200 0-10'],
  [{ 'if-modified-since': new Date(AT).toUTCString(), 'if-none-match': '"b"' }, '200 0-10'],
  [{ range: 'bytes=2-4' }, '206 2-5'],
  [{ range: 'bytes=2-' }, '206 2-10'],
  [{ range: 'bytes=-3' }, '206 7-10'],
  [{ range: 'bytes=-30' }, '206 0-10'],
  [{ range: 'bytes=0-99' }, '206 0-10'],
  [{ range: 'bytes=10-' }, '416 0-0'],
  [{ range: 'bytes=-0' }, '416 0-0'],
  [{ range: 'bytes=4-2' }, '200 0-10'],
  [{ range: 'bytes=0-1,3-4' }, '200 0-10'],
  [{ range: 'lines=0-1' }, '200 0-10'],
  [{ range: 'bytes=2-4', 'if-range': '"a"' }, '206 2-5'],
  [{ range: 'bytes=2-4', 'if-range': 'W/"a"' }, '200 0-10'],
  [{ range: 'bytes=2-4', 'if-range': '"b"' }, '200 0-10'],
  [{ range: 'bytes=2-4', 'if-range': new Date(AT).toUTCString() }, '206 2-5'],
])('%j', ([headers, expected], { expect }) => {
  const { status, start, end } = select((name) => headers[name], { etag: '"a"', lastModified: AT, size: 10 })
  expect(`${status} ${start}-${end}`).toBe(expected)
})

test.for<[string | undefined, string | undefined]>([
  [undefined, undefined],
  ['gzip, deflate, br', 'br'],
  ['gzip;q=1.0, br;q=0', 'gzip'],
  ['identity', undefined],
  ['*', 'br'],
  ['*;q=0, gzip', 'gzip'],
])('Accept-Encoding: %s', ([header, coding], { expect }) => {
  expect(chooseCoding(header, ['br', 'gzip'])).toBe(coding)
})
