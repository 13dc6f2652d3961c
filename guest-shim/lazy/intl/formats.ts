/** `RelativeTimeFormat`, `ListFormat`, `DisplayNames` and `DurationFormat`. */

import { NativeRangeError, NativeTypeError } from '../../globals/primordials.ts'
import { isObject, toText } from '../../globals/web-idl.ts'
import { number, readOptions, text, toTable } from './locales.ts'
import { toNumberText } from './number-format.ts'
import { makeService } from './service.ts'

export const { constructor: RelativeTimeFormat } = makeService(
  {
    kind: 'RelativeTimeFormat',
    options: toTable(text, 'localeMatcher', 'numberingSystem', 'style', 'numeric'),
    isLax: false,
  },
  (expertOf) => ({
    format(value: unknown, unit: unknown): unknown {
      return expertOf(this).ask('format', toNumberText(value), toText(unit))
    },
    formatToParts(value: unknown, unit: unknown): unknown {
      return expertOf(this).ask('format-to-parts', toNumberText(value), toText(unit))
    },
  }),
)

export const { constructor: ListFormat } = makeService(
  { kind: 'ListFormat', options: toTable(text, 'localeMatcher', 'type', 'style'), isLax: false },
  (expertOf) => ({
    format(list: unknown): unknown {
      return expertOf(this).ask('format', toTexts(list))
    },
    formatToParts(list: unknown): unknown {
      return expertOf(this).ask('format-to-parts', toTexts(list))
    },
  }),
)

function toTexts(list: unknown): string[] {
  const texts: string[] = []
  if (list === undefined) return texts
  for (const item of list as Iterable<unknown>) {
    if (typeof item !== 'string')
      throw new NativeTypeError(`expected a list of texts, got ${typeof item} in it`)
    texts[texts.length] = item
  }
  return texts
}

export const { constructor: DisplayNames } = makeService(
  {
    kind: 'DisplayNames',
    options: toTable(text, 'localeMatcher', 'style', 'type', 'fallback', 'languageDisplay'),
    isLax: false,
  },
  (expertOf) => ({
    of(code: unknown): unknown {
      return expertOf(this).ask('of', toText(code))
    },
  }),
)

const UNITS = [
  'years',
  'months',
  'weeks',
  'days',
  'hours',
  'minutes',
  'seconds',
  'milliseconds',
  'microseconds',
  'nanoseconds',
]
const DURATION = toTable(number, ...UNITS)

export const { constructor: DurationFormat } = makeService(
  {
    kind: 'DurationFormat',
    options: [
      ...toTable(text, 'localeMatcher', 'numberingSystem', 'style'),
      ...toTable(text, ...UNITS.flatMap((unit) => [unit, `${unit}Display`])),
      ...toTable(number, 'fractionalDigits'),
    ],
    isLax: false,
  },
  (expertOf) => ({
    format(duration: unknown): unknown {
      return expertOf(this).ask('format', toDuration(duration))
    },
    formatToParts(duration: unknown): unknown {
      return expertOf(this).ask('format-to-parts', toDuration(duration))
    },
  }),
)

function toDuration(given: unknown): object {
  if (typeof given === 'string') throw new NativeRangeError('expected an object with a duration, got a text')
  if (!isObject(given)) throw new NativeTypeError(`expected an object with a duration, got ${typeof given}`)
  return readOptions(given, DURATION, true)
}
