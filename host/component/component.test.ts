/** Hostile and mistaken files, on components made here byte by byte. */
import { assert, nat, property, uint8Array } from 'fast-check'
import { describe, it } from 'vitest'
import { NanoError } from '../errors.ts'
import { withDataSegments, type DataSegment } from '../wasm/data-segments.ts'
import { withMemory } from '../wasm/memory.ts'
import { encodeModule, SECTION, type Section } from '../wasm/sections.ts'
import { Writer } from '../wasm/writer.ts'
import { readComponent } from './read.ts'
import { splitComponent } from './skeleton.ts'

const PREAMBLE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0)
const ADAPTER = encodeModule([])
const HI = new TextEncoder().encode('hi')

/** A component of an adapter, a main module and an alias section. */
function makeComponent(
  segments: DataSegment[],
  edit = (sections: Section[]): Section[] => sections,
): Uint8Array {
  const code = { id: SECTION.code, payload: Uint8Array.of(0) }
  const main = encodeModule(edit(withDataSegments(withMemory([code], 2), segments)))
  return wrap([
    { id: 1, payload: ADAPTER },
    { id: 1, payload: main },
    { id: 6, payload: Uint8Array.of(0) },
  ])
}

function wrap(sections: Section[]): Uint8Array {
  const writer = new Writer().append(PREAMBLE)
  for (const { id, payload } of sections) writer.u8(id).u32(payload.length).append(payload)
  return writer.finish()
}

const custom = { id: 0, payload: new Writer().name('producers').finish() }
const plain = makeComponent([{ offset: 8, bytes: HI }])
const { skeletonHash } = splitComponent(plain)

describe('splitComponent', () => {
  it('gives the segments and the minimum', ({ expect }) => {
    expect(splitComponent(plain)).toEqual({
      skeletonHash,
      memoryMinPages: 2,
      segments: [{ offset: 8, bytes: HI }],
    })
  })

  it('has one hash for other data, another minimum and any custom section', ({ expect }) => {
    const others = [
      makeComponent([
        { offset: 9, bytes: HI },
        { offset: 77, bytes: HI },
      ]),
      makeComponent([{ offset: 8, bytes: HI }], (sections) => withMemory(sections, 9)),
      makeComponent([{ offset: 8, bytes: HI }], (sections) => [custom, ...sections, custom]),
      Uint8Array.from([...plain, 0, custom.payload.length, ...custom.payload]),
    ]
    for (const other of others) expect(splitComponent(other).skeletonHash).toBe(skeletonHash)
  })

  it('has another hash for any other difference', ({ expect }) => {
    const others = [
      makeComponent([{ offset: 8, bytes: HI }], (sections) => withMemory(sections, 2, 9)),
      makeComponent([{ offset: 8, bytes: HI }], (sections) => [
        { id: SECTION.type, payload: Uint8Array.of(0) },
        ...sections,
      ]),
      wrap(readComponent(plain).sections.toReversed()),
      wrap([...readComponent(plain).sections, { id: 6, payload: Uint8Array.of(0) }]),
    ]
    for (const other of others) expect(splitComponent(other).skeletonHash).not.toBe(skeletonHash)
  })

  it('refuses segments out of order, overlapping, beyond the memory, or none', ({ expect }) => {
    const split = (...offsets: number[]) =>
      splitComponent(makeComponent(offsets.map((offset) => ({ offset, bytes: HI }))))
    expect(split(8, 10, 131_070).segments).toHaveLength(3)
    expect(() => split(10, 8)).toThrow('before the end')
    expect(() => split(8, 9)).toThrow('before the end')
    expect(() => split(131_071)).toThrow('beyond the memory')
    expect(() => split(0xffff_ffff)).toThrow('beyond the memory')
    expect(() => split()).toThrow('no snapshot')
  })
})

describe('readComponent', () => {
  it.for([
    ['an empty file', new Uint8Array(), 'is empty'],
    ['WAT', new TextEncoder().encode('  (module)'), 'as text'],
    ['JavaScript', new TextEncoder().encode('export default {}'), 'not WebAssembly'],
    ['a core module', ADAPTER, 'core module'],
    ['a cut preamble', plain.subarray(0, 6), 'cut off'],
    ['a cut section', plain.subarray(0, -1), 'cut off'],
    ['an unknown version', Uint8Array.from(plain, (byte, index) => (index === 4 ? 0x63 : byte)), 'version'],
    ['no module', wrap([]), 'no core module'],
  ] as const)('refuses %s', ([, bytes, message], { expect }) => {
    expect(() => readComponent(bytes)).toThrow(message)
    expect(() => readComponent(bytes)).toThrow(expect.objectContaining({ code: 'COMPONENT_INVALID' }))
  })

  it('never fails otherwise, whatever the bytes', ({ expect }) => {
    assert(
      property(nat(plain.length), uint8Array({ maxLength: 32 }), (at, noise) => {
        const broken = Uint8Array.from(plain)
        broken.set(noise.subarray(0, broken.length - at), at)
        try {
          splitComponent(broken)
        } catch (error) {
          expect(error).toBeInstanceOf(NanoError)
          expect((error as NanoError).code).toBe('COMPONENT_INVALID')
        }
      }),
      { numRuns: 2000 },
    )
  })
})
