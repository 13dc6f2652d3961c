/**
 * Headers between the lines of wit/wire.wit and the fields of WASI. Values are bytes, one a character. Names that belong to the
 * connection and not to the message stay behind: WASI's hosts refuse them.
 */

import { Fields } from 'wasi:http/types'

const HOP_BY_HOP = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

export interface Lines {
  readonly headers: [name: string, value: string][]
  /** Those that are no headers, by name. */
  readonly others: Readonly<Record<string, string>>
}

const decoder = new TextDecoder()

/** `skip`: lines before the headers, which come first. */
export function parseLines(head: Uint8Array, skip = 0): { readonly first: string[]; readonly lines: Lines } {
  const parts = decoder.decode(head).split('\n')
  const headers: [string, string][] = []
  const others: Record<string, string> = {}
  for (let i = skip; i + 1 < parts.length; i += 2) {
    const [name, value] = [parts[i]!.toLowerCase(), parts[i + 1]!]
    if (name.startsWith(':')) others[name] = value
    else if (!HOP_BY_HOP.has(name)) headers.push([name, value])
  }
  return { first: parts.slice(0, skip), lines: { headers, others } }
}

/** Throws what the host says of a name or value that it does not take. */
export function toFields(headers: readonly [name: string, value: string][]): Fields {
  return Fields.fromList(headers.map(([name, value]) => [name, toBytes(value)]))
}

export function fromFields(fields: Fields): [name: string, value: string][] {
  return fields.entries().map(([name, value]) => [name.toLowerCase(), toText(value)])
}

export const toLines = (headers: readonly [name: string, value: string][]): string =>
  headers.map(([name, value]) => `${name}\n${value}\n`).join('')

export const toBytes = (text: string): Uint8Array =>
  Uint8Array.from(text, (char) => char.charCodeAt(0) & 0xff)

export function toText(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

/** Of what WASI throws. */
export function toMessage(error: unknown): string {
  const { tag, val } = ((error as { payload?: unknown }).payload ?? error ?? {}) as {
    tag?: string
    val?: unknown
  }
  if (tag === undefined) return String(error)
  const text = (val as { toDebugString?(): string } | undefined)?.toDebugString?.() ?? val
  return typeof text === 'string' ? `${tag}: ${text}` : tag
}
