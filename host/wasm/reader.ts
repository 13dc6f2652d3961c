/**
 * A bounded walk over WebAssembly binary format. Every read checks its bound first, so hostile bytes end in a
 * `MalformedWasm` and never in a wrong view, a huge allocation or an endless loop.
 */

/** Bytes that are not what the binary format says. `at` is the offset in the outermost buffer that was given. */
export class MalformedWasm extends Error {
  readonly at: number

  constructor(message: string, at: number) {
    super(`${message} (at byte ${at})`)
    this.name = 'MalformedWasm'
    this.at = at
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Reads forward through `bytes` from `at` to `end`. */
export class Reader {
  readonly bytes: Uint8Array
  readonly end: number
  at: number

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  get done(): boolean {
    return this.at >= this.end
  }

  fail(message: string): never {
    throw new MalformedWasm(message, this.at)
  }

  u8(): number {
    if (this.at >= this.end) this.fail('unexpected end of bytes')
    return this.bytes[this.at++]!
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8()
      if (shift === 28 && byte > 0x0f) this.fail('integer does not fit into 32 bits')
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    return this.fail('integer is too long')
  }

  /** Signed LEB128 of at most 32 bits. */
  s32(): number {
    return Number(this.#signed(32n))
  }

  /** Signed LEB128 of at most 64 bits. */
  s64(): bigint {
    return this.#signed(64n)
  }

  /** Steps over a LEB128 of either kind, of at most 64 bits. */
  skipInteger(): void {
    for (let left = 10; left > 0; left--) if (this.u8() < 0x80) return
    this.fail('integer is too long')
  }

  /** A view of the next `length` bytes; nothing is copied. */
  take(length: number): Uint8Array {
    if (length > this.end - this.at) this.fail(`${length} bytes announced, ${this.end - this.at} left`)
    const view = this.bytes.subarray(this.at, this.at + length)
    this.at += length
    return view
  }

  name(): string {
    const view = this.take(this.u32())
    try {
      return utf8.decode(view)
    } catch {
      return this.fail('name is not UTF-8')
    }
  }

  /** A vector's length. Each element takes a byte at least, so a length beyond what is left is refused at once. */
  count(): number {
    const count = this.u32()
    if (count > this.end - this.at) this.fail(`vector of ${count} elements in ${this.end - this.at} bytes`)
    return count
  }

  /** The raw bytes of a constant expression of one instruction, `end` included. */
  constant(): Uint8Array {
    const start = this.at
    const opcode = this.u8()
    if (opcode === 0x41) this.s32()
    else if (opcode === 0x42) this.s64()
    else if (opcode === 0x43) this.take(4)
    else if (opcode === 0x44) this.take(8)
    else if (opcode === 0x23 || opcode === 0xd2) this.u32()
    else if (opcode === 0xd0) this.u8()
    else this.fail(`constant expression begins with 0x${opcode.toString(16)}`)
    if (this.u8() !== 0x0b) this.fail('constant expression has more than one instruction')
    return this.bytes.subarray(start, this.at)
  }

  #signed(bits: bigint): bigint {
    let value = 0n
    for (let shift = 0n; shift < bits + 6n; shift += 7n) {
      const byte = this.u8()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) {
        if (byte & 0x40) value -= 1n << (shift + 7n)
        if (value !== BigInt.asIntN(Number(bits), value)) this.fail(`integer does not fit into ${bits} bits`)
        return value
      }
    }
    return this.fail('integer is too long')
  }
}
