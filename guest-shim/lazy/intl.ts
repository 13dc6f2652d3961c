/** `Intl` (ECMA-402), and what other classes have from it. The host knows; what is here asks it as the standard says. */

import { askHost } from '../bindings/language.ts'
import { toText } from '../globals/web-idl.ts'
import { Collator } from './intl/collator.ts'
import { DateTimeFormat } from './intl/date-time-format.ts'
import { DisplayNames, DurationFormat, ListFormat, RelativeTimeFormat } from './intl/formats.ts'
import { Locale } from './intl/locale.ts'
import { toLocaleList } from './intl/locales.ts'
import { NumberFormat, PluralRules } from './intl/number-format.ts'
import { Segmenter } from './intl/segmenter.ts'
import { copyMembers } from './intl/service.ts'

export { localeCompare } from './intl/collator.ts'
export { dateToLocaleString } from './intl/date-time-format.ts'
export { toLocaleList } from './intl/locales.ts'
export { numberToLocaleString } from './intl/number-format.ts'

export const Intl = {}
copyMembers(
  {
    Collator,
    DateTimeFormat,
    DisplayNames,
    DurationFormat,
    ListFormat,
    Locale,
    NumberFormat,
    PluralRules,
    RelativeTimeFormat,
    Segmenter,
    getCanonicalLocales(locales: unknown): unknown {
      return askHost('canonical-locales', [toLocaleList(locales)])
    },
    supportedValuesOf(key: unknown): unknown {
      return askHost('supported-values', [toText(key)])
    },
  },
  Intl,
)
Object.defineProperty(Intl, Symbol.toStringTag, { value: 'Intl', configurable: true })
