/** Ranges of keys, which are UTF-8, in the order of their bytes. Pure. */

/** Behind every key: no UTF-8 begins with it. */
const LAST = new Uint8Array([0xff])

/** The first bytes behind all that begin with these, which are UTF-8: their last byte has a next one. */
export function toEnd(prefix: Uint8Array): Uint8Array {
  if (prefix.length === 0) return LAST
  const end = new Uint8Array(prefix)
  end[end.length - 1]!++
  return end
}
