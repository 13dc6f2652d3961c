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

/** Request headers that the standards define for all recipients, the families by their beginning. */
const END_TO_END =
  /^(?:(?:accept|access-control|content|if|sec|want)-.+|accept|authorization|baggage|cache-control|cdn-loop|cookie|date|early-data|expect|forwarded|from|host|idempotency-key|max-forwards|origin|pragma|prefer|priority|range|referer|repr-digest|signature(?:-input)?|traceparent|tracestate|upgrade-insecure-requests|user-agent|via)$/

/** Whether a header, by its lower-case name, belongs to the connection and not to the message. */
export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name)
}

/**
 * Whether a Connection header takes this header away when it names it: a sender must not name what is for all recipients
 * (RFC 9110 7.6.1), so a name that is defined to be for them stays, whoever names it, and any other goes.
 */
export function mayBeNamed(name: string): boolean {
  return !END_TO_END.test(name)
}
