/**
 * Who can be asked: the classes of the host's own `Intl`, each with the options that it reads and what it may be asked. The
 * lists are closed. What a guest gives is only ever a value of an option, or an argument that the class turns into what it
 * expects.
 *
 * The host's own locale and time zone are never in an answer: where a locale is unknown it is `en-US`, and the zone is UTC.
 */
import type { Method } from './language.ts'

export type Options = Readonly<Record<string, string | number | boolean>>
/** JSON. */
export type Argument = unknown
type Answer = (...args: readonly never[]) => unknown

/** An object of a class, as one that answers. */
export type Expert = Readonly<Partial<Record<Method, (...args: readonly Argument[]) => unknown>>>

interface Kind {
  /** Options that the class reads. */
  readonly options: readonly string[]
  make(locales: string[], options: Options): Expert
  readonly supportedLocales?: (locales: string[], options: Options) => unknown
}

const FALLBACK = 'en-US'
const TIME_ZONE = 'UTC'
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
const LOCALE_KEYWORDS = [
  'calendar',
  'collation',
  'firstDayOfWeek',
  'hourCycle',
  'caseFirst',
  'numeric',
  'numberingSystem',
] as const
const DIGITS = [
  'minimumIntegerDigits',
  'minimumFractionDigits',
  'maximumFractionDigits',
  'minimumSignificantDigits',
  'maximumSignificantDigits',
  'roundingIncrement',
  'roundingMode',
  'roundingPriority',
  'trailingZeroDisplay',
]
/** Beyond them, digits cost their number's square. */
const MOST_DIGITS = 10_000

export const KINDS = {
  Collator: {
    options: [
      'usage',
      'localeMatcher',
      'collation',
      'numeric',
      'caseFirst',
      'sensitivity',
      'ignorePunctuation',
    ],
    make(locales, options) {
      const collator = new Intl.Collator(known(locales), options)
      return bind({
        describe: () => collator.resolvedOptions(),
        compare: (a: string, b: string) => collator.compare(a, b),
      })
    },
    supportedLocales: (locales, options) => Intl.Collator.supportedLocalesOf(locales, options),
  },
  DateTimeFormat: {
    options: [
      'localeMatcher',
      'calendar',
      'numberingSystem',
      'hour12',
      'hourCycle',
      'timeZone',
      'weekday',
      'era',
      'year',
      'month',
      'day',
      'dayPeriod',
      'hour',
      'minute',
      'second',
      'fractionalSecondDigits',
      'timeZoneName',
      'formatMatcher',
      'dateStyle',
      'timeStyle',
    ],
    make(locales, options) {
      const format = new Intl.DateTimeFormat(known(locales), { timeZone: TIME_ZONE, ...options })
      return bind({
        describe: () => format.resolvedOptions(),
        format: (at: number) => format.format(at),
        'format-to-parts': (at: number) => format.formatToParts(at),
        'format-range': (from: number, to: number) => format.formatRange(from, to),
        'format-range-to-parts': (from: number, to: number) => format.formatRangeToParts(from, to),
      })
    },
    supportedLocales: (locales, options) => Intl.DateTimeFormat.supportedLocalesOf(locales, options),
  },
  DisplayNames: {
    options: ['localeMatcher', 'style', 'type', 'fallback', 'languageDisplay'],
    make(locales, options) {
      const names = new Intl.DisplayNames(known(locales), options as unknown as Intl.DisplayNamesOptions)
      return bind({ describe: () => names.resolvedOptions(), of: (code: string) => names.of(code) })
    },
    supportedLocales: (locales, options) => Intl.DisplayNames.supportedLocalesOf(locales, options),
  },
  DurationFormat: {
    options: [
      'localeMatcher',
      'numberingSystem',
      'style',
      ...UNITS.flatMap((unit) => [unit, `${unit}Display`]),
      'fractionalDigits',
    ],
    make(locales, options) {
      const format = new Intl.DurationFormat(known(locales), options)
      return bind({
        describe: () => format.resolvedOptions(),
        format: (duration: object) => format.format(duration),
        'format-to-parts': (duration: object) => format.formatToParts(duration),
      })
    },
    supportedLocales: (locales, options) => Intl.DurationFormat.supportedLocalesOf(locales, options),
  },
  ListFormat: {
    options: ['localeMatcher', 'type', 'style'],
    make(locales, options) {
      const format = new Intl.ListFormat(known(locales), options)
      return bind({
        describe: () => format.resolvedOptions(),
        format: (list: string[]) => format.format(list),
        'format-to-parts': (list: string[]) => format.formatToParts(list),
      })
    },
    supportedLocales: (locales, options) => Intl.ListFormat.supportedLocalesOf(locales, options),
  },
  /** Not of the class that is meant, which lives in the guest: what it knows of a tag. */
  Locale: {
    options: ['language', 'script', 'region', 'variants', ...LOCALE_KEYWORDS],
    make([tag = ''], options) {
      const locale = new Intl.Locale(tag, options)
      return bind({ describe: () => describeLocale(locale) })
    },
  },
  NumberFormat: {
    options: [
      'localeMatcher',
      'numberingSystem',
      'style',
      'currency',
      'currencyDisplay',
      'currencySign',
      'unit',
      'unitDisplay',
      'notation',
      ...DIGITS,
      'compactDisplay',
      'useGrouping',
      'signDisplay',
    ],
    make(locales, options) {
      const format = new Intl.NumberFormat(known(locales), options)
      return bind({
        describe: () => format.resolvedOptions(),
        format: (value: string) => format.format(digits(value)),
        'format-to-parts': (value: string) => format.formatToParts(digits(value)),
        'format-range': (from: string, to: string) => format.formatRange(digits(from), digits(to)),
        'format-range-to-parts': (from: string, to: string) =>
          format.formatRangeToParts(digits(from), digits(to)),
      })
    },
    supportedLocales: (locales, options) => Intl.NumberFormat.supportedLocalesOf(locales, options),
  },
  PluralRules: {
    options: ['localeMatcher', 'type', 'notation', 'compactDisplay', ...DIGITS],
    make(locales, options) {
      const rules = new Intl.PluralRules(known(locales), options)
      return bind({
        describe: () => rules.resolvedOptions(),
        select: (value: string) => rules.select(Number(value)),
        'select-range': (from: string, to: string) =>
          (rules as unknown as RangedRules).selectRange(Number(from), Number(to)),
      })
    },
    supportedLocales: (locales, options) => Intl.PluralRules.supportedLocalesOf(locales, options),
  },
  RelativeTimeFormat: {
    options: ['localeMatcher', 'numberingSystem', 'style', 'numeric'],
    make(locales, options) {
      const format = new Intl.RelativeTimeFormat(known(locales), options)
      return bind({
        describe: () => format.resolvedOptions(),
        format: (value: string, unit: Intl.RelativeTimeFormatUnit) => format.format(Number(value), unit),
        'format-to-parts': (value: string, unit: Intl.RelativeTimeFormatUnit) =>
          format.formatToParts(Number(value), unit),
      })
    },
    supportedLocales: (locales, options) => Intl.RelativeTimeFormat.supportedLocalesOf(locales, options),
  },
  Segmenter: {
    options: ['localeMatcher', 'granularity'],
    make(locales, options) {
      const segmenter = new Intl.Segmenter(known(locales), options)
      return bind({
        describe: () => segmenter.resolvedOptions(),
        segment: (text: string) =>
          Array.from(segmenter.segment(text), ({ index, isWordLike }) => [index, isWordLike]),
      })
    },
    supportedLocales: (locales, options) => Intl.Segmenter.supportedLocalesOf(locales, options),
  },
} satisfies Record<string, Kind>

/** What the language's library has not. */
interface RangedRules {
  selectRange(from: number, to: number): string
}

/** Found by name only when it is one of its own. */
export function findKind(name: unknown): Kind | undefined {
  return typeof name === 'string' && Object.hasOwn(KINDS, name)
    ? KINDS[name as keyof typeof KINDS]
    : undefined
}

/** What an object is asked for is looked up by a word of the world's: nothing is inherited. */
function bind(answers: Readonly<Partial<Record<Method, Answer>>>): Expert {
  return Object.assign(Object.create(null) as object, answers) as Expert
}

/** With the locale that stands in for one that is unknown, which otherwise is the host's. */
function known(locales: readonly string[]): string[] {
  return [...locales, FALLBACK]
}

/** A number as text, exact however long. */
function digits(value: string): Intl.StringNumericLiteral {
  if (typeof value !== 'string') throw new TypeError('expected a number')
  if (value.length > MOST_DIGITS)
    throw new RangeError(`expected a number of up to ${MOST_DIGITS} digits, got ${value.length}`)
  return value as Intl.StringNumericLiteral
}

function describeLocale(locale: Intl.Locale): object {
  const { baseName, language, script, region, variants } = locale as Intl.Locale & { variants?: string }
  const lists = locale as unknown as Record<string, (() => unknown) | undefined>
  return {
    tag: locale.toString(),
    maximized: locale.maximize().toString(),
    minimized: locale.minimize().toString(),
    members: {
      baseName,
      language,
      script,
      region,
      variants,
      ...Object.fromEntries(LOCALE_KEYWORDS.map((name) => [name, locale[name as keyof Intl.Locale]])),
    },
    lists: Object.fromEntries(
      [
        'getCalendars',
        'getCollations',
        'getHourCycles',
        'getNumberingSystems',
        'getTextInfo',
        'getTimeZones',
        'getWeekInfo',
      ].map((name) => [name, lists[name]?.call(locale)]),
    ),
  }
}
