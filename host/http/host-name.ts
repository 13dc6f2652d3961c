/**
 * The one spelling of a host name that NANO compares: lower case, no port, no trailing dot, IPv6 in brackets. The
 * configuration and the router both go through here, so that a name that is configured is a name that is found.
 * Strict: what is not plainly a host name is refused, never repaired, because a router and an app that read the same
 * bytes differently are a way from one tenant to another.
 */

const MAX_LENGTH = 253
const NAME = /^(?=.*[a-z0-9])[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/
const IPV6 = /^\[[0-9a-f:.]{2,45}\]$/

/** The canonical spelling of a host name without a port, or undefined when it is none. */
export function toHostName(text: string): string | undefined {
  let name = text.toLowerCase()
  if (name.charCodeAt(0) === 0x5b) return toIpv6(name)
  if (name.charCodeAt(name.length - 1) === 0x2e) name = name.slice(0, -1)
  if (name.length > MAX_LENGTH || !NAME.test(name)) return undefined
  for (const label of name.split('.')) if (label.length > 63) return undefined
  return name
}

/** Every spelling of one IPv6 address becomes the same text, which is what URL parsing does. */
function toIpv6(name: string): string | undefined {
  if (!IPV6.test(name)) return undefined
  return URL.parse(`http://${name}/`)?.hostname
}
