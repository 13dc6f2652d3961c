/** Conditions of R2's `onlyIf`, which are those of HTTP (RFC 9110, 13.1 and 13.2.2). */

/** An entity tag without its quotes. */
export interface Etag {
  readonly value: string
  readonly isWeak: boolean
}

/** A list, or every one. */
export type Etags = readonly Etag[] | '*'

export interface Condition {
  readonly etagMatches: Etags | undefined
  readonly etagDoesNotMatch: Etags | undefined
  /** In milliseconds since 1970. */
  readonly uploadedBefore: number | undefined
  readonly uploadedAfter: number | undefined
  /** Times are compared without their milliseconds: those of headers have none. */
  readonly hasSeconds: boolean
}

const MS_PER_SECOND = 1000

/** Whether it holds for what is there. */
export function holds(
  condition: Condition | undefined,
  object: { readonly etag: string; readonly uploaded: number } | undefined,
): boolean {
  if (condition === undefined) return true
  const { etagMatches, etagDoesNotMatch, uploadedBefore, uploadedAfter, hasSeconds } = condition
  if (object === undefined) return etagMatches === undefined && uploadedAfter === undefined
  const toTime = (ms: number): number => (hasSeconds ? Math.floor(ms / MS_PER_SECOND) : ms)
  const { etag } = object
  const uploaded = toTime(object.uploaded)
  // where there are tags, the times beside them do not count
  if (etagMatches === undefined) {
    if (uploadedBefore !== undefined && uploaded >= toTime(uploadedBefore)) return false
  } else if (!includes(etagMatches, etag, false)) return false
  if (etagDoesNotMatch === undefined) return uploadedAfter === undefined || uploaded > toTime(uploadedAfter)
  return !includes(etagDoesNotMatch, etag, true)
}

function includes(etags: Etags, etag: string, isWeak: boolean): boolean {
  return etags === '*' || etags.some((each) => each.value === etag && (isWeak || !each.isWeak))
}

/** Each is a tag, what stands between it and the next, or neither. */
const PARTS = /\s*(?:(?<weak>W\/)?"(?<value>[^"]*)"|(?<all>\*))\s*(?:,|$)|[\s,]+|(?<wrong>.+)/gsy

/** The list of tags of a header; undefined when it is none. */
export function parseEtags(header: string): Etags | undefined {
  const etags: Etag[] = []
  for (const { groups = {} } of header.matchAll(PARTS)) {
    const { weak, value, all, wrong } = groups
    if (wrong !== undefined) return undefined
    if (all !== undefined) return '*'
    if (value !== undefined) etags.push({ value, isWeak: weak !== undefined })
  }
  return etags
}
