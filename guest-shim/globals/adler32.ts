/** The checksum of zlib's format (RFC 1950). Pure. */

const MODULUS = 65_521
/** So many bytes can be added before the sums no longer fit in 32 bits. */
const RUN = 5552

export class Adler32 {
  #a = 1
  #b = 0

  add(bytes: Uint8Array): void {
    let a = this.#a
    let b = this.#b
    for (let at = 0; at < bytes.length;) {
      const end = at + RUN < bytes.length ? at + RUN : bytes.length
      for (; at < end; at++) {
        a += bytes[at] as number
        b += a
      }
      a %= MODULUS
      b %= MODULUS
    }
    this.#a = a
    this.#b = b
  }

  get value(): number {
    return this.#b * 65_536 + this.#a
  }
}
