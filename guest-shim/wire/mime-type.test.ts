/** MIME types: what is one, which of several counts, and how it is written. */

import { expect, test } from 'vitest'
import { extractMimeType, parseMimeType, toMimeText } from './mime-type.ts'

test.each([
  ['text/html', 'text/html'],
  [' TEXT/HTML ; Charset="UTF-8" ', 'text/html;charset=UTF-8'],
  ['a/b;c=d;c=e;=f;g=;h="";i="j k', 'a/b;c=d;h="";i="j k"'],
  ['a/b;c="d\\"e"x;f=g', 'a/b;c="d\\"e";f=g'],
  ['a/b;c =d', 'a/b'],
])('%j is %s', (text, written) => {
  const mime = parseMimeType(text)
  expect(mime && toMimeText(mime)).toBe(written)
})

test.each(['', 'text', 'text/', '/html', 'te xt/html', 'text/ht(ml', 'text/html, a/b'])(
  '%j is none',
  (text) => {
    expect(parseMimeType(text)).toBeUndefined()
  },
)

test.each([
  ['text/plain, text/html', 'text/html'],
  ['text/html;charset=a, text/html', 'text/html;charset=a'],
  ['text/html;charset=a, text/plain, text/html', 'text/html'],
  ['text/html, */*, nonsense', 'text/html'],
  ['text/html;x="a,b", ', 'text/html;x="a,b"'],
  ['nonsense', undefined],
])('of %j it is %s', (header, written) => {
  const mime = extractMimeType(header)
  expect(mime && toMimeText(mime)).toBe(written)
})

test.each([
  `a/b;${' '.repeat(100_000)}x`,
  `a/b;${'c="'.repeat(50_000)}`,
  `a/b${' '.repeat(100_000)}c`,
  Array.from({ length: 50_000 }, (_, i) => `a/b;p${i}=1`).join(';'),
])('what a client chooses is read, however long', (text) => {
  expect(extractMimeType(text)?.essence ?? 'a/b').toBe('a/b')
})
