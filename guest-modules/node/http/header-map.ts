/** Headers as `node:http` keeps them: by their names in lower case, each with the name that was set. */

import { coded } from './coded.ts'

export type HeaderValue = number | string | readonly string[]
export type HeaderInput = Readonly<Record<string, HeaderValue | undefined>> | readonly unknown[]

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/
// oxlint-disable-next-line no-control-regex -- which characters a value may not have
const WRONG_VALUE = /[^\t\u0020-\u007E\u0080-\u00FF]/

/** Of which a message has one, the first. */
const ONCE = new Set([
  'age',
  'authorization',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'user-agent',
])

export function validateHeaderName(name: string): void {
  if (typeof name !== 'string' || !TOKEN.test(name))
    throw coded('ERR_INVALID_HTTP_TOKEN', new TypeError(`Header name must be a valid HTTP token ["${name}"]`))
}

export function validateHeaderValue(name: string, value: HeaderValue | undefined): void {
  if (value === undefined)
    throw coded(
      'ERR_HTTP_INVALID_HEADER_VALUE',
      new TypeError(`Invalid value "undefined" for header "${name}"`),
    )
  if (WRONG_VALUE.test(String(value)))
    throw coded('ERR_INVALID_CHAR', new TypeError(`Invalid character in header content ["${name}"]`))
}

/** Those that an app sets. */
export class HeaderMap {
  readonly #entries = new Map<string, { readonly name: string; readonly value: HeaderValue }>()

  set(name: string, value: HeaderValue): void {
    validateHeaderName(name)
    if (Array.isArray(value)) for (const each of value) validateHeaderValue(name, each)
    else validateHeaderValue(name, value)
    this.#entries.set(name.toLowerCase(), { name, value })
  }

  append(name: string, value: string | readonly string[]): void {
    const before = this.get(name)
    this.set(name, before === undefined ? value : [...toList(before), ...toList(value)])
  }

  /** All of an object, of a list of names and values in turn, or of a list of pairs. */
  setAll(input: HeaderInput): void {
    if (!Array.isArray(input)) {
      for (const [name, value] of Object.entries(input))
        if (value !== undefined) this.set(name, value as HeaderValue)
    } else if (Array.isArray(input[0])) {
      for (const [name, value] of input as [string, string][]) this.append(name, value)
    } else {
      for (let i = 0; i + 1 < input.length; i += 2) this.append(String(input[i]), input[i + 1] as string)
    }
  }

  get(name: string): HeaderValue | undefined {
    return this.#entries.get(name.toLowerCase())?.value
  }

  has(name: string): boolean {
    return this.#entries.has(name.toLowerCase())
  }

  delete(name: string): void {
    this.#entries.delete(name.toLowerCase())
  }

  names(): string[] {
    return [...this.#entries.keys()]
  }

  rawNames(): string[] {
    return [...this.#entries.values()].map(({ name }) => name)
  }

  toObject(): Record<string, HeaderValue> {
    const object = Object.create(null) as Record<string, HeaderValue>
    for (const [name, { value }] of this.#entries) object[name] = value
    return object
  }

  toHeaders(): Headers {
    const headers = new Headers()
    for (const { name, value } of this.#entries.values())
      for (const each of toList(value)) headers.append(name, each)
    return headers
  }
}

/** Headers of a message that came, as `headers`, `headersDistinct` and `rawHeaders` have them. */
export function toReceived(headers: Headers): {
  readonly headers: Record<string, string | string[]>
  readonly distinct: Record<string, string[]>
  readonly raw: string[]
} {
  const joined: Record<string, string | string[]> = {}
  const distinct = Object.create(null) as Record<string, string[]>
  const raw: string[] = []
  for (const [name, value] of headers) {
    raw.push(name, value)
    ;(distinct[name] ??= []).push(value)
    const before = joined[name]
    if (name === 'set-cookie') joined[name] = [...((before as string[] | undefined) ?? []), value]
    else if (before === undefined) joined[name] = value
    else if (!ONCE.has(name)) joined[name] = `${before as string}${name === 'cookie' ? '; ' : ', '}${value}`
  }
  return { headers: joined, distinct, raw }
}

const toList = (value: HeaderValue): readonly string[] =>
  Array.isArray(value) ? (value as readonly string[]) : [String(value)]
