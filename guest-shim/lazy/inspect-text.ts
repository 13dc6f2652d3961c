/** Primitives as `util.inspect` of Node shows them. */

import type { State } from './inspect-state.ts'

/** Text that is longer than this, and than what is left of a line, is broken at its ends of line. */
const SHORT = 16

const NEEDS_ESCAPE =
  // oxlint-disable-next-line no-control-regex -- they are what is escaped
  /[\0-\x1f'\\\x7f-\x9f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
const NAMED: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '\\': '\\\\',
}

/** As text alone. */
export function toPrimitiveText(value: unknown, isSeparated = false): string {
  switch (typeof value) {
    case 'string':
      return quote(value)
    case 'bigint':
      return `${isSeparated ? separate(String(value)) : value}n`
    case 'number':
      return Object.is(value, -0) ? '-0' : isSeparated ? separate(String(value)) : String(value)
    default:
      return String(value)
  }
}

export function showPrimitive(state: State, value: unknown): string {
  if (typeof value === 'string') return showText(state, value)
  const style = value === null ? 'null' : (typeof value as 'number')
  return state.stylize(toPrimitiveText(value, state.numericSeparator), style)
}

function showText(
  { stylize, indentation, breakLength, compact, maxStringLength }: State,
  value: string,
): string {
  const text = value.slice(0, maxStringLength)
  const more = plural(value.length - text.length, 'character')
  if (compact === Infinity || text.length <= SHORT || text.length <= breakLength - indentation - 4)
    return stylize(quote(text), 'string') + more
  const lines = text.split(/(?<=\n)/).map((line) => stylize(quote(line), 'string'))
  return lines.join(` +\n${' '.repeat(indentation + 2)}`) + more
}

/** Thousands of a number, and of what is behind its point. */
function separate(text: string): string {
  if (!/^-?[\d.]+$/.test(text)) return text
  const [whole = '', part] = text.split('.')
  const thousands = whole.replaceAll(/(?<=\d)(?=(?:\d{3})+$)/g, '_')
  return part === undefined ? thousands : `${thousands}.${part.replaceAll(/(\d{3})(?=\d)/g, '$1_')}`
}

/** `... 3 more items`, or nothing. */
export function plural(count: number, what: string): string {
  return count > 0 ? `... ${count} more ${what}${count > 1 ? 's' : ''}` : ''
}

/** In quotes that are not within, if there are any. */
export function quote(text: string): string {
  const mark = !text.includes("'")
    ? "'"
    : !text.includes('"')
      ? '"'
      : !text.includes('`') && !text.includes('${')
        ? '`'
        : "'"
  return (
    mark +
    text.replaceAll(NEEDS_ESCAPE, (found) => (found === "'" && mark !== "'" ? found : escape(found))) +
    mark
  )
}

function escape(char: string): string {
  const code = char.charCodeAt(0)
  if (char === "'") return "\\'"
  return (
    NAMED[char] ??
    (code < 0x100 ? `\\x${code.toString(16).toUpperCase().padStart(2, '0')}` : `\\u${code.toString(16)}`)
  )
}
