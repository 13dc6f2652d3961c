/**
 * Lines of headers (header-lines.ts) that a guest says: data, which is checked before anybody else gets it. A line whose name
 * begins with a colon is no header (wit/wire.wit). Pure.
 */

import { parseHeaderLines } from './header-lines.ts'

export interface GuestLines {
  /** A list, names as they came. */
  readonly headers: string[]
  /** By name, with the colon. The last one counts. */
  readonly others: ReadonlyMap<string, string>
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const BAD_VALUE = /[^\t\x20-\x7e\x80-\xff]/
const NO_OTHERS: ReadonlyMap<string, string> = new Map()

/** What they say, or in a string why that cannot be known. */
export function readGuestLines(text: string): GuestLines | string {
  const list = parseHeaderLines(text)
  if (list === undefined) return 'expected headers as pairs of name and value, got an odd number of lines'
  const headers: string[] = []
  let others: Map<string, string> | undefined
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = list[i]!
    const value = list[i + 1]!
    if (name.startsWith(':')) {
      others ??= new Map()
      others.set(name, value)
      continue
    }
    if (!TOKEN.test(name)) return `expected a header name, got ${JSON.stringify(name.slice(0, 100))}`
    if (!isHeaderValue(value))
      return `the value of the header ${name.slice(0, 100)} has a character that HTTP does not allow`
    headers.push(name, value)
  }
  return { headers, others: others ?? NO_OTHERS }
}

/** Whether it may stand in a line of a head. */
export function isHeaderValue(text: string): boolean {
  return !BAD_VALUE.test(text)
}
