/**
 * Numbers of nano.json as a table: the bounds of each, what holds when it is not given, and its sentence in
 * nano.schema.json. Types, keys, defaults and the schema are all made from such a table. Plain data: a shard loads it
 * without the schema library.
 */

/** One number of nano.json. Its key there is its name in a table in snake case. */
export interface NumberRule {
  readonly range: readonly [least: number, most: number]
  /** Undefined: nothing holds unless a number is given. */
  readonly initial?: number
  /** Explains a bound that is not evident. */
  readonly why?: string
  readonly text: string
}

type Rules = Readonly<Record<string, NumberRule>>

/** `timeoutMs` to `timeout_ms`. */
export type Key<Name> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${Key<Rest>}`
  : ''

/** The numbers of a table: those with an initial value are always there. */
export type Numbers<Table extends Rules> = {
  readonly [Name in keyof Table as Table[Name] extends { initial: number } ? Name : never]: number
} & {
  readonly [Name in keyof Table as Table[Name] extends { initial: number } ? never : Name]?: number
}

/** `timeoutMs` to `timeout_ms`. */
export function toKey<Name extends string>(name: Name): Key<Name> {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) as Key<Name>
}

/** `timeout_ms` to `timeoutMs`. */
function toName(key: string): string {
  return key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** What nano.json gives, in place of `defaults`; those themselves where it gives nothing: there may be ten thousand apps. */
export function toNumbers<Table extends Rules>(
  table: Table,
  given: Readonly<Partial<Record<string, unknown>>>,
  defaults: Numbers<Table>,
): Numbers<Table> {
  const own = Object.entries(given).flatMap(([key, value]) => {
    const name = toName(key)
    return typeof value === 'number' && Object.hasOwn(table, name) ? [[name, value] as const] : []
  })
  if (own.length === 0) return defaults
  return { ...defaults, ...(Object.fromEntries(own) as Partial<Numbers<Table>>) }
}

/** What holds when nothing is given. */
export function toInitial<Table extends Rules>(table: Table): Numbers<Table> {
  const initial = Object.entries(table).filter(([, rule]) => rule.initial !== undefined)
  return Object.fromEntries(initial.map(([name, rule]) => [name, rule.initial])) as Numbers<Table>
}
