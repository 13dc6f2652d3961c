/** What a guest and the file of its object say to each other: JSON, LF, and then bytes, one behind the other (wit/durable-storage.wit). */

const LF = 10
const NOTHING = new Uint8Array(0)

export function toMessage(said: unknown, parts: readonly Uint8Array[] = []): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify(said)}\n`), ...parts])
}

/** Throws a `SyntaxError` for what is no JSON. */
export function fromMessage(bytes: Uint8Array): { said: unknown; rest: Uint8Array } {
  const end = bytes.indexOf(LF)
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, end < 0 ? bytes.length : end).toString()
  return { said: JSON.parse(text), rest: end < 0 ? NOTHING : bytes.subarray(end + 1) }
}
