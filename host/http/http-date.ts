/** Dates of HTTP (RFC 9110 5.6.7): what is none is not taken for one, whatever `Date.parse` makes of it. Pure. */

const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)'
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)'
const TIME = String.raw`\d\d:\d\d:\d\d`
/** What is sent, and the two older forms, which are to be read. */
const FIXED = new RegExp(String.raw`^${DAY}, \d\d ${MONTH} \d{4} ${TIME} GMT$`)
const OLDER = new RegExp(
  String.raw`^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d\d-${MONTH}-\d\d ${TIME} GMT$`,
)
const OLDEST = new RegExp(String.raw`^${DAY} ${MONTH} [\d ]\d ${TIME} \d{4}$`)

/** Milliseconds since 1970; undefined: it is no date. */
export function parseHttpDate(text: string): number | undefined {
  const trimmed = text.trim()
  const isZoneless = OLDEST.test(trimmed)
  if (!isZoneless && !FIXED.test(trimmed) && !OLDER.test(trimmed)) return undefined
  const time = Date.parse(isZoneless ? `${trimmed} GMT` : trimmed)
  return Number.isNaN(time) ? undefined : time
}
