/** What of a kept response's head is the same for all who get it, made once. */

import { parseHttpDate } from '../http/http-date.ts'
import { toHeaderLines, toValues } from '../http/header-lines.ts'

/** Said anew with each answer. */
const REPLACED: ReadonlySet<string> = new Set(['content-length', 'content-range', 'age', 'cf-cache-status'])
const encoder = new TextEncoder()

export class KeptHead {
  /** Its headers, but for those that are said anew. */
  readonly lines: string
  readonly etag: string | undefined
  /** Milliseconds since 1970. */
  readonly lastModified: number | undefined
  /** For a second it is the same. */
  #last: { readonly lines: string; readonly bytes: Uint8Array } | undefined

  /** `list`: its headers (http/header-lines.ts). */
  constructor(list: readonly string[]) {
    let lines = ''
    for (let i = 0; i + 1 < list.length; i += 2) {
      if (!REPLACED.has(list[i]!.toLowerCase())) lines += toHeaderLines(list[i]!, list[i + 1]!)
    }
    this.lines = lines
    this.etag = toValue(list, 'etag')
    this.lastModified = parseHttpDate(toValue(list, 'last-modified') ?? '')
  }

  /** Lines that begin with these, as bytes. They are not to be written to. */
  encode(lines: string): Uint8Array {
    if (this.#last?.lines !== lines) this.#last = { lines, bytes: encoder.encode(lines) }
    return this.#last.bytes
  }
}

function toValue(list: readonly string[], name: string): string | undefined {
  const values = toValues(list, name)
  return values.length === 0 ? undefined : values.join(', ')
}
