/** Lists of locales and options, as the standard reads them (ECMA-402, 9.2). Whether a tag is one the host says. */

import { NativeTypeError } from '../../globals/primordials.ts'
import { isObject, toText } from '../../globals/web-idl.ts'

/** The tag of each `Intl.Locale`. */
export const localeTags = new WeakMap<object, string>()

export function toLocaleList(given: unknown): string[] {
  if (given === undefined) return []
  if (typeof given === 'string') return [given]
  const own = isObject(given) ? localeTags.get(given) : undefined
  if (own !== undefined) return [own]
  if (given === null) throw new NativeTypeError('expected locales, got null')
  const from = Object(given) as ArrayLike<unknown>
  const list: string[] = []
  for (let i = 0; i < from.length; i++) {
    if (!(i in from)) continue
    const item = from[i]
    if (typeof item !== 'string' && !isObject(item))
      throw new NativeTypeError(`expected a locale's tag, got ${typeof item}`)
    list[list.length] = (isObject(item) ? localeTags.get(item) : undefined) ?? toText(item)
  }
  return list
}

type Convert = (value: unknown) => unknown

/** Options with the types of their values. */
export type OptionTable = readonly (readonly [name: string, convert: Convert])[]

export const text: Convert = toText
export const truth: Convert = Boolean
/** What JSON cannot say crosses as text: the host turns it into a number again. */
export const number: Convert = (value) => {
  // oxlint-disable-next-line no-implicit-coercion, typescript/no-unnecessary-type-conversion -- a BigInt or a symbol must throw
  const result = +(value as number)
  return result - result === 0 ? result : `${result}`
}
/** `useGrouping` has texts and truths. */
export const grouping: Convert = (value) => (value === true || !value ? Boolean(value) : toText(value))

export function toTable(convert: Convert, ...names: readonly string[]): OptionTable {
  return names.map((name) => [name, convert])
}

export type Options = Record<string, unknown>

/** `isStrict`: only an object will do. */
export function readOptions(given: unknown, table: OptionTable, isStrict: boolean): Options {
  const options = { __proto__: null } as unknown as Options
  if (given === undefined) return options
  if (given === null || (isStrict && !isObject(given))) {
    throw new NativeTypeError(
      `expected an object with options, got ${given === null ? 'null' : typeof given}`,
    )
  }
  const from = Object(given) as Options
  for (let i = 0; i < table.length; i++) {
    const [name, convert] = table[i] as OptionTable[number]
    const value = from[name]
    if (value !== undefined) options[name] = convert(value)
  }
  return options
}
