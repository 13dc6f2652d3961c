/** Headers as a list and as lines. */
import { array, assert, property, string, tuple } from 'fast-check'
import { describe, test } from 'vitest'

import { parseHeaderLines, toHeaderLines, toOnlyValue, toValues } from './header-lines.ts'

const LIST = ['Host', 'a.test', 'X-B', '1', 'x-b', '', 'X-BC', '2']

describe('lines', () => {
  const line = string().map((text) => text.replaceAll('\n', ' '))

  test('are read as they were written', ({ expect }) => {
    assert(
      property(array(tuple(line, line)), (headers) => {
        const lines = headers.map(([name, value]) => toHeaderLines(name, value)).join('')
        expect(parseHeaderLines(lines)).toEqual(headers.flat())
      }),
    )
  })

  test.for([
    ['', []],
    ['a\nb\n', ['a', 'b']],
    ['a\nb', ['a', 'b']],
    ['a\n', ['a', '']],
    ['a', undefined],
    ['a\nb\nc', undefined],
  ] as const)('%j are %j', ([lines, list], { expect }) => {
    expect(parseHeaderLines(lines)).toEqual(list)
  })
})

describe('the values of a header', () => {
  test('are found whatever the case of its name', ({ expect }) => {
    expect(toValues(LIST, 'x-b')).toEqual(['1', ''])
    expect(toValues(LIST, 'x-c')).toEqual([])
    expect(toValues([], 'host')).toEqual([])
  })

  test('are one only where it is there once', ({ expect }) => {
    expect(toOnlyValue(LIST, 'host')).toBe('a.test')
    expect(toOnlyValue(LIST, 'x-b')).toBeUndefined()
    expect(toOnlyValue(LIST, 'x-c')).toBeUndefined()
    expect(toOnlyValue(['a', '', 'a', ''], 'a')).toBeUndefined()
  })
})
