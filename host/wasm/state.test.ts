/** Modules of which an instance has no other state than memory and globals, and others. */
import { describe, it } from 'vitest'
import { GLOBAL_EXPORT } from './globals.ts'
import { importMemory } from './memory.ts'
import { encodeModule, SECTION, type Section } from './sections.ts'
import { exportState } from './state.ts'
import { Writer } from './writer.ts'

const END = 0x0b

/** A function of these instructions, a table of functions, a memory, a global that it counts in. */
function makeModule(body: readonly number[], globals = [1, 0x7f, 1, 0x41, 5, END]): Section[] {
  const code = [0, ...body, 0x23, 0, 0x41, 1, 0x6a, 0x24, 0, END]
  return [
    { id: SECTION.type, payload: Uint8Array.of(1, 0x60, 0, 0) },
    { id: SECTION.function, payload: Uint8Array.of(1, 0) },
    { id: SECTION.table, payload: Uint8Array.of(1, 0x70, 0, 2) },
    { id: SECTION.memory, payload: Uint8Array.of(1, 0, 1) },
    { id: SECTION.global, payload: Uint8Array.from(globals) },
    { id: SECTION.export, payload: new Writer().u32(1).name('run').u8(0).u32(0).finish() },
    { id: SECTION.element, payload: Uint8Array.of(1, 0, 0x41, 0, END, 1, 0) },
    { id: SECTION.code, payload: Uint8Array.of(1, code.length, ...code) },
  ]
}

const zeros = (count: number): number[] => Array.from({ length: count }, () => [0x41, 0]).flat()

it('globals are exported, and can be set to what they were', ({ expect }) => {
  const module = new WebAssembly.Module(encodeModule(exportState(makeModule([]))))
  const { run, ...others } = new WebAssembly.Instance(module).exports
  const global = others[`${GLOBAL_EXPORT}0`] as WebAssembly.Global
  for (let round = 0; round < 3; round++) {
    ;(run as () => void)()
    expect(global.value).toBe(6)
    global.value = 5
  }
})

describe('what has more state is refused', () => {
  it.for<[string, number[]]>([
    ['table.set', [...zeros(1), 0xd2, 0, 0x26, 0]],
    ['table.init', [...zeros(3), 0xfc, 12, 0, 0]],
    ['elem.drop', [0xfc, 13, 0]],
    ['table.copy', [...zeros(3), 0xfc, 14, 0, 0]],
    ['table.grow', [0xd2, 0, ...zeros(1), 0xfc, 15, 0, 0x1a]],
    ['table.fill', [...zeros(1), 0xd2, 0, ...zeros(1), 0xfc, 17, 0]],
    ['memory.init', [...zeros(3), 0xfc, 8, 0, 0]],
    ['data.drop', [0xfc, 9, 0]],
  ])('%s', ([, body], { expect }) => {
    expect(() => exportState(makeModule(body))).toThrow('changes a table')
  })

  it('a start function, an imported global, a global that is no number', ({ expect }) => {
    const sections = makeModule([])
    const start: Section = { id: 8, payload: Uint8Array.of(0) }
    expect(() => exportState([...sections, start])).toThrow('start function')
    const imports = new Writer().u32(1).name('a').name('b').u8(3).u8(0x7f).u8(0).finish()
    expect(() => exportState([{ id: SECTION.import, payload: imports }, ...sections])).toThrow('the global b')
    expect(() => exportState(makeModule([], [1, 0x70, 1, 0xd0, 0x70, END]))).toThrow('global 0')
  })
})

it('what only reads and calls is not', ({ expect }) => {
  const body = [
    ...zeros(1),
    0x25,
    0,
    0x1a,
    0xfc,
    16,
    0,
    0x1a,
    ...zeros(3),
    0xfc,
    10,
    0,
    0,
    ...zeros(3),
    0xfc,
    11,
    0,
  ]
  expect(() => exportState(importMemory(makeModule(body)))).not.toThrow()
})
