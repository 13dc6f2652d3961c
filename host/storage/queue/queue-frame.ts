/**
 * What a host of a fleet sends to another one for a queue, as bytes. What comes is read as a stranger's: it is messages as an app may send them, or
 * nothing. Pure.
 *
 *     | length, 4 bytes | JSON: limits, and of each message type, delay, length | body | body | ...
 */

import type { NewMessage, SendLimits } from './queue-store.ts'

export interface QueueFrame {
  readonly messages: readonly NewMessage[]
  readonly limits: SendLimits
}

const LENGTH_BYTES = 4
const MOST_MESSAGES = 100
const MOST_DELAY_MS = 86_400_000
const TYPE = /^[a-z0-9]{1,16}$/

interface Head {
  readonly limits: SendLimits
  readonly messages: readonly { readonly type: string; readonly delayMs: number; readonly length: number }[]
}

export function encodeQueueFrame({ messages, limits }: QueueFrame): Uint8Array {
  const heads = messages.map(({ type, delayMs, body }) => ({ type, delayMs, length: body.length }))
  const json = Buffer.from(JSON.stringify({ limits, messages: heads } satisfies Head))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32LE(json.length)
  return Buffer.concat([length, json, ...messages.map(({ body }) => body)])
}

/** Throws for what is none. */
export function decodeQueueFrame(frame: Uint8Array): QueueFrame {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.length)
  let at = LENGTH_BYTES + bytes.readUInt32LE(0)
  const head: unknown = JSON.parse(bytes.subarray(LENGTH_BYTES, at).toString())
  if (at > bytes.length || !isHead(head)) throw new Error('expected messages of a queue')
  const messages = head.messages.map(({ type, delayMs, length }) => {
    const body = new Uint8Array(bytes.subarray(at, (at += length)))
    if (body.length !== length) throw new Error('expected as many bytes as it says')
    return { type, delayMs, body }
  })
  const { mostBytes, retentionMs } = head.limits
  return { messages, limits: { mostBytes, retentionMs } }
}

function isHead(value: unknown): value is Head {
  const { limits, messages } = toObject(value)
  const { mostBytes, retentionMs } = toObject(limits)
  return (
    isCount(mostBytes) &&
    isCount(retentionMs) &&
    Array.isArray(messages) &&
    messages.length <= MOST_MESSAGES &&
    messages.every((each) => {
      const { type, delayMs, length } = toObject(each)
      const isDelay = isCount(delayMs) && (delayMs as number) <= MOST_DELAY_MS
      return typeof type === 'string' && TYPE.test(type) && isDelay && isCount(length)
    })
  )
}

function toObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
