/**
 * Questions to name servers, as Workers ask them: by a fetch, in the JSON of DNS over HTTPS, which the app's egress policy lets
 * go or does not.
 */

import { coded } from '../http/coded.ts'

const SERVER = 'https://cloudflare-dns.com/dns-query'
const JSON_TYPE = 'application/dns-json'
/** Of types whose records are looked at; by them the chain of aliases before an answer is told apart from it. */
const NUMBERS = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  TLSA: 52,
  CAA: 257,
} as const
export type RecordType = keyof typeof NUMBERS

export interface Answer {
  readonly data: string
  readonly ttl: number
}

interface Response {
  readonly Status?: number
  readonly Answer?: readonly { readonly type: number; readonly TTL: number; readonly data: string }[]
}

/** What a server says is wrong (RFC 1035, 4.1.1), as c-ares calls it. */
const FAILURES: Readonly<Record<number, string>> = {
  1: 'EFORMERR',
  2: 'ESERVFAIL',
  3: 'ENOTFOUND',
  4: 'ENOTIMP',
  5: 'EREFUSED',
}

export function dnsError(code: string, syscall: string, hostname: string, cause?: unknown): Error {
  const made = new Error(`${syscall} ${code} ${hostname}`, cause === undefined ? {} : { cause })
  return Object.assign(coded(code, made), { syscall, hostname })
}

/** The records of a name; at least one. */
export async function ask(hostname: string, type: RecordType, syscall: string): Promise<Answer[]> {
  const { Status = 0, Answer: all = [] } = await send(hostname, type, syscall)
  const failure = FAILURES[Status]
  if (failure !== undefined) throw dnsError(failure, syscall, hostname)
  const answers = all.filter((each) => each.type === NUMBERS[type])
  if (answers.length === 0) throw dnsError('ENODATA', syscall, hostname)
  return answers.map(({ data, TTL }) => ({ data, ttl: TTL }))
}

async function send(name: string, type: RecordType, syscall: string): Promise<Response> {
  const url = `${SERVER}?${String(new URLSearchParams({ name, type }))}`
  let answer: globalThis.Response
  try {
    answer = await fetch(url, { headers: { accept: JSON_TYPE } })
  } catch (error) {
    throw dnsError('ECONNREFUSED', syscall, name, error)
  }
  try {
    if (answer.ok) return (await answer.json()) as Response
  } catch (error) {
    throw dnsError('EBADRESP', syscall, name, error)
  }
  throw dnsError('EBADRESP', syscall, name)
}
