/**
 * Messages of a conversation as bytes. They come from another guest, and are checked where they are read.
 *
 *     length of what follows (4) | length of the head (4) | head: JSON | value | attachments
 *
 *     ['call', id, target, path, sizes]    call what was passed as `target`, or a member of it; without sizes: read it
 *     ['return', id, sizes]                what came of that call
 *     ['throw', id, sizes]                 what it threw
 *     ['release', target]                  it is not needed any more
 *
 * `sizes`: of the serialized value, and of each of its attachments.
 */

import type { Bytes } from '../../globals/buffer-source.ts'
import { decodeAll, encode, NativeError, parseJson, toJson } from '../../globals/primordials.ts'

/** A value on its way. */
export interface Packed {
  readonly value: Bytes
  /** Bytes that it speaks of. */
  readonly attachments: readonly Bytes[]
}

export type Message =
  | {
      readonly op: 'call'
      readonly id: number
      readonly target: number
      readonly path: readonly string[]
      /** Undefined: it is read, and not called. */
      readonly args: Packed | undefined
    }
  | { readonly op: 'return' | 'throw'; readonly id: number; readonly result: Packed }
  | { readonly op: 'release'; readonly target: number }

/** Largest message, as the host has it. */
export const MOST_BYTES = 32 * 1024 * 1024
const WORD = 4

const isIndex = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0
const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')
const toSizes = ({ value, attachments }: Packed): number[] => [
  value.length,
  ...attachments.map(({ length }) => length),
]

export function encodeMessage(message: Message): Bytes {
  switch (message.op) {
    case 'call': {
      const { op, id, target, path, args } = message
      const head = [op, id, target, path]
      return args === undefined ? encodeFrame(head) : encodeFrame([...head, toSizes(args)], args)
    }
    case 'release':
      return encodeFrame([message.op, message.target])
    default: {
      const { op, id, result } = message
      return encodeFrame([op, id, toSizes(result)], result)
    }
  }
}

function encodeFrame(said: unknown, packed?: Packed): Bytes {
  const head = encode(toJson(said))
  const parts = packed === undefined ? [head] : [head, packed.value, ...packed.attachments]
  const length = WORD + parts.reduce((sum, part) => sum + part.length, 0)
  if (WORD + length > MOST_BYTES) throw tooLarge(length)
  const bytes = new Uint8Array(WORD + length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, length)
  view.setUint32(WORD, head.length)
  let at = 2 * WORD
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function tooLarge(length: number): Error {
  const text = `expected what is passed to a method, or comes of it, to be at most ${MOST_BYTES} bytes when it is serialized, got ${length}; pass a ReadableStream`
  return Object.assign(new NativeError(text), { code: 'CALL_LIMIT' })
}

/** Puts chunks together to messages. */
export class FrameReader {
  #rest: Bytes = new Uint8Array(0)

  /** Throws for what is no message. */
  read(chunk: Bytes): Message[] {
    const messages: Message[] = []
    let bytes = chunk
    if (this.#rest.length > 0) {
      bytes = new Uint8Array(this.#rest.length + chunk.length)
      bytes.set(this.#rest)
      bytes.set(chunk, this.#rest.length)
    }
    let at = 0
    while (bytes.length - at >= WORD) {
      const length = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0)
      if (length < WORD || WORD + length > MOST_BYTES) throw malformed()
      const end = at + WORD + length
      if (end > bytes.length) break
      messages.push(decodeFrame(bytes.subarray(at + WORD, end)))
      at = end
    }
    this.#rest = bytes.slice(at)
    return messages
  }
}

function decodeFrame(bytes: Bytes): Message {
  const headLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  const from = WORD + headLength
  if (from > bytes.length) throw malformed()
  const head = parseJson(decodeAll(bytes.subarray(WORD, from))) as unknown
  if (!Array.isArray(head)) throw malformed()
  const [op, number, second, third, sizes] = head as unknown[]
  if (!isIndex(number)) throw malformed()
  if (op === 'release') return { op, target: number }
  if (op === 'return' || op === 'throw')
    return { op, id: number, result: unpack(bytes.subarray(from), second) }
  if (op !== 'call' || !isIndex(second) || !isTexts(third)) throw malformed()
  const args = sizes === undefined ? undefined : unpack(bytes.subarray(from), sizes)
  return { op, id: number, target: second, path: third, args }
}

function unpack(bytes: Bytes, sizes: unknown): Packed {
  if (!Array.isArray(sizes) || sizes.length === 0 || !sizes.every(isIndex)) throw malformed()
  let at = 0
  const [value, ...attachments] = sizes.map((size) => bytes.subarray(at, (at += size)))
  if (at !== bytes.length) throw malformed()
  return { value: value!, attachments }
}

export function malformed(): Error {
  return new NativeError('expected a message of a conversation between apps, got other bytes')
}
