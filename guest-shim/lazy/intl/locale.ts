/** `Intl.Locale`: all that the host knows of a tag, asked for once. */

import { NativeTypeError } from '../../globals/primordials.ts'
import { isObject, toText } from '../../globals/web-idl.ts'
import { localeTags, readOptions, text, toTable, truth } from './locales.ts'
import { copyMembers, findExpert, finish } from './service.ts'

const OPTIONS = [
  ...toTable(text, 'language', 'script', 'region', 'variants', 'calendar', 'collation', 'firstDayOfWeek'),
  ...toTable(text, 'hourCycle', 'caseFirst'),
  ...toTable(truth, 'numeric'),
  ...toTable(text, 'numberingSystem'),
]
const MEMBERS = [
  'baseName',
  'calendar',
  'caseFirst',
  'collation',
  'firstDayOfWeek',
  'hourCycle',
  'language',
  'numberingSystem',
  'numeric',
  'region',
  'script',
  'variants',
]
const LISTS = [
  'getCalendars',
  'getCollations',
  'getHourCycles',
  'getNumberingSystems',
  'getTextInfo',
  'getTimeZones',
  'getWeekInfo',
]

interface Known {
  readonly tag: string
  readonly maximized: string
  readonly minimized: string
  readonly members: Readonly<Record<string, unknown>>
  readonly lists: Readonly<Record<string, object>>
}

const known = new WeakMap<object, Known>()

function knownOf(object: unknown): Known {
  const found = known.get(object as object)
  if (found === undefined) throw new NativeTypeError('expected an Intl.Locale')
  return found
}

interface LocaleClass {
  readonly prototype: object
  new (tag: string): object
  (): void
}

export const Locale = function (this: unknown, tag: unknown, ...[options]: unknown[]): object {
  if (new.target === undefined) throw new NativeTypeError('Intl.Locale needs "new"')
  if (typeof tag !== 'string' && !isObject(tag))
    throw new NativeTypeError(`expected a locale's tag, got ${typeof tag}`)
  const made = Reflect.construct(Object, [], new.target) as object
  const of = (isObject(tag) ? localeTags.get(tag) : undefined) ?? toText(tag)
  const { resolved } = findExpert('Locale', [of], readOptions(options, OPTIONS, false))
  known.set(made, resolved as unknown as Known)
  localeTags.set(made, (resolved as unknown as Known).tag)
  return made
} as unknown as LocaleClass

finish(
  Locale,
  'Locale',
  {},
  {
    toString(): string {
      return knownOf(this).tag
    },
    maximize(): object {
      return new Locale(knownOf(this).maximized)
    },
    minimize(): object {
      return new Locale(knownOf(this).minimized)
    },
  },
)

for (const name of MEMBERS) {
  copyMembers(
    Object.defineProperty({}, name, {
      get(this: unknown): unknown {
        return knownOf(this).members[name]
      },
      configurable: true,
      enumerable: true,
    }),
    Locale.prototype,
  )
}
for (const name of LISTS) {
  copyMembers(
    {
      [name](this: unknown): unknown {
        const list = knownOf(this).lists[name]
        if (list === undefined) return undefined
        return Array.isArray(list) ? [...(list as unknown[])] : { ...list }
      },
    },
    Locale.prototype,
  )
}
