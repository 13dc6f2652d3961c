/** Numbers and times as people read them. Pure. */

/** @param {number | null} value */
export function toRate(value) {
  if (value === null) return '–'
  return value === 0 || value >= 100 ? String(Math.round(value)) : value.toFixed(value < 10 ? 2 : 1)
}

/** @param {number | null} ms */
export function toMs(ms) {
  if (ms === null) return '–'
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`
}

/** @param {number | null} bytes */
export function toBytes(bytes) {
  if (bytes === null) return '–'
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(0)} kB`
  return `${(bytes / 1_000_000).toFixed(bytes < 100_000_000 ? 1 : 0)} MB`
}

/**
 * The time of day of an RFC 3339 time, to the millisecond.
 *
 * @param {string} time
 */
export function toClock(time) {
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return ''
  const pad = (/** @type {number} */ value, width = 2) => String(value).padStart(width, '0')
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`
}

/** @param {string} time */
export function toDate(time) {
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return ''
  return date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
}

/** @param {number} percent of the clients that get a version */
export function toServes(percent) {
  if (percent === 0) return 'waits'
  return percent === 100 ? 'serves' : `serves ${percent} %`
}
