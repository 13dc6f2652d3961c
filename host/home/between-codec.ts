/**
 * What shards say to each other (messages.ts) as bytes, where they are threads of two hosts. What comes is read as a stranger's: it has the
 * form of such a message, or is none. Pure.
 *
 *     | length, 4 bytes | JSON, in which bytes are { "$": their place } | length, 4 bytes | bytes | ...
 */

import { isErrorCode } from '../errors.ts'
import { parseHeaderLines } from '../http/header-lines.ts'
import { MOST_LINES } from './batch.ts'
import type { Between } from './messages.ts'

const LENGTH_BYTES = 4
const MOST_MESSAGES = 10_000
const ID = /^[\w.:-]{1,128}$/
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/

export function encodeBetween(messages: readonly Between[]): Uint8Array {
  const bytes: Uint8Array[] = []
  const json = JSON.stringify(messages, (_, value: unknown) =>
    value instanceof Uint8Array ? { $: bytes.push(value) - 1 } : value,
  )
  return Buffer.concat([Buffer.from(json), ...bytes].flatMap((each) => [toLength(each.length), each]))
}

/** Throws for what is none. */
export function decodeBetween(frame: Uint8Array): readonly Between[] {
  const [json, ...bytes] = split(frame)
  const messages: unknown = JSON.parse(Buffer.from(json ?? []).toString(), (_, value: unknown) =>
    isPlace(value) ? bytes[value.$] : value,
  )
  if (!Array.isArray(messages) || messages.length > MOST_MESSAGES) throw new Error('expected messages')
  for (const message of messages)
    if (!isBetween(message)) throw new Error('expected a message between shards')
  return messages as Between[]
}

function toLength(length: number): Buffer {
  const head = Buffer.alloc(LENGTH_BYTES)
  head.writeUInt32LE(length)
  return head
}

function split(frame: Uint8Array): Uint8Array[] {
  const all = Buffer.from(frame.buffer, frame.byteOffset, frame.length)
  const parts: Uint8Array[] = []
  for (let at = 0; at < all.length;) {
    const end = at + LENGTH_BYTES + all.readUInt32LE(at)
    if (end > all.length) throw new Error('expected as many bytes as it says')
    // in a buffer of their own
    parts.push(new Uint8Array(all.subarray(at + LENGTH_BYTES, end)))
    at = end
  }
  return parts
}

type Check = (value: unknown) => boolean
type Shape = Readonly<Record<string, Check>>

const isText: Check = (value) => typeof value === 'string'
const isFlag: Check = (value) => typeof value === 'boolean'
const isBytes: Check = (value) => value instanceof Uint8Array
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const isCounts: Check = (value) => Array.isArray(value) && value.length <= MOST_LINES && value.every(isCount)
const isAmount: Check = (value) => typeof value === 'number' && value >= 0
const isStatus: Check = (value) => isCount(value) && (value as number) >= 100 && (value as number) <= 599
const orNone =
  (check: Check): Check =>
  (value) =>
    value === undefined || value === null || check(value)
const matches =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value)
const has =
  (shape: Shape): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(shape).every(([name, check]) => check((value as Readonly<Record<string, unknown>>)[name]))

const cost = has({ cpuMs: isAmount, isCold: isFlag })
const call = has({
  app: isText,
  called: isText,
  entrypoint: isText,
  props: isText,
  depth: isCount,
  message: orNone(isBytes),
})
const object = has({
  className: isText,
  id: matches(/^[0-9a-f]{64}$/),
  name: orNone(isText),
})
const head = has({
  id: matches(ID),
  client: isText,
  method: matches(METHOD),
  url: (value) => typeof value === 'string' && URL.canParse(value),
  headers: (value) => typeof value === 'string' && parseHeaderLines(value) !== undefined,
  hasBody: isFlag,
  smallBody: orNone(isBytes),
  call,
})
const trace = has({
  traceId: matches(/^[0-9a-f]{32}$/),
  spanId: matches(/^[0-9a-f]{16}$/),
  isSampled: isFlag,
})
const end = has({ code: isCount, reason: isText })

/** By type: what it has besides its number; those about WebSockets have several. */
const SHAPES: Readonly<Record<string, Shape>> = {
  bye: {},
  request: { head, object: orNone(object), isUpgrade: isFlag, trace: orNone(trace) },
  chunk: { bytes: isBytes, isLast: isFlag },
  broken: { text: isText },
  taken: { bytes: isCount },
  gone: {},
  pull: {},
  cancel: {},
  'no-retry': {},
  threw: { error: isText },
  start: { status: isStatus, headers: isBytes, cost },
  upgrade: { headers: isBytes, cost },
  write: { bytes: isBytes },
  send: { status: isStatus, headers: isBytes, body: isBytes, cost },
  finish: { cost },
  fail: {
    code: (value) => typeof value === 'string' && isErrorCode(value),
    retryMs: orNone(isAmount),
    cost,
  },
  'line-message': { numbers: isCounts, isToHome: isFlag, isText: isFlag, bytes: isBytes },
  'line-taken': { numbers: isCounts, isToHome: isFlag, bytes: isCount },
  'line-closed': { numbers: isCounts, isToHome: isFlag, end },
}

function isBetween(message: unknown): boolean {
  if (typeof message !== 'object' || message === null) return false
  const { type, number } = message as { type?: unknown; number?: unknown }
  const shape = typeof type === 'string' && Object.hasOwn(SHAPES, type) ? SHAPES[type] : undefined
  const isNumbered = type === 'bye' || shape?.['numbers'] !== undefined || isCount(number)
  return shape !== undefined && isNumbered && has(shape)(message)
}

function isPlace(value: unknown): value is { $: number } {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length === 1 &&
    isCount((value as { $?: unknown }).$)
  )
}
