/**
 * What a request with conditions and a range gets of a representation that there is (RFC 9110 13.2.2, 14.2). Several
 * ranges at once are answered as if there were none, which the standard leaves to the server. Pure.
 *
 *     If-Match [412] > If-None-Match, or else If-Modified-Since [304] > If-Range > Range [206, 416] > 200
 */

import { parseHttpDate } from './http-date.ts'
import type { HeaderOf } from './header-values.ts'

/** What is known of the representation. */
export interface Validators {
  /** With its quotes. */
  readonly etag?: string | undefined
  /** Milliseconds since 1970, whole seconds. */
  readonly lastModified?: number | undefined
  /** Bytes. */
  readonly size: number
}

/** `end`: the byte behind the last one. */
export interface Selection {
  readonly status: 200 | 206 | 304 | 412 | 416
  readonly start: number
  readonly end: number
}

/** Headers that ask for one copy of a representation, or for a part of it. */
export const OF_ONE: ReadonlySet<string> = new Set([
  'range',
  'if-range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
])

const RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/i
const WEAK = 'W/'

/** For GET and HEAD. */
export function select(header: HeaderOf, validators: Validators): Selection {
  const { size } = validators
  const all = { start: 0, end: size }
  const none = { start: 0, end: 0 }
  const match = header('if-match')
  if (match !== undefined && !names(match, validators.etag, isSameStrong)) return { status: 412, ...none }
  if (isUnchanged(header, validators)) return { status: 304, ...none }
  const range = header('range')
  if (range === undefined || !isRangeFor(header('if-range'), validators)) return { status: 200, ...all }
  const asked = parseRange(range, size)
  if (asked === undefined) return { status: 200, ...all }
  return asked === 'unsatisfiable' ? { status: 416, ...none } : { status: 206, ...asked }
}

/** The header of a selection that is a part, or of none. */
export function toContentRange({ status, start, end }: Selection, size: number): string | undefined {
  if (status === 416) return `bytes */${size}`
  return status === 206 ? `bytes ${start}-${end - 1}/${size}` : undefined
}

function isUnchanged(header: HeaderOf, { etag, lastModified }: Validators): boolean {
  const noneMatch = header('if-none-match')
  if (noneMatch !== undefined) return names(noneMatch, etag, isSameWeak)
  const since = parseHttpDate(header('if-modified-since') ?? '')
  return lastModified !== undefined && since !== undefined && lastModified <= since
}

function isRangeFor(condition: string | undefined, { etag, lastModified }: Validators): boolean {
  if (condition === undefined) return true
  if (condition.endsWith('"')) return etag !== undefined && isSameStrong(condition, etag)
  return lastModified !== undefined && parseHttpDate(condition) === lastModified
}

function names(list: string, etag: string | undefined, isSame: (a: string, b: string) => boolean): boolean {
  if (list.trim() === '*') return true
  return etag !== undefined && list.split(',').some((each) => isSame(each.trim(), etag))
}

function isSameStrong(a: string, b: string): boolean {
  return a === b && !a.startsWith(WEAK)
}

function isSameWeak(a: string, b: string): boolean {
  return withoutWeak(a) === withoutWeak(b)
}

function withoutWeak(etag: string): string {
  return etag.startsWith(WEAK) ? etag.slice(WEAK.length) : etag
}

/** Undefined: it says nothing that is to be followed. */
function parseRange(
  text: string,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = RANGE.exec(text.trim())
  if (match === null) return undefined
  const [, first = '', last = ''] = match
  if (first === '') {
    const length = Number(last)
    if (last === '') return undefined
    return length === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - length), end: size }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return undefined
  if (start >= size) return 'unsatisfiable'
  return { start, end: last === '' ? size : Math.min(size, Number(last) + 1) }
}
