/** Codes of a close frame (RFC 6455, 7.4), and those by which ends are counted. Pure. */

/** Of those that are defined, the ones that no frame has. */
const NEVER_SENT: ReadonlySet<number> = new Set([1004, 1005, 1006])
const LAST_DEFINED = 1014

/** Whether a frame may have it. */
export function isCloseCode(code: number): boolean {
  return (code >= 1000 && code <= LAST_DEFINED && !NEVER_SENT.has(code)) || (code >= 3000 && code <= 4999)
}

/** The longest reason, in bytes. */
export const MOST_REASON_BYTES = 123
