/**
 * The heads of outbound fetches: what a guest asked for and what came back, between the lines of wit/outbound.wit
 * and pairs of name and value. Pure. The framing of a message is never the guest's to decide, in either direction.
 */
import { CDN_LOOP } from '../http/cdn-loop.ts'
import { parseHeaderLines, toHeaderLines } from '../http/header-lines.ts'
import { isHopByHop } from '../http/hop-by-hop.ts'

/** A fetch as the guest asked for it. */
export interface OutboundHead {
  readonly method: string
  readonly url: string
  readonly headers: [string, string][]
  /** Bytes that a streamed body is going to have, if the guest knows. */
  readonly length: string | undefined
  /** JSON: how the answer is to be kept (host/cache/fetch-rule.ts). */
  readonly cf: string | undefined
  /** It asks for a WebSocket. */
  readonly isUpgrade: boolean
}

/** Of the message's own headers those that the host decides. */
const DECIDED = new Set([CDN_LOOP, 'content-length', 'expect', 'host'])

/**
 * What a proxy says about its client. Whoever is asked may believe it because it comes from this machine, so it is not
 * an app's to say.
 */
const ABOUT_CLIENT = /^(?:x-forwarded(?:-.*)?|forwarded|x-real-ip|true-client-ip|cf-connecting-ip(?:v6)?)$/

const MIB = 1024 * 1024

/** Codings that the dialer takes off, with the bytes that it may have to hold of what it has unpacked. */
const DECODED: ReadonlyMap<string, number> = new Map([
  ['gzip', 32 * 1024],
  ['x-gzip', 32 * 1024],
  ['deflate', 32 * 1024],
  ['br', 16 * MIB],
  ['zstd', 8 * MIB],
])

/** The codings that are asked for, whatever the app asks: the ones that cost the host little. */
const ASKED: ReadonlySet<string> = new Set(['gzip', 'deflate'])

const ACCEPT_ENCODING = 'accept-encoding'

/** No headers: they have a colon before their names. */
const LENGTH = ':length'
const CF = ':cf'

const UPGRADE = 'upgrade'

/** A longer head is none. */
const MAX_HEAD_BYTES = 128 * 1024

/** More headers are none either: each costs the host many times its bytes. */
const MAX_HEADERS = 500

/** Whether a header belongs to the connection, the framing or a proxy and not to the guest. */
function isOwn(name: string): boolean {
  return isHopByHop(name) || DECIDED.has(name) || ABOUT_CLIENT.test(name)
}

/** Read a guest's head; `undefined` when it is not one. */
export function parseOutboundHead(bytes: Uint8Array): OutboundHead | undefined {
  if (bytes.length > MAX_HEAD_BYTES) return undefined
  const [method, url, ...list] = parseHeaderLines(new TextDecoder().decode(bytes)) ?? []
  if (method === undefined || url === undefined) return undefined
  const { protocol, username, password } = URL.parse(url) ?? {}
  if (protocol !== 'http:' && protocol !== 'https:') return undefined
  if (username !== '' || password !== '') return undefined
  if (list.length > 2 * MAX_HEADERS) return undefined
  const headers: [string, string][] = []
  let length: string | undefined
  let cf: string | undefined
  let isUpgrade = false
  for (let i = 0; i + 1 < list.length; i += 2) {
    const [name, value] = [list[i]!, list[i + 1]!]
    const lower = name.toLowerCase()
    if (lower === LENGTH) length = /^\d{1,15}$/.test(value) ? value : undefined
    else if (lower === CF) cf = value
    else if (lower === UPGRADE) isUpgrade = method === 'GET' && value.toLowerCase() === 'websocket'
    else if (lower === ACCEPT_ENCODING) headers.push([lower, toAsked(value)])
    else if (!isOwn(lower)) headers.push([name, value])
  }
  return { method, url, headers: withAsked(headers), length, cf, isUpgrade }
}

/** What an app is taken to accept when it does not say. Part of something has to be part of it as it is. */
function withAsked(headers: [string, string][]): [string, string][] {
  const has = (wanted: string): boolean => headers.some(([name]) => name.toLowerCase() === wanted)
  if (has(ACCEPT_ENCODING)) return headers
  return [...headers, [ACCEPT_ENCODING, has('range') ? 'identity' : [...ASKED].join(', ')]]
}

function toAsked(value: string): string {
  const asked = value.split(',').filter((each) => ASKED.has(toCoding(each.split(';')[0] ?? '')))
  return asked.length === 0 ? 'identity' : asked.map((each) => each.trim()).join(', ')
}

/** Bytes that the host may have to hold to unpack an answer. */
export function toUnpackBytes(headers: Iterable<[string, string]>): number {
  let bytes = 0
  for (const [name, value] of headers) {
    if (name !== 'content-encoding') continue
    for (const coding of value.split(',')) bytes += DECODED.get(toCoding(coding)) ?? 0
  }
  return bytes
}

/** An answer's headers for the guest, without those that are no longer true of the decoded body. */
export function toAnswerHeaders(headers: Iterable<[string, string]>, isDecodable: boolean): string {
  const list = [...headers]
  const coding = list.find(([name]) => name === 'content-encoding')?.[1]
  const isDecoded =
    isDecodable && coding !== undefined && coding.split(',').every((c) => DECODED.has(toCoding(c)))
  let lines = ''
  for (const [name, value] of list) {
    if (isDecoded && (name === 'content-encoding' || name === 'content-length')) continue
    if (name === 'transfer-encoding' || name === 'connection' || name === 'keep-alive') continue
    lines += toHeaderLines(name, value)
  }
  return lines
}

function toCoding(text: string): string {
  return text.trim().toLowerCase()
}
