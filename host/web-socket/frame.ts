/**
 * A message as a server writes it (RFC 6455, 5.2): without a mask, so that one frame serves all connections that it goes to. It is made
 * once for a message. Pure.
 *
 *     | FIN, opcode | length: 7 bits, or 126 and 16 bits, or 127 and 64 bits | payload |
 */

import type { Message } from './line.ts'

const TEXT = 0x81
const BINARY = 0x82
const MOST_IN_7_BITS = 125
const MOST_IN_16_BITS = 0xffff
/** Of more bytes, a copy would take longer than one thing more to write. */
const MOST_COPIED = 4096

const known = new WeakMap<Message, readonly Uint8Array[]>()

/** Its parts, in order. */
export function toFrame(message: Message): readonly Uint8Array[] {
  const before = known.get(message)
  if (before !== undefined) return before
  const { bytes } = message
  const head = toHead(message)
  const parts = bytes.length > MOST_COPIED ? [head, bytes] : [Buffer.concat([head, bytes])]
  known.set(message, parts)
  return parts
}

function toHead({ isText, bytes: { length } }: Message): Buffer {
  const opcode = isText ? TEXT : BINARY
  if (length <= MOST_IN_7_BITS) return Buffer.from([opcode, length])
  const isShort = length <= MOST_IN_16_BITS
  const head = Buffer.alloc(isShort ? 4 : 10)
  head[0] = opcode
  head[1] = isShort ? 126 : 127
  if (isShort) head.writeUInt16BE(length, 2)
  else head.writeBigUInt64BE(BigInt(length), 2)
  return head
}
