/**
 * Headers that are about one connection and not about the message (RFC 9110 7.6.1): the one list for requests and
 * responses, inbound and outbound.
 */

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Whether a header, by its lower-case name, belongs to the connection and not to the message. */
export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name)
}
