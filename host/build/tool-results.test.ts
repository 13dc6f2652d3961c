import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ToolResults } from './tool-results.ts'

let directory: string
let made: number
const make = () => ({ module: Uint8Array.of(1, 2, ++made), imports: [['a', 'b', 1]] })
const files = () => readdirSync(join(directory, 'tools'))

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nano-tools-'))
  made = 0
})
afterEach(() => rmSync(directory, { recursive: true }))

test('a result is made once, for this process and the next', () => {
  const kept = new ToolResults<ReturnType<typeof make>>(directory)
  const first = kept.get(['engine', 1], make)
  expect(kept.get(['engine', 1], make)).toBe(first)
  const later = new ToolResults<ReturnType<typeof make>>(directory).get(['engine', 1], make)
  expect(Array.from(later.module)).toEqual([1, 2, 1])
  expect(later.imports).toEqual(first.imports)
  expect(made).toBe(1)
})

test('another key is another result', () => {
  const kept = new ToolResults<ReturnType<typeof make>>(directory)
  kept.get(['engine', 1], make)
  kept.get(['engine', 2], make)
  kept.get(['engine', 1], make)
  expect(made).toBe(2)
  expect(files()).toHaveLength(2)
})

test.for([
  ['cut', (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)],
  ['empty', () => Buffer.alloc(0)],
  ['changed', (bytes: Buffer) => bytes.fill(7, 40, 41)],
] as const)('one whose file is %s is made again', ([, spoil]) => {
  new ToolResults(directory).get(['engine'], make)
  const path = join(directory, 'tools', files()[0]!)
  writeFileSync(path, spoil(readFileSync(path)))
  new ToolResults(directory).get(['engine'], make)
  expect(made).toBe(2)
  new ToolResults(directory).get(['engine'], make)
  expect(made).toBe(2)
})

test('a directory that cannot be written keeps nothing, and nobody from building', () => {
  writeFileSync(join(directory, 'tools'), 'a file')
  expect(new ToolResults<ReturnType<typeof make>>(directory).get(['engine'], make).module[2]).toBe(1)
})

test('old ones go', () => {
  const kept = new ToolResults(directory)
  for (let i = 0; i < 20; i++) kept.get(['engine', i], make)
  expect(files()).toHaveLength(8)
})
