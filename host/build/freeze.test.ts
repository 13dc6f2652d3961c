import { expect, test } from 'vitest'
import { withDataSegments } from '../wasm/data-segments.ts'
import { withExports } from '../wasm/exports.ts'
import { withGlobals } from '../wasm/globals.ts'
import { withMemory } from '../wasm/memory.ts'
import { encodeModule, replaceSection, SECTION } from '../wasm/sections.ts'
import { freeze, toSegments } from './freeze.ts'

const PAGE = 65_536
const I32 = 0x7f
/** A module whose `init` stores 7 at address 256, sets its global to 42 and grows its memory by a page. */
const BODY = [0x41, 0x80, 2, 0x41, 7, 0x36, 2, 0, 0x41, 42, 0x24, 0, 0x41, 1, 0x40, 0, 0x1a, 0x0b]

function createModule(body: readonly number[]): Uint8Array<ArrayBuffer> {
  const sections = [
    [SECTION.type, [1, 0x60, 0, 0]],
    [SECTION.function, [1, 0]],
    [SECTION.code, [1, body.length + 1, 0, ...body]],
  ] as const
  const code = sections.reduce(
    (list, [id, payload]) => replaceSection(list, id, Uint8Array.from(payload)),
    withMemory([], 1),
  )
  const globals = withGlobals(code, [{ type: I32, mutable: true, init: Uint8Array.of(0x41, 1, 0x0b) }])
  return encodeModule(
    withExports(withDataSegments(globals, [{ offset: 8, bytes: Uint8Array.of(1, 2, 3) }]), [
      { name: 'memory', kind: 'memory', index: 0 },
      { name: 'counter', kind: 'global', index: 0 },
      { name: 'init', kind: 'function', index: 0 },
    ]),
  )
}

const OPTIONS = {
  initFunction: 'init',
  imports: () => ({}),
  timeoutMs: 1_000,
  memoryBytes: 8 * PAGE,
  mostBytes: PAGE,
}

test('a frozen module begins where its initialiser ended', () => {
  const frozen = new WebAssembly.Module(freeze(createModule(BODY), OPTIONS))
  const { memory, counter, init } = new WebAssembly.Instance(frozen).exports
  const bytes = new Uint8Array((memory as WebAssembly.Memory).buffer)
  expect(init).toBeUndefined()
  expect((counter as WebAssembly.Global).value).toBe(42)
  expect(bytes.length).toBe(2 * PAGE)
  expect([...bytes.subarray(8, 12), bytes[256]]).toEqual([1, 2, 3, 0, 7])
  expect(WebAssembly.Module.exports(frozen).map(({ name }) => name)).toEqual(['memory', 'counter'])
})

test('an initialiser that does not end is stopped', () => {
  const endless = createModule([0x03, 0x40, 0x0c, 0, 0x0b, 0x0b])
  expect(() => freeze(endless, { ...OPTIONS, timeoutMs: 50 })).toThrow('did not end within 50 ms')
})

test('an initialiser that grows its memory for ever gets so much and no more', () => {
  // grows by a page until that fails
  const greedy = createModule([0x03, 0x40, 0x41, 1, 0x40, 0, 0x41, 0x7f, 0x47, 0x0d, 0, 0x0b, 0x0b])
  const frozen = new WebAssembly.Module(freeze(greedy, OPTIONS))
  const memory = new WebAssembly.Instance(frozen).exports['memory'] as WebAssembly.Memory
  expect(memory.buffer.byteLength).toBe(8 * PAGE)
  expect(memory.grow(8)).toBe(8)
})

test('what an initialiser leaves is bounded', () => {
  expect(() => freeze(createModule(BODY), { ...OPTIONS, mostBytes: 4 })).toThrow('at most 4 are kept')
})

test('runs that are close together are one segment', () => {
  const memory = new Uint8Array(PAGE)
  for (const at of [5, 20, 500, PAGE - 1]) memory[at] = 1
  const segments = toSegments(memory)
  expect(segments.map(({ offset, bytes }) => [offset, bytes.length])).toEqual([
    [4, 20],
    [500, 4],
    [PAGE - 4, 4],
  ])
})
