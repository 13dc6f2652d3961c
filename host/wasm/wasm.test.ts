/** The room's files against each other and against V8, on modules made here byte by byte. */
import { assert, integer, maxSafeInteger, nat, property, uint8Array } from 'fast-check'
import { describe, it } from 'vitest'
import { readDataSegments, stripData, withDataSegments } from './data-segments.ts'
import { readExports, withExports } from './exports.ts'
import { readGlobals, toNumericType, withGlobals, withValue } from './globals.ts'
import { countImports } from './imports.ts'
import { importMemory, readMemory, withMemory } from './memory.ts'
import { MalformedWasm, Reader } from './reader.ts'
import { encodeModule, parseModule, SECTION, type Section } from './sections.ts'
import { Writer } from './writer.ts'

/** A memory of 2 pages, exported; a mutable i32 global; `load(address)`; "hi" at 8. */
function makeModule(): Section[] {
  const load = [0, 0x20, 0, 0x2d, 0, 0, 0x0b]
  const hi = new TextEncoder().encode('hi')
  return withDataSegments(
    [
      { id: SECTION.type, payload: Uint8Array.of(1, 0x60, 1, 0x7f, 1, 0x7f) },
      { id: SECTION.function, payload: Uint8Array.of(1, 0) },
      { id: SECTION.memory, payload: Uint8Array.of(1, 0, 2) },
      { id: SECTION.global, payload: Uint8Array.of(1, 0x7f, 1, 0x41, 5, 0x0b) },
      {
        id: SECTION.export,
        payload: new Writer().u32(2).name('memory').u8(2).u32(0).name('load').u8(0).u32(0).finish(),
      },
      { id: SECTION.code, payload: Uint8Array.of(1, load.length, ...load) },
    ],
    [{ offset: 8, bytes: hi }],
  )
}

function run(
  sections: Section[],
  imports: WebAssembly.Imports = {},
): Record<string, WebAssembly.ExportValue> {
  return new WebAssembly.Instance(new WebAssembly.Module(encodeModule(sections)), imports).exports
}

function call(exported: WebAssembly.ExportValue | undefined, value: number): unknown {
  if (typeof exported !== 'function') throw new TypeError('not a function')
  return exported(value)
}

describe('LEB128', () => {
  it('reads back every unsigned and signed integer', ({ expect }) => {
    assert(
      property(integer({ min: 0, max: 2 ** 32 - 1 }), maxSafeInteger(), (unsigned, signed) => {
        expect(new Reader(new Writer().u32(unsigned).finish()).u32()).toBe(unsigned)
        expect(new Reader(new Writer().signed(signed).finish()).s64()).toBe(BigInt(signed))
        expect(new Reader(new Writer().signed(unsigned | 0).finish()).s32()).toBe(unsigned | 0)
      }),
    )
  })

  it('refuses integers that are too long or too large', ({ expect }) => {
    const read = (...bytes: number[]): number => new Reader(Uint8Array.from(bytes)).u32()
    expect(read(0xff, 0xff, 0xff, 0xff, 0x0f)).toBe(2 ** 32 - 1)
    expect(() => read(0xff, 0xff, 0xff, 0xff, 0x1f)).toThrow(MalformedWasm)
    expect(() => read(0x80, 0x80, 0x80, 0x80, 0x80, 0)).toThrow(MalformedWasm)
    expect(() => read(0x80)).toThrow('unexpected end')
    expect(() => new Reader(new Writer().signed(2 ** 31).finish()).s32()).toThrow(MalformedWasm)
  })
})

describe('sections', () => {
  it('come back as they were', ({ expect }) => {
    const bytes = encodeModule(makeModule())
    expect(encodeModule(parseModule(bytes))).toEqual(bytes)
  })

  it('are refused when cut, repeated or unknown, and never anything but MalformedWasm', ({ expect }) => {
    const bytes = encodeModule(makeModule())
    expect(() => parseModule(bytes.subarray(0, -1))).toThrow(MalformedWasm)
    expect(() => parseModule(encodeModule([...makeModule(), ...makeModule()]))).toThrow('repeated')
    expect(() => parseModule(encodeModule([{ id: 77, payload: new Uint8Array() }]))).toThrow('unknown')
    assert(
      property(uint8Array({ maxLength: 64 }), nat(bytes.length), (noise, at) => {
        const broken = Uint8Array.from([...bytes.subarray(0, at), ...noise])
        try {
          const sections = parseModule(broken)
          readDataSegments(sections)
          readExports(sections)
          readGlobals(sections)
          readMemory(sections)
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedWasm)
        }
      }),
    )
  })
})

describe('importMemory', () => {
  it('lets the host supply a smaller memory, and exports it as before', ({ expect }) => {
    const sections = importMemory(stripData(makeModule()))
    expect(countImports(sections, 'memory')).toBe(1)
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
    const exports = run(sections, { nano: { memory } })
    expect(exports.memory).toBe(memory)
    new Uint8Array(memory.buffer)[100] = 42
    expect(call(exports.load, 100)).toBe(42)
    expect(() => call(exports.load, 65_536)).toThrow(WebAssembly.RuntimeError)
    expect(() => importMemory(sections)).toThrow('no memory')
  })

  it('knows the limits', ({ expect }) => {
    expect(readMemory(makeModule())).toEqual({ flags: 0, min: 2, max: undefined })
    expect(readMemory(withMemory(makeModule(), 3, 9))).toEqual({ flags: 1, min: 3, max: 9 })
  })
})

describe('snapshot edits', () => {
  it('read and write data segments', ({ expect }) => {
    const bytes = Uint8Array.of(1, 2, 3)
    const sections = withDataSegments(makeModule(), [{ offset: 2 ** 16, bytes }])
    expect(readDataSegments(parseModule(encodeModule(sections)))).toEqual([{ offset: 2 ** 16, bytes }])
    expect(call(run(sections).load, 2 ** 16 + 1)).toBe(2)
    expect(readDataSegments(withDataSegments([], [{ offset: 0x9000_0000, bytes }]))[0]!.offset).toBe(
      0x9000_0000,
    )
    const passive = [{ id: SECTION.data, payload: Uint8Array.of(1, 1, 0) }]
    expect(() => readDataSegments(passive)).toThrow('passive')
  })

  it('read and write globals and exports', ({ expect }) => {
    const module = makeModule()
    const exported = withExports(module, [...readExports(module), { name: 'g', kind: 'global', index: 0 }])
    const [global] = readGlobals(exported)
    expect(toNumericType(global!)).toBe('i32')
    const set = run(withGlobals(exported, [withValue(global!, -123_456)])).g
    expect(set instanceof WebAssembly.Global && set.value).toBe(-123_456)
  })
})
