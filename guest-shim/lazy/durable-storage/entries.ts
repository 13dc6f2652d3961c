/** Keys and values of a Durable Object's storage, as the host takes and gives them. */

import { askStorage } from '../../bindings/durable-storage.ts'
import type { Bytes } from '../../globals/buffer-source.ts'
import { NativeTypeError } from '../../globals/primordials.ts'
import { loadSerializer } from '../../globals/serialize.ts'
import { isObject, toScalarText } from '../../globals/web-idl.ts'

interface ListGiven {
  readonly start?: unknown
  readonly startAfter?: unknown
  readonly end?: unknown
  readonly prefix?: unknown
  readonly reverse?: unknown
  readonly limit?: unknown
}

type Entry = [key: string, value: unknown]

export const toKey = toScalarText

/** Undefined: there is none. */
export function getOne(key: string): unknown {
  const { said, rest } = askStorage('get', [key])
  return (said as number[])[0] === -1 ? undefined : loadSerializer().deserialize(rest)
}

/** Those that there are, in the order of their keys. */
export function getMany(given: readonly unknown[]): Map<string, unknown> {
  const keys = [...new Set(given.map(toKey))]
  const { said, rest } = askStorage('get', keys)
  const entries = toEntries(keys, said as number[], rest)
  return new Map(entries.sort(([a], [b]) => compare(a, b)))
}

export function listEntries(given: unknown, owner: string): Entry[] {
  const { said, rest } = askStorage('entries', toListing(given, owner))
  const [keys, lengths] = said as [string[], number[]]
  return toEntries(keys, lengths, rest)
}

export function putEntries(entries: readonly (readonly [key: string, value: unknown])[]): void {
  if (entries.length === 0) return
  const { serialize } = loadSerializer()
  const values: Bytes[] = entries.map(([, value]) => serialize(value))
  askStorage(
    'put',
    entries.map(([key], i) => [toKey(key), values[i]!.length]),
    values,
  )
}

/** How many there were. */
export function remove(keys: readonly string[]): number {
  return askStorage('delete', keys).said as number
}

function toEntries(keys: readonly string[], lengths: readonly number[], bytes: Uint8Array): Entry[] {
  const { deserialize } = loadSerializer()
  const entries: Entry[] = []
  let at = 0
  for (let i = 0; i < keys.length; i++) {
    const length = lengths[i]!
    if (length < 0) continue
    entries.push([keys[i]!, deserialize(bytes.subarray(at, at + length))])
    at += length
  }
  return entries
}

function toListing(given: unknown, owner: string) {
  if (given !== undefined && given !== null && !isObject(given))
    throw new NativeTypeError(
      `Failed to execute 'list' on '${owner}': parameter 1 is not of type 'ListOptions'.`,
    )
  const { start, startAfter, end, prefix, reverse, limit } = (given ?? {}) as ListGiven
  if (start !== undefined && startAfter !== undefined)
    throw new NativeTypeError('list() cannot be called with both start and startAfter values.')
  return {
    start: toOptional(start),
    startAfter: toOptional(startAfter),
    end: toOptional(end),
    prefix: toOptional(prefix),
    reverse: Boolean(reverse),
    limit: limit === undefined ? undefined : toLimit(limit),
  }
}

const toOptional = (given: unknown): string | undefined => (given === undefined ? undefined : toKey(given))

function toLimit(given: unknown): number {
  const limit = Math.trunc(Number(given))
  if (limit > 0) return Math.min(limit, Number.MAX_SAFE_INTEGER)
  throw new NativeTypeError('List limit must be positive.')
}

/** In the order of their UTF-8, which is that of code points. */
function compare(a: string, b: string): number {
  const [left, right] = [a[Symbol.iterator](), b[Symbol.iterator]()]
  for (;;) {
    const [x, y] = [left.next(), right.next()]
    if (x.done === true || y.done === true) return Number(y.done ?? false) - Number(x.done ?? false)
    if (x.value !== y.value) return x.value.codePointAt(0)! - y.value.codePointAt(0)!
  }
}
