/** Which texts are addresses. */

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const FOUR = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`)
const SIX = /^[\da-f:.]+$/i
/** Says on which of the machine's networks an address is. */
const ZONE = /%[\w.~-]+$/

export const isIPv4 = (text: unknown): boolean => FOUR.test(String(text))

export function isIPv6(text: unknown): boolean {
  const bare = String(text).replace(ZONE, '')
  return SIX.test(bare) && URL.canParse(`http://[${bare}]/`)
}

/** 4, 6, or 0 when it is no address. */
export function isIP(text: unknown): 0 | 4 | 6 {
  if (isIPv4(text)) return 4
  return isIPv6(text) ? 6 : 0
}
