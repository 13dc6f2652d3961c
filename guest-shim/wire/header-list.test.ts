/** Headers as the world carries them and as an app sees them. */

import { expect, test } from 'vitest'
import { HeaderList } from './header-list.ts'

test('lines stay as they are until somebody changes something', () => {
  const lines = 'accept\n*/*\nx-empty\n\nx-y\na: b\n'
  const list = new HeaderList(lines)
  expect(list.toLines()).toBe(lines)
  expect([list.get('accept'), list.get('x-empty'), list.get('x-y'), list.get('none')]).toEqual([
    '*/*',
    '',
    'a: b',
    null,
  ])
  expect(list.toLines()).toBe(lines)
})

test('no headers are an empty string', () => {
  const list = new HeaderList('')
  expect(list.toLines()).toBe('')
  expect(list.toSorted()).toEqual([])
  list.append('a', '1')
  list.delete('a')
  expect(list.toLines()).toBe('')
})

test('repeated headers are one to the app, sorted, and cookies stay apart', () => {
  const list = new HeaderList('x\n1\nset-cookie\nb=2\nx\n2\na\n3\nset-cookie\na=1\n')
  expect(list.toSorted()).toEqual(['a', '3', 'set-cookie', 'b=2', 'set-cookie', 'a=1', 'x', '1, 2'])
  expect(list.getAll('set-cookie')).toEqual(['b=2', 'a=1'])
  expect(list.toLines()).toBe('x\n1\nset-cookie\nb=2\nx\n2\na\n3\nset-cookie\na=1\n')
})

test('a header that is set stands where the first one stood', () => {
  const list = new HeaderList('x\n1\na\n0\nx\n2\n')
  list.set('x', '3')
  list.set('y', '4')
  expect(list.toLines()).toBe('x\n3\na\n0\ny\n4\n')
  expect(list.toSorted()).toEqual(['a', '0', 'x', '3', 'y', '4'])
})

test('a copy is its own', () => {
  const list = new HeaderList('x\n1\n')
  const copy = list.copy()
  copy.append('x', '2')
  expect([list.get('x'), copy.get('x')]).toEqual(['1', '1, 2'])
})

test('a value that is called like a header is none', () => {
  const list = new HeaderList('')
  list.append('x-name', 'content-type')
  expect(list.hasType()).toBe(false)
  list.append('content-type', 'a/b')
  expect(list.hasType()).toBe(true)
})

test('ten times as many headers take about ten times as long to sort', () => {
  const sort = (count: number) => {
    const list = new HeaderList(Array.from({ length: count }, (_, i) => `x-${i % 7}\n${i}\n`).join(''))
    return list.toSorted().length
  }
  expect(sort(100_000)).toBe(14)
})
