/** Records as `node:dns` gives them, from the text of zone files (RFC 1035, 5.1). */

import type { Answer } from './over-https.ts'

type Read = (answer: Answer) => unknown

/** A name without the dot of the root. */
const toName = (text: string): string => text.replace(/\.$/, '')

/** The fields of a record. */
const fields = ({ data }: Answer): string[] => data.split(' ')

/** Texts in quotes, or one without. */
function toTexts(data: string): string[] {
  const quoted = data.match(/"(?:[^"\\]|\\.)*"/g)
  return quoted?.map((text) => text.slice(1, -1).replaceAll(/\\(\d{3}|.)/g, unescape)) ?? [data]
}

const unescape = (_: string, char: string): string =>
  char.length === 3 ? String.fromCharCode(Number(char)) : char

export const readText: Read = ({ data }) => data
export const readName: Read = ({ data }) => toName(data)
export const readTexts: Read = ({ data }) => toTexts(data)

export const readMx: Read = (answer) => {
  const [priority, exchange = ''] = fields(answer)
  return { exchange: toName(exchange), priority: Number(priority) }
}

export const readSrv: Read = (answer) => {
  const [priority, weight, port, name = ''] = fields(answer)
  return { name: toName(name), port: Number(port), priority: Number(priority), weight: Number(weight) }
}

export const readSoa: Read = (answer) => {
  const [nsname = '', hostmaster = '', ...numbers] = fields(answer)
  const [serial, refresh, retry, expire, minttl] = numbers.map(Number)
  return { nsname: toName(nsname), hostmaster: toName(hostmaster), serial, refresh, retry, expire, minttl }
}

export const readNaptr: Read = (answer) => {
  const [order, preference] = fields(answer)
  const [flags, service, regexp] = toTexts(answer.data)
  const replacement = toName(fields(answer).at(-1) ?? '')
  return { flags, service, regexp, replacement, order: Number(order), preference: Number(preference) }
}

export const readTlsa: Read = (answer) => {
  const [certUsage, selector, match, ...hex] = fields(answer)
  const bytes = Uint8Array.from(hex.join('').match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
  const numbers = { certUsage: Number(certUsage), selector: Number(selector), match: Number(match) }
  return { ...numbers, data: bytes.buffer }
}

export const readCaa: Read = (answer) => {
  const bytes = toBytes(answer.data)
  if (bytes === undefined) {
    const [critical, tag = ''] = fields(answer)
    return { critical: Number(critical), [tag]: toTexts(answer.data)[0] }
  }
  // a flag, the length of the tag, the tag, the value (RFC 8659, 4.1)
  const [critical = 0, length = 0] = bytes
  const text = String.fromCharCode(...bytes.slice(2))
  return { critical, [text.slice(0, length)]: text.slice(length) }
}

/** Of a record that the server does not know: `\# 19 00 05 69 ...` (RFC 3597). */
function toBytes(data: string): number[] | undefined {
  if (!data.startsWith(String.raw`\#`)) return undefined
  return data
    .slice(2)
    .trim()
    .split(/\s+/)
    .slice(1)
    .map((byte) => Number.parseInt(byte, 16))
}
