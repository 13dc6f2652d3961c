import { test } from 'vitest'

import { parseHttpDate } from './http-date.ts'

test.for<[string, boolean]>([
  ['Sun, 06 Nov 1994 08:49:37 GMT', true],
  ['  Sun, 06 Nov 1994 08:49:37 GMT ', true],
  ['Sunday, 06-Nov-94 08:49:37 GMT', true],
  ['Sun Nov  6 08:49:37 1994', true],
  ['06 Nov 1994 08:49:37 GMT', false],
  ['Sun, 06 Nov 1994 08:49:37 +0100', false],
  ['Sun, 06 Nov 1994 28:49:37 GMT', false],
  ['1994-11-06T08:49:37Z', false],
  ['784111777', false],
  ['', false],
])('%s', ([text, isDate], { expect }) => {
  expect(parseHttpDate(text)).toBe(isDate ? 784_111_777_000 : undefined)
})
