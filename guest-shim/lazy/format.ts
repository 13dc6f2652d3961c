/** `util.format` of Node: a text with marks (`%s %d %i %f %j %o %O %c`) and values, or values one after the other. */

import { inspect as inspectAny } from './inspect.ts'
import { hasOwn } from './inspect-names.ts'
import type { InspectOptions } from './inspect-state.ts'
import { toPrimitiveText } from './inspect-text.ts'

const MARK = /%[sdifjoOc%]/g

type Inspect = (value: unknown, more?: InspectOptions) => string

/** `options`: how values are shown. `isBounded`: for a log. `self`: what objects show others with. */
export function format(
  args: readonly unknown[],
  options: InspectOptions = {},
  isBounded = true,
  self: unknown = inspectAny,
): string {
  const inspect: Inspect = (value, more) => inspectAny(value, { ...options, ...more }, isBounded, self)
  const showNext = (value: unknown) => (typeof value === 'string' ? value : inspect(value))
  const [first] = args
  if (typeof first !== 'string') return args.map(showNext).join(' ')
  if (args.length === 1) return first
  let used = 1
  const text = first.replaceAll(MARK, (mark) => {
    if (mark === '%%') return '%'
    return used < args.length ? showAs(mark, args[used++], inspect) : mark
  })
  return [text, ...args.slice(used).map(showNext)].join(' ')
}

function showAs(mark: string, value: unknown, inspect: Inspect): string {
  switch (mark) {
    case '%s':
      return showAsText(value, inspect)
    case '%d':
      return toNumber(value, Number)
    case '%i':
      return toNumber(value, (given) => Number.parseInt(String(given), 10))
    case '%f':
      return toPrimitiveText(typeof value === 'symbol' ? Number.NaN : Number.parseFloat(String(value)))
    case '%j':
      return toJson(value)
    case '%o':
      return inspect(value, { showHidden: true, showProxy: true, depth: 4 })
    case '%c':
      return ''
    default:
      return inspect(value)
  }
}

function showAsText(value: unknown, inspect: Inspect): string {
  if (typeof value === 'number' || typeof value === 'bigint') return toPrimitiveText(value)
  if (typeof value !== 'object' || value === null || hasOwnText(value)) return String(value)
  return inspect(value, { depth: 0, colors: false, compact: 3 })
}

/** Whether a class of the app's says how an object is text. */
function hasOwnText(value: object): boolean {
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    if (!hasOwn(at, 'toString')) continue
    const owner: unknown = Object.getOwnPropertyDescriptor(at, 'constructor')?.value
    return (
      at === value ||
      typeof owner !== 'function' ||
      (globalThis as Record<string, unknown>)[owner.name] !== owner
    )
  }
  return false
}

function toNumber(value: unknown, convert: (value: unknown) => number): string {
  if (typeof value === 'bigint') return `${value}n`
  return toPrimitiveText(typeof value === 'symbol' ? Number.NaN : convert(value))
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'undefined'
  } catch (error) {
    if (/circular|cyclic/i.test((error as Error).message)) return '[Circular]'
    throw error
  }
}
