/**
 * MIME types as the standard of that name parses and writes them. Pure, and linear in the text's length.
 */

export interface MimeType {
  /** Type and subtype, in lower case. */
  readonly essence: string
  /** By names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const QUOTABLE = /^[\t -~\x80-\xff]*$/

/** Undefined when it is none. */
export function parseMimeType(given: string): MimeType | undefined {
  const text = trimWhite(given)
  const slash = text.indexOf('/')
  if (slash < 0) return undefined
  const end = indexOrEnd(text, ';', slash)
  const type = text.slice(0, slash)
  const subtype = trimWhiteEnd(text.slice(slash + 1, end))
  if (!TOKEN.test(type) || !TOKEN.test(subtype)) return undefined
  return { essence: `${type}/${subtype}`.toLowerCase(), parameters: parseParameters(text, end) }
}

/** `from`: of the first semicolon. `isText`: values may have any characters, and may be empty. */
export function parseParameters(text: string, from: number, isText = false): Map<string, string> {
  const parameters = new Map<string, string>()
  let at = from
  while (at < text.length) {
    // past the semicolon and what is white behind it
    at++
    while (isWhite(text[at])) at++
    const start = at
    while (at < text.length && text[at] !== ';' && text[at] !== '=') at++
    if (text[at] !== '=') continue
    const raw = text.slice(start, at).toLowerCase()
    const name = isText ? trimWhiteEnd(raw) : raw
    at++
    let value: string
    if (text[at] === '"') {
      const quoted = parseQuoted(text, at)
      value = quoted.value
      at = indexOrEnd(text, ';', quoted.end)
    } else {
      const end = indexOrEnd(text, ';', at)
      value = trimWhiteEnd(text.slice(at, end))
      at = end
      if (value === '' && !isText) continue
    }
    const isLegal = isText || (TOKEN.test(name) && QUOTABLE.test(value))
    if (isLegal && !parameters.has(name)) parameters.set(name, value)
  }
  return parameters
}

/** `from`: of the first quotation mark. `end`: behind the last one. */
function parseQuoted(text: string, from: number): { value: string; end: number } {
  let value = ''
  let at = from + 1
  for (; at < text.length && text[at] !== '"'; at++) {
    if (text[at] === '\\' && at + 1 < text.length) at++
    value += text[at]
  }
  return { value, end: at + 1 }
}

/** Of a header that may have several values: the last one counts, and takes its charset from one that is alike. */
export function extractMimeType(header: string): MimeType | undefined {
  let last: MimeType | undefined
  let charset: string | undefined
  for (const value of splitValues(header)) {
    const mime = parseMimeType(value)
    if (mime === undefined || mime.essence === '*/*') continue
    const own = mime.parameters.get('charset')
    if (mime.essence !== last?.essence) charset = own
    else if (own === undefined && charset !== undefined) {
      last = { ...mime, parameters: new Map([...mime.parameters, ['charset', charset]]) }
      continue
    }
    last = mime
  }
  return last
}

export function toMimeText({ essence, parameters }: MimeType): string {
  let text = essence
  for (const [name, value] of parameters) {
    text += `;${name}=${TOKEN.test(value) ? value : `"${value.replaceAll(/["\\]/g, '\\$&')}"`}`
  }
  return text
}

/** At commas that stand in no quotes. */
function splitValues(header: string): string[] {
  const values: string[] = []
  let start = 0
  for (let at = 0; at < header.length; at++) {
    if (header[at] === '"') at = parseQuoted(header, at).end - 1
    else if (header[at] === ',') {
      values.push(header.slice(start, at))
      start = at + 1
    }
  }
  values.push(header.slice(start))
  return values
}

/** Without HTTP's white space around it. */
export function trimWhite(text: string): string {
  let start = 0
  while (isWhite(text[start])) start++
  return trimWhiteEnd(text.slice(start))
}

function trimWhiteEnd(text: string): string {
  let end = text.length
  while (isWhite(text[end - 1])) end--
  return text.slice(0, end)
}

const isWhite = (char: string | undefined) => char === ' ' || char === '\t' || char === '\n' || char === '\r'

function indexOrEnd(text: string, char: string, from: number): number {
  const found = text.indexOf(char, from)
  return found < 0 ? text.length : found
}
