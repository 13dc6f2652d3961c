/** What is asked about texts, without a class of `Intl`. */

/**
 * ICU takes the square of the number of marks in a row, whether it normalizes them or compares: a quarter of a million take
 * more than a minute. The standard's own limit for streams is 30.
 */
const TOO_MANY_MARKS = /\p{M}{1024}/u

const FALLBACK = 'en-US'

export function requireText(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('expected a text')
  if (TOO_MANY_MARKS.test(value))
    throw new RangeError('expected fewer than 1024 combining marks in a row: they take too long')
  return value
}

export const normalize = (text: string, form: unknown): string => text.normalize(form as string)
export const upperCase = (text: string, locales: string[]): string => text.toLocaleUpperCase(first(locales))
export const lowerCase = (text: string, locales: string[]): string => text.toLocaleLowerCase(first(locales))

/** Of a list of locales these functions use the first one. */
function first([locale = FALLBACK]: string[]): string {
  return locale
}
