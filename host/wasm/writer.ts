/** Builds WebAssembly binary format. The counterpart of `reader.ts`: what one writes, the other reads. */

const utf8 = new TextEncoder()

/** Collects bytes; `finish` joins them once. Views that are appended are not copied before that. */
export class Writer {
  readonly #parts: Uint8Array[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  u8(value: number): this {
    return this.append(Uint8Array.of(value))
  }

  /** Unsigned LEB128. */
  u32(value: number): this {
    const bytes: number[] = []
    let rest = value
    do {
      const low = rest % 128
      rest = Math.floor(rest / 128)
      bytes.push(rest === 0 ? low : low | 0x80)
    } while (rest !== 0)
    return this.append(Uint8Array.from(bytes))
  }

  /** Signed LEB128 of 32 or 64 bits. */
  signed(value: number | bigint): this {
    const bytes: number[] = []
    let rest = BigInt(value)
    for (;;) {
      const low = Number(rest & 0x7fn)
      rest >>= 7n
      const last = (rest === 0n && !(low & 0x40)) || (rest === -1n && (low & 0x40) !== 0)
      bytes.push(last ? low : low | 0x80)
      if (last) return this.append(Uint8Array.from(bytes))
    }
  }

  name(text: string): this {
    const bytes = utf8.encode(text)
    return this.u32(bytes.length).append(bytes)
  }

  append(bytes: Uint8Array): this {
    this.#parts.push(bytes)
    this.#length += bytes.length
    return this
  }

  finish(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.#length)
    let at = 0
    for (const part of this.#parts) {
      whole.set(part, at)
      at += part.length
    }
    return whole
  }
}
