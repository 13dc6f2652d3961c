/**
 * `data:` URLs as the Fetch standard reads them. Pure, and linear in the URL's length.
 */

import { parseMimeType, toMimeText, trimWhite } from './mime-type.ts'

export interface DataUrl {
  /** Of the content. */
  readonly type: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

const DEFAULT_TYPE = 'text/plain;charset=US-ASCII'
const BASE64 = /; *base64$/i
const PERCENT = 37
const encoder = new TextEncoder()
const decodeBase64 = atob

/** `url`: as a URL writes itself. Undefined when it is no such URL. */
export function parseDataUrl(url: string): DataUrl | undefined {
  const comma = url.indexOf(',')
  if (comma < 0) return undefined
  const hash = url.indexOf('#')
  const end = hash < 0 ? url.length : hash
  if (comma >= end) return undefined
  let type = trimWhite(url.slice('data:'.length, comma))
  let bytes = decodePercents(url.slice(comma + 1, end))
  const base64 = BASE64.exec(type)
  if (base64 !== null) {
    const decoded = fromBase64(bytes)
    if (decoded === undefined) return undefined
    bytes = decoded
    type = type.slice(0, base64.index)
  }
  const mime = parseMimeType(type.startsWith(';') ? `text/plain${type}` : type)
  return { type: mime === undefined ? DEFAULT_TYPE : toMimeText(mime), bytes }
}

function decodePercents(text: string): Uint8Array<ArrayBuffer> {
  const bytes = encoder.encode(text)
  let to = bytes.indexOf(PERCENT)
  if (to < 0) return bytes
  for (let from = to; from < bytes.length; from++, to++) {
    const code = bytes[from] === PERCENT ? 16 * hex(bytes[from + 1]) + hex(bytes[from + 2]) : -1
    bytes[to] = code >= 0 ? code : (bytes[from] as number)
    if (code >= 0) from += 2
  }
  return bytes.subarray(0, to)
}

/** So little that nothing makes up for it when it is no digit. */
const NO_DIGIT = -1000

function hex(code = 0): number {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : NO_DIGIT
}

function fromBase64(encoded: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  let text: string
  try {
    text = decodeBase64(new TextDecoder().decode(encoded))
  } catch {
    return undefined
  }
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}
