/** Pages that memories have in common until somebody writes to them, and what becomes of them then. */
import { execFile } from 'node:child_process'
import { readFileSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, it } from 'vitest'
import { findOwnPages } from './own-pages.ts'
import { hasPageFiles, makePageFile, mapPages, restorePages } from './page-file.ts'

const PAGE = 65_536

/** A file of one page with `byte` everywhere. */
const toFile = (byte: number) => makePageFile([{ address: 0, bytes: new Uint8Array(PAGE).fill(byte) }], PAGE)!

it('is there on Linux, with a Node that has node:ffi', ({ expect }) => {
  expect(hasPageFiles).toBe(process.platform === 'linux')
})

describe.skipIf(!hasPageFiles)('pages of a file (skipped where the system has none)', () => {
  it('are in every memory, and what one writes no other one sees, nor the file', ({ expect }) => {
    const file = toFile(7)
    const [one, other] = [0, 1].map(() => new WebAssembly.Memory({ initial: 2, maximum: 4 })) as [
      WebAssembly.Memory,
      WebAssembly.Memory,
    ]
    for (const memory of [one, other]) expect(mapPages(memory, file, PAGE)).toBe(true)
    const [ones, others] = [one, other].map(({ buffer }) => new Uint8Array(buffer)) as [
      Uint8Array,
      Uint8Array,
    ]
    ones[5] = 1
    ones[PAGE + 5] = 2
    expect([ones[4], ones[5], others[5]]).toEqual([7, 1, 7])
    expect([...findOwnPages(one)!]).toEqual([0, 16])
    expect([...findOwnPages(other)!]).toEqual([])
    expect(others[PAGE + 5]).toBe(0)
    const third = new WebAssembly.Memory({ initial: 1 })
    mapPages(third, file, PAGE)
    expect(new Uint8Array(third.buffer)[5]).toBe(7)
  })

  it('are as they were when what was written is dropped, and so is what a memory has grown by', ({
    expect,
  }) => {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 4 })
    mapPages(memory, toFile(9), PAGE)
    memory.grow(2)
    const bytes = new Uint8Array(memory.buffer)
    bytes.fill(3)
    expect(restorePages(memory)).toBe(true)
    expect(findOwnPages(memory)).toHaveLength(0)
    expect(bytes.subarray(0, PAGE).every((byte) => byte === 9)).toBe(true)
    expect(bytes.subarray(PAGE).every((byte) => byte === 0)).toBe(true)
  })

  it('are the file’s parts at their places, and zeros, to the end of a page', ({ expect }) => {
    const pieces = [
      { address: 3, bytes: Uint8Array.of(1, 2) },
      { address: PAGE + 1, bytes: Uint8Array.of(3) },
    ]
    const file = makePageFile(pieces, PAGE + 2)!
    expect(file.length).toBe(2 * PAGE)
    const memory = new WebAssembly.Memory({ initial: 2 })
    mapPages(memory, file, 2 * PAGE)
    const wanted = new Uint8Array(2 * PAGE)
    for (const { address, bytes } of pieces) wanted.set(bytes, address)
    expect(Buffer.compare(wanted, new Uint8Array(memory.buffer))).toBe(0)
  })

  it('are more than there are in neither memory nor file', ({ expect }) => {
    const file = toFile(1)
    const memory = new WebAssembly.Memory({ initial: 1 })
    for (const length of [2 * PAGE, 4096]) expect(() => mapPages(memory, file, length)).toThrow(RangeError)
    const large = new WebAssembly.Memory({ initial: 4 })
    expect(() => mapPages(large, file, 2 * PAGE)).toThrow(RangeError)
    expect(mapPages(large, file, 0)).toBe(true)
    expect(new Uint8Array(large.buffer)[0]).toBe(0)
  })

  it('cannot be written to or cut by anybody, and no process that is started has them', async ({
    expect,
  }) => {
    const { fd } = toFile(1)
    expect(() => writeSync(fd, 'x', 0)).toThrow('EPERM')
    const { stdout } = await promisify(execFile)('ls', ['-l', '/proc/self/fd'])
    expect(stdout).not.toContain('nano-pages')
    expect(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')).toContain('flags:')
  })
})

it('is done without where Node has no node:ffi', async ({ expect }) => {
  const url = new URL('page-file.ts', import.meta.url).href
  const script =
    `const { hasPageFiles, makePageFile, mapPages } = await import(${JSON.stringify(url)});` +
    'console.log(hasPageFiles, makePageFile([], 0), mapPages(new WebAssembly.Memory({ initial: 1 }), { fd: 0, length: 0 }, 0))'
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    '--no-experimental-ffi',
    '--input-type=module',
    '-e',
    script,
  ])
  expect([stdout.trim(), stderr]).toEqual(['false undefined false', ''])
})
