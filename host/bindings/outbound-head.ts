/**
 * The heads of outbound fetches: what a guest asked for and what came back, between the wire form of wit/outbound.wit
 * and lists of headers. Pure. The framing of a message is never the guest's to decide, in either direction.
 */
import { CDN_LOOP } from './cdn-loop.ts'
import { isHopByHop } from './hop-by-hop.ts'

/** A fetch as the guest asked for it. */
export interface OutboundHead {
  readonly method: string
  readonly url: string
  readonly headers: [string, string][]
}

/** Of the message's own headers those that the host decides. */
const DECIDED = new Set([CDN_LOOP, 'content-length', 'expect', 'host'])

/** Codings that the dialer takes off. */
const DECODED = new Set(['gzip', 'x-gzip', 'deflate', 'br', 'zstd'])

/** A longer head is none. */
const MAX_HEAD_BYTES = 128 * 1024

/** Whether a header belongs to the connection or the framing and not to the guest. */
function isOwn(name: string): boolean {
  return isHopByHop(name) || DECIDED.has(name)
}

/** Read a guest's head; `undefined` when it is not one. */
export function parseHead(bytes: Uint8Array): OutboundHead | undefined {
  if (bytes.length > MAX_HEAD_BYTES) return undefined
  const [method, url, ...fields] = new TextDecoder().decode(bytes).split('\n')
  if (method === undefined || url === undefined) return undefined
  const { protocol, username, password } = URL.parse(url) ?? {}
  if (protocol !== 'http:' && protocol !== 'https:') return undefined
  if (username !== '' || password !== '') return undefined
  const headers: [string, string][] = []
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [name, value] = [fields[i], fields[i + 1]]
    if (name === undefined || value === undefined) break
    if (!isOwn(name.toLowerCase())) headers.push([name, value])
  }
  return { method, url, headers }
}

/** An answer's headers for the guest, without those that are no longer true of the decoded body. */
export function toAnswerHeaders(headers: Iterable<[string, string]>, isDecodable: boolean): string {
  const list = [...headers]
  const coding = list.find(([name]) => name === 'content-encoding')?.[1]
  const isDecoded =
    isDecodable && coding !== undefined && coding.split(',').every((c) => DECODED.has(toCoding(c)))
  let wire = ''
  for (const [name, value] of list) {
    if (isDecoded && (name === 'content-encoding' || name === 'content-length')) continue
    if (name === 'transfer-encoding' || name === 'connection' || name === 'keep-alive') continue
    wire += `${name}\n${value}\n`
  }
  return wire
}

function toCoding(text: string): string {
  return text.trim().toLowerCase()
}
