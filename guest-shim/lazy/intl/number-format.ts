/** `Intl.NumberFormat` and `Intl.PluralRules`, and numbers in the form of a locale. */

import { NativeTypeError } from '../../globals/primordials.ts'
import { isObject } from '../../globals/web-idl.ts'
import { grouping, number, readOptions, text, toLocaleList, toTable } from './locales.ts'
import { findExpert, formatMembers, makeService } from './service.ts'

const DIGITS = [
  ...toTable(
    number,
    'minimumIntegerDigits',
    'minimumFractionDigits',
    'maximumFractionDigits',
    'minimumSignificantDigits',
    'maximumSignificantDigits',
    'roundingIncrement',
  ),
  ...toTable(text, 'roundingMode', 'roundingPriority', 'trailingZeroDisplay'),
]
const OPTIONS = [
  ...toTable(
    text,
    'localeMatcher',
    'numberingSystem',
    'style',
    'currency',
    'currencyDisplay',
    'currencySign',
  ),
  ...toTable(text, 'unit', 'unitDisplay', 'notation'),
  ...DIGITS,
  ...toTable(text, 'compactDisplay'),
  ...toTable(grouping, 'useGrouping'),
  ...toTable(text, 'signDisplay'),
]

export const { constructor: NumberFormat } = makeService(
  { kind: 'NumberFormat', options: OPTIONS, isLax: true },
  (expertOf) => formatMembers(expertOf, toDigits, 'numbers'),
)

export const { constructor: PluralRules } = makeService(
  {
    kind: 'PluralRules',
    options: [...toTable(text, 'localeMatcher', 'type', 'notation', 'compactDisplay'), ...DIGITS],
    isLax: true,
  },
  (rulesOf) => ({
    select(value: unknown): unknown {
      return rulesOf(this).ask('select', toNumberText(value))
    },
    selectRange(from: unknown, to: unknown): unknown {
      const rules = rulesOf(this)
      if (from === undefined || to === undefined) throw new NativeTypeError('expected two numbers')
      return rules.ask('select-range', toNumberText(from), toNumberText(to))
    },
  }),
)

export function numberToLocaleString(value: number | bigint, locales: unknown, options: unknown): unknown {
  const list = toLocaleList(locales)
  return findExpert('NumberFormat', list, readOptions(options, OPTIONS, false)).ask('format', toDigits(value))
}

/** A number as text: exact, with the sign of zero. */
export function toNumberText(value: unknown): string {
  // oxlint-disable-next-line no-implicit-coercion, typescript/no-unnecessary-type-conversion -- a BigInt or a symbol must throw
  const result = +(value as number)
  return Object.is(result, -0) ? '-0' : `${result}`
}

/** The same of what may have more digits than a number. */
function toDigits(value: unknown): string {
  if (typeof value === 'bigint' || typeof value === 'string') return `${value}`
  if (!isObject(value)) return toNumberText(value)
  const plain: unknown = value.valueOf()
  return typeof plain === 'bigint' ? `${plain}` : toNumberText(value)
}
