/**
 * A `multipart/form-data` body as its fields. The engine's own parser writes the bytes of files as decimal numbers.
 * Pure, and linear in the body's length.
 */

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
const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** The boundary that a content type names, if it is `multipart/form-data`. */
export function parseBoundary(type: string): string | undefined {
  if (!/^\s*multipart\/form-data\s*(;|$)/i.test(type)) return undefined
  const found = /;\s*boundary=(?:"([^"]*)"|([^\s;]+))/i.exec(type)
  return found?.[1] ?? found?.[2]
}

/** Throws a TypeError when the bytes are no such form. */
export function parseMultipart(bytes: Uint8Array, boundary: string): Field[] {
  const mark = encoder.encode(`--${boundary}`)
  const fields: Field[] = []
  let at = find(bytes, mark, 0)
  if (at < 0) throw new TypeError('formData: the body does not hold its boundary')
  for (;;) {
    at += mark.length
    if (bytes[at] === DASH && bytes[at + 1] === DASH) return fields
    while (bytes[at] !== LF && at < bytes.length) at++
    const next = findNext(bytes, mark, at + 1)
    if (next < 0) throw new TypeError('formData: the body ends before its last boundary')
    fields.push(parsePart(bytes.subarray(at + 1, next)))
    at = next
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
    const name = line.slice(0, colon).trim().toLowerCase()
    if (name === 'content-disposition') disposition = line.slice(colon + 1)
    else if (name === 'content-type') type = line.slice(colon + 1).trim()
  }
  const name = parameter(disposition, 'name')
  if (name === undefined) throw new TypeError('formData: a part has no name')
  let end = part.length
  if (part[end - 1] === LF) end--
  if (part[end - 1] === CR) end--
  return {
    name,
    filename: parameter(disposition, 'filename'),
    type,
    bytes: part.subarray(at, Math.max(at, end)),
  }
}

const NAME = /;\s*name="([^"]*)"/i
const FILENAME = /;\s*filename="([^"]*)"/i

function parameter(disposition: string, key: 'name' | 'filename'): string | undefined {
  const value = (key === 'name' ? NAME : FILENAME).exec(disposition)?.[1]
  return value?.replaceAll(/%0A|%0D|%22/gi, decodeURIComponent)
}

/** The boundary at the start of a line. */
function findNext(bytes: Uint8Array, mark: Uint8Array, from: number): number {
  for (let at = from; ; at++) {
    at = find(bytes, mark, at)
    if (at < 0 || at === from || bytes[at - 1] === LF) return at
  }
}

/** `indexOf` is native and fast; the loop sees only the places where the first byte fits. */
function find(bytes: Uint8Array, mark: Uint8Array, from: number): number {
  const [first = 0] = mark
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let i = 1
    while (i < mark.length && bytes[at + i] === mark[i]) i++
    if (i === mark.length) return at
  }
  return -1
}
