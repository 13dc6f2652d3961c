/**
 * Values into a guest's memory, for the code that `wit/generate.ts` writes: what crosses lies there as the canonical ABI of
 * the component model wants it. One allocation per list or string, and nothing per instance.
 *
 *     string, list:  address u32, length u32; the guest frees what they point to
 *
 * The guest's allocator runs inside the turn's limits and may answer anything: every write goes through a view of
 * the guest's own memory, which refuses what lies outside of it.
 */

/** The allocator that a guest exports. */
export type Realloc = (old: number, oldSize: number, align: number, size: number) => number

const encoder = new TextEncoder()

/** Writes into one guest. */
export class GuestWriter {
  readonly #memory: WebAssembly.Memory
  readonly #realloc: Realloc
  #bytes: Uint8Array
  #view: DataView

  constructor(memory: WebAssembly.Memory, realloc: Realloc) {
    this.#memory = memory
    this.#realloc = realloc
    this.#bytes = new Uint8Array(memory.buffer)
    this.#view = new DataView(memory.buffer)
  }

  bool(at: number, value: boolean): void {
    this.#view.setUint8(at, value ? 1 : 0)
  }

  u8(at: number, value: number): void {
    this.#view.setUint8(at, value)
  }

  u16(at: number, value: number): void {
    this.#view.setUint16(at, value, true)
  }

  u32(at: number, value: number): void {
    this.#view.setUint32(at, value, true)
  }

  u64(at: number, value: bigint): void {
    this.#view.setBigUint64(at, value, true)
  }

  f32(at: number, value: number): void {
    this.#view.setFloat32(at, value, true)
  }

  f64(at: number, value: number): void {
    this.#view.setFloat64(at, value, true)
  }

  char(at: number, value: string): void {
    this.u32(at, value.codePointAt(0) ?? 0)
  }

  string(at: number, text: string): void {
    const length = Buffer.byteLength(text)
    const to = this.allocate(1, length)
    if (length > 0) encoder.encodeInto(text, this.#bytes.subarray(to, to + length))
    this.list(at, to, length)
  }

  /** Where a list lies that has been written, and how many items it has. */
  list(at: number, items: number, length: number): void {
    this.u32(at, items)
    this.u32(at + 4, length)
  }

  /** Bytes to somewhere in the guest, and where they lie. */
  bytes(at: number, bytes: Uint8Array): void {
    this.list(at, this.copy(bytes), bytes.length)
  }

  /** Bytes to somewhere in the guest. */
  copy(bytes: Uint8Array): number {
    const to = this.allocate(1, bytes.length)
    this.#bytes.set(bytes, to)
    return to
  }

  /** Room in the guest; the guest's memory may have grown for it, which takes the old views away. */
  allocate(align: number, size: number): number {
    const at = size === 0 ? align : this.#realloc(0, 0, align, size) >>> 0
    if (this.#view.buffer !== this.#memory.buffer) {
      this.#bytes = new Uint8Array(this.#memory.buffer)
      this.#view = new DataView(this.#memory.buffer)
    }
    if (size === 0) return at
    if (at + size > this.#bytes.length || at % align !== 0) {
      throw new RangeError(`the guest's allocator gave ${at} for ${size} bytes`)
    }
    return at
  }

  /** A fault of the host's own: an event answers an import, and the guest's world has neither. */
  unknownCase(value: never): never {
    throw new Error(`expected a case that the guest's world has, got "${(value as { tag: string }).tag}"`)
  }
}
