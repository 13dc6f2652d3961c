import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ToolResults } from './tool-results.ts'

let directory: string
let made: number
const make = () => Promise.resolve({ module: Uint8Array.of(1, 2, ++made), imports: [['a', 'b', 1]] })
type Result = Awaited<ReturnType<typeof make>>
const files = () => readdirSync(join(directory, 'tools'))

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nano-tools-'))
  made = 0
})
afterEach(() => rmSync(directory, { recursive: true }))

test('a result is made once, for this process and the next', async () => {
  const kept = new ToolResults<Result>(directory)
  const first = await kept.get(['engine', 1], make)
  expect(await kept.get(['engine', 1], make)).toBe(first)
  const later = await new ToolResults<Result>(directory).get(['engine', 1], make)
  expect(Array.from(later.module)).toEqual([1, 2, 1])
  expect(later.imports).toEqual(first.imports)
  expect(made).toBe(1)
})

test('another key is another result', async () => {
  const kept = new ToolResults<Result>(directory)
  await kept.get(['engine', 1], make)
  await kept.get(['engine', 2], make)
  await kept.get(['engine', 1], make)
  expect(made).toBe(2)
  expect(files()).toHaveLength(2)
})

test.for([
  ['cut', (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)],
  ['empty', () => Buffer.alloc(0)],
  ['changed', (bytes: Buffer) => bytes.fill(7, 40, 41)],
] as const)('one whose file is %s is made again', async ([, spoil]) => {
  await new ToolResults(directory).get(['engine'], make)
  const path = join(directory, 'tools', files()[0]!)
  writeFileSync(path, spoil(readFileSync(path)))
  await new ToolResults(directory).get(['engine'], make)
  expect(made).toBe(2)
  await new ToolResults(directory).get(['engine'], make)
  expect(made).toBe(2)
})

test('a directory that cannot be written keeps nothing, and nobody from building', async () => {
  writeFileSync(join(directory, 'tools'), 'a file')
  const { module } = await new ToolResults<Result>(directory).get(['engine'], make)
  expect(module[2]).toBe(1)
})

test('old ones go', async () => {
  const kept = new ToolResults(directory)
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  for (let i = 0; i < 20; i++) await kept.get(['engine', i], make)
  expect(files()).toHaveLength(8)
})

test('what could not be made is tried again', async () => {
  const kept = new ToolResults<Result>(directory)
  await expect(kept.get(['engine'], () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect((await kept.get(['engine'], make)).module[2]).toBe(1)
})
