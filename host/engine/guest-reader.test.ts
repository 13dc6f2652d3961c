/** Single values that a guest passes, and lists of other things than bytes: what is not what it says is refused. */
import { describe, it } from 'vitest'
import { GuestReader } from './guest-reader.ts'

const PAGE = 65_536

function open() {
  const memory = new WebAssembly.Memory({ initial: 1 })
  return { memory, from: new GuestReader(memory), view: new DataView(memory.buffer) }
}

describe('items', () => {
  it('lie in the memory, aligned, and are not too many', ({ expect }) => {
    const { from } = open()
    expect(from.items(PAGE - 32, 2, 16, 8, 100)).toEqual({ at: PAGE - 32, count: 2 })
    expect(from.items(PAGE, 0, 16, 8, 100)).toEqual({ at: PAGE, count: 0 })
    for (const [at, length] of [
      [PAGE - 32, 3],
      [PAGE + 8, 0],
      [-8, 1],
      [0, -1],
      [0, 101],
      [4, 1],
    ] as const) {
      expect(() => from.items(at, length, 16, 8, 100)).toThrow(RangeError)
    }
    // the product is larger than any memory, and not cut to 32 bits
    expect(() => from.items(0, 2 ** 31, 2 ** 31, 1, Infinity)).toThrow(RangeError)
  })

  it('are read where they are after the memory has grown', ({ expect }) => {
    const { from, memory } = open()
    memory.grow(1)
    new DataView(memory.buffer).setBigInt64(PAGE, -5n, true)
    const { at } = from.items(PAGE, 1, 8, 8, 1)
    expect([from.s64(at), from.u64(at), from.s32(at), from.u32(at)]).toEqual([
      -5n,
      2n ** 64n - 5n,
      -5,
      2 ** 32 - 5,
    ])
    expect([from.s16(at), from.u16(at), from.s8(at), from.u8(at)]).toEqual([-5, 65_531, -5, 251])
  })
})

describe('single values', () => {
  it('a character is a Unicode scalar value', ({ expect }) => {
    const { from } = open()
    expect([0, 0xd7ff, 0xe000, 0x10ffff].map((code) => from.char(code).codePointAt(0))).toEqual([
      0, 0xd7ff, 0xe000, 0x10ffff,
    ])
    for (const code of [0xd800, 0xdfff, 0x110000, -1]) expect(() => from.char(code)).toThrow(RangeError)
  })

  it('an option is there or not, a variant is one of its cases, an enum too', ({ expect }) => {
    const { from } = open()
    expect([from.isSome(0), from.isSome(1)]).toEqual([false, true])
    for (const index of [2, -1, 255]) expect(() => from.isSome(index)).toThrow(RangeError)
    for (const index of [2, -1, 0.5]) expect(() => from.caseOf(['a', 'b'], index)).toThrow(RangeError)
    expect(() => from.noCase(7, 'limit')).toThrow('the guest gave 7 for a case of limit')
  })

  it('a text is UTF-8', ({ expect }) => {
    const { from, view } = open()
    new Uint8Array(view.buffer).set(new TextEncoder().encode('\u{feff}ä☃'), 8)
    expect(from.string(8, 8)).toBe('\u{feff}ä☃')
    view.setUint8(9, 0xff)
    expect(() => from.string(8, 8)).toThrow(TypeError)
    expect(() => from.string(8, PAGE)).toThrow(RangeError)
  })
})
