/**
 * A `multipart/form-data` body as its fields. The engine's own parser writes the bytes of files as decimal numbers.
 *
 * Pure, and linear in the body's length whatever body and boundary say, for a client chooses both. What is searched for
 * is a line feed with the boundary behind it. It holds no second line feed, so that what matched in part holds no
 * beginning of another match, and the search goes on where it stopped.
 */

import { type MimeType, parseParameters, trimWhite } from './mime-type.ts'

export interface Field {
  name: string
  /** Present when the field is a file. */
  filename: string | undefined
  type: string
  bytes: Uint8Array
}

const LF = 10
const CR = 13
const DASH = 45
const TAB = 9
const SPACE = 32
const NONE: ReadonlyMap<string, string> = new Map()
const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** RFC 2046, 5.1.1: one to seventy characters of these, the last of them no space. */
const BOUNDARY = /^[\w'()+,\-./:=? ]{0,69}[\w'()+,\-./:=?]$/

/** The boundary that a content type names. Throws a TypeError when it names no legal one. */
export function parseBoundary({ parameters }: MimeType): string {
  const boundary = parameters.get('boundary')
  if (boundary === undefined) throw new TypeError('formData: the content type names no boundary')
  if (!BOUNDARY.test(boundary)) {
    throw new TypeError('formData: expected a boundary of 1 to 70 characters that RFC 2046 allows')
  }
  return boundary
}

/** Throws a TypeError when the bytes are no such form. */
export function parseMultipart(bytes: Uint8Array, boundary: string): Field[] {
  const mark = encoder.encode(`\n--${boundary}`)
  const fields: Field[] = []
  let line = findBoundary(bytes, mark, -1)
  for (;;) {
    if (line === undefined) throw new TypeError('formData: the body ends before its last boundary')
    if (line.isLast) return fields
    const next = findBoundary(bytes, mark, line.end)
    if (next !== undefined) fields.push(parsePart(bytes.subarray(line.end + 1, next.start + 1)))
    line = next
  }
}

/** A line with the boundary: `start` is the line feed before it, `end` the one behind it. */
interface BoundaryLine {
  readonly start: number
  readonly end: number
  readonly isLast: boolean
}

/** The first one whose line feed is at `from` or later; one before the first byte counts as a line feed. */
function findBoundary(bytes: Uint8Array, mark: Uint8Array, from: number): BoundaryLine | undefined {
  let start = from
  for (;;) {
    let at = start + 1
    let matched = 1
    while (matched < mark.length && bytes[at] === mark[matched]) {
      at++
      matched++
    }
    if (matched === mark.length) {
      if (bytes[at] === DASH && bytes[at + 1] === DASH) return { start, end: at + 2, isLast: true }
      while (bytes[at] === SPACE || bytes[at] === TAB || bytes[at] === CR) at++
      if (bytes[at] === LF) return { start, end: at, isLast: false }
    }
    start = bytes.indexOf(LF, at)
    if (start < 0) return undefined
  }
}

/** One part, with the line end that belongs to the boundary after it. */
function parsePart(part: Uint8Array): Field {
  let disposition = ''
  let type = ''
  let at = 0
  for (;;) {
    const end = part.indexOf(LF, at)
    if (end < 0) throw new TypeError('formData: a part has no end of its headers')
    const line = decoder.decode(part.subarray(at, part[end - 1] === CR && end > at ? end - 1 : end))
    at = end + 1
    if (line === '') break
    const colon = line.indexOf(':')
    const name = trimWhite(line.slice(0, colon)).toLowerCase()
    if (name === 'content-disposition') disposition = line.slice(colon + 1)
    else if (name === 'content-type') type = trimWhite(line.slice(colon + 1))
  }
  const { name, filename } = parseDisposition(disposition)
  if (name === undefined) throw new TypeError('formData: a part has no name')
  const end = part.length - (part.at(-2) === CR ? 2 : 1)
  const bytes = part.subarray(at, Math.max(at, end))
  return { name, filename, type: type === '' && filename !== undefined ? 'text/plain' : type, bytes }
}

/** Their values are quoted, or not, or encoded as in RFC 8187 for a name with a star. */
function parseDisposition(text: string): { name: string | undefined; filename: string | undefined } {
  const semicolon = text.indexOf(';')
  const parameters = semicolon < 0 ? NONE : parseParameters(text, semicolon, true)
  return { name: read(parameters, 'name'), filename: read(parameters, 'filename') }
}

function read(parameters: ReadonlyMap<string, string>, key: 'name' | 'filename'): string | undefined {
  const encoded = /^(utf-8|iso-8859-1)'[^']*'(.*)$/i.exec(parameters.get(`${key}*`) ?? '')
  const text = encoded === null ? undefined : decodeExtended(encoded[1] ?? '', encoded[2] ?? '')
  return text ?? parameters.get(key)?.replaceAll(/%0A|%0D|%22/gi, decodeURIComponent)
}

function decodeExtended(charset: string, text: string): string | undefined {
  try {
    if (charset.toLowerCase() === 'utf-8') return decodeURIComponent(text)
    return text.replaceAll(/%([\da-f]{2})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
  } catch {
    return undefined
  }
}
