/**
 * Values out of a guest's memory, for the code that `wit/generate.ts` writes.
 *
 * Every argument of an import is a hostile guest's word: a list must lie in the guest's memory and is copied out of it at
 * once; an enum must name one of its cases. What does not hold ends the guest. Of a list with a bound no more is copied than
 * whoever takes it looks at: a copy that is kept must not be as large as the guest's memory.
 */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const LAST_CHAR = 0x10ffff

/** Reads from one guest. */
export class GuestReader {
  readonly #memory: WebAssembly.Memory
  #bytes: Uint8Array<ArrayBuffer>
  #view: DataView

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory
    this.#bytes = new Uint8Array(memory.buffer)
    this.#view = new DataView(memory.buffer)
  }

  /** A list of bytes, its first `most` copied out. */
  bytes(at: number, length: number, most = Infinity): Uint8Array<ArrayBuffer> {
    const start = at >>> 0
    const end = this.#check(start, length >>> 0)
    return this.#bytes.slice(start, Math.min(end, start + most))
  }

  string(at: number, length: number): string {
    return decoder.decode(this.bytes(at, length))
  }

  /** A list of other items: where they lie, all of them in the memory. More than `most` end the guest. */
  items(
    start: number,
    length: number,
    size: number,
    align: number,
    most: number,
  ): { at: number; count: number } {
    const at = start >>> 0
    const count = length >>> 0
    if (count > most) throw new RangeError(`the guest gave a list of ${count}, at most ${most} are taken`)
    this.#check(at, count * size)
    if (at % align !== 0)
      throw new RangeError(`the guest gave ${at} for items that lie at multiples of ${align}`)
    return { at, count }
  }

  /** One of an enum's cases. */
  caseOf<Case extends string>(cases: readonly Case[], index: number): Case {
    const found = cases[index]
    if (found === undefined) throw new RangeError(`the guest gave ${index} for one of ${cases.join(', ')}`)
    return found
  }

  /** Whether an option holds something. */
  isSome(index: number): boolean {
    if (index !== 0 && index !== 1) throw new RangeError(`the guest gave ${index} for an option`)
    return index === 1
  }

  noCase(index: number, variant: string): never {
    throw new RangeError(`the guest gave ${index} for a case of ${variant}`)
  }

  char(value: number): string {
    const code = value >>> 0
    if (code > LAST_CHAR || (code >= 0xd800 && code <= 0xdfff)) {
      throw new RangeError(`the guest gave ${code} for a character`)
    }
    return String.fromCodePoint(code)
  }

  // numbers at an address that `items` has checked

  u8(at: number): number {
    return this.#view.getUint8(at)
  }

  u16(at: number): number {
    return this.#view.getUint16(at, true)
  }

  u32(at: number): number {
    return this.#view.getUint32(at, true)
  }

  u64(at: number): bigint {
    return this.#view.getBigUint64(at, true)
  }

  s8(at: number): number {
    return this.#view.getInt8(at)
  }

  s16(at: number): number {
    return this.#view.getInt16(at, true)
  }

  s32(at: number): number {
    return this.#view.getInt32(at, true)
  }

  s64(at: number): bigint {
    return this.#view.getBigInt64(at, true)
  }

  f32(at: number): number {
    return this.#view.getFloat32(at, true)
  }

  f64(at: number): number {
    return this.#view.getFloat64(at, true)
  }

  /** The end of so many bytes, which lie in the memory as it is now: growing takes the old views away. */
  #check(start: number, size: number): number {
    if (this.#bytes.buffer !== this.#memory.buffer) {
      this.#bytes = new Uint8Array(this.#memory.buffer)
      this.#view = new DataView(this.#memory.buffer)
    }
    const end = start + size
    if (end > this.#bytes.length) {
      throw new RangeError(`the guest gave bytes ${start} to ${end} of ${this.#bytes.length}`)
    }
    return end
  }
}
