/** What leads to a path: on a real file system, with links. */

import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, test } from 'vitest'

import { toPathEntries } from './path-entries.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nano-entries-')))
afterAll(() => rmSync(folder, { recursive: true }))

const at = (...names: string[]): string => join(folder, ...names)
/** Within the folder. */
const toShort = (path: string) =>
  toPathEntries(path)
    .filter(({ directory }) => directory.startsWith(folder))
    .map(({ directory, name = '*' }) => join(directory, name).slice(folder.length + 1))

test('a file is led to by its name, a directory by its names, too', ({ expect }) => {
  mkdirSync(at('a'))
  writeFileSync(at('a/file'), '')
  expect(toShort(at('a/file'))).toEqual(['a/file'])
  expect(toShort(at('a'))).toEqual(['a', 'a/*'])
})

test('each link on the way counts, and where it leads', ({ expect }) => {
  mkdirSync(at('v1'))
  writeFileSync(at('v1/nano.json'), '')
  symlinkSync('v1', at('data'))
  symlinkSync('data/nano.json', at('nano.json'))
  expect(toShort(at('nano.json'))).toEqual(['nano.json', 'data', 'v1/nano.json'])
})

test('what is missing is led to by the first name that is', ({ expect }) => {
  expect(toShort(at('a/b/c'))).toEqual(['a/b'])
  symlinkSync('nowhere/x', at('dangling'))
  expect(toShort(at('dangling'))).toEqual(['dangling', 'nowhere'])
  expect(toShort(at('a/file/below'))).toEqual(['a/file/below'])
})

test('links that go round end somewhere', ({ expect }) => {
  symlinkSync('pong', at('ping'))
  symlinkSync('ping', at('pong'))
  expect(new Set(toShort(at('ping')))).toEqual(new Set(['ping', 'pong']))
})
