/** `Intl.DateTimeFormat`, and dates in the form of a locale. */

import { NativeRangeError, NativeTypeError } from '../../globals/primordials.ts'
import { number, type Options, readOptions, text, toLocaleList, toTable, truth } from './locales.ts'
import { findExpert, formatMembers, makeService } from './service.ts'

const KIND = 'DateTimeFormat'
const LAST_TIME = 8.64e15
const OPTIONS = [
  ...toTable(text, 'localeMatcher', 'calendar', 'numberingSystem'),
  ...toTable(truth, 'hour12'),
  ...toTable(text, 'hourCycle', 'timeZone', 'weekday', 'era', 'year', 'month', 'day', 'dayPeriod'),
  ...toTable(text, 'hour', 'minute', 'second'),
  ...toTable(number, 'fractionalSecondDigits'),
  ...toTable(text, 'timeZoneName', 'formatMatcher', 'dateStyle', 'timeStyle'),
]

export const { constructor: DateTimeFormat } = makeService(
  { kind: KIND, options: OPTIONS, isLax: true },
  (expertOf) => formatMembers(expertOf, toTime, 'dates'),
)

function toTime(value: unknown): number {
  // oxlint-disable-next-line no-implicit-coercion, typescript/no-unnecessary-type-conversion -- a BigInt or a symbol must throw
  const time = value === undefined ? Date.now() : +(value as number)
  if (!(time >= -LAST_TIME && time <= LAST_TIME)) throw new NativeRangeError('Invalid time value')
  return Math.trunc(time)
}

type Part = 'date' | 'time'

const PARTS: Readonly<
  Record<Part, { readonly any: readonly string[]; readonly defaults: readonly string[] }>
> = {
  date: { any: ['weekday', 'year', 'month', 'day'], defaults: ['year', 'month', 'day'] },
  time: {
    any: ['dayPeriod', 'hour', 'minute', 'second', 'fractionalSecondDigits'],
    defaults: ['hour', 'minute', 'second'],
  },
}
const STYLES = { date: 'timeStyle', time: 'dateStyle' } as const

/** A date with the parts that are wanted, unless the options name parts themselves. */
export function dateToLocaleString(
  time: number,
  locales: unknown,
  options: unknown,
  wanted: readonly Part[],
): unknown {
  if (time !== time) return 'Invalid Date'
  const list = toLocaleList(locales)
  const read = readOptions(options, OPTIONS, false)
  const [only] = wanted
  if (wanted.length === 1 && only !== undefined && read[STYLES[only]] !== undefined)
    throw new NativeTypeError(`${STYLES[only]} is not for this function`)
  if (read['dateStyle'] === undefined && read['timeStyle'] === undefined) addDefaults(read, wanted)
  return findExpert(KIND, list, read).ask('format', time)
}

function addDefaults(options: Options, wanted: readonly Part[]): void {
  if (wanted.some((part) => PARTS[part].any.some((name) => options[name] !== undefined))) return
  for (const part of wanted) for (const name of PARTS[part].defaults) options[name] = 'numeric'
}
