/** Primitives as `util.inspect` of Node shows them. */

const MOST_TEXT = 10_000
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

/** `indentation`: where it begins in its line. */
export function showPrimitive(value: unknown, indentation = 0, breakLength = Infinity): string {
  switch (typeof value) {
    case 'string':
      return showText(value, indentation, breakLength)
    case 'bigint':
      return `${value}n`
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    default:
      return String(value)
  }
}

function showText(value: string, indentation: number, breakLength: number): string {
  const text = value.slice(0, MOST_TEXT)
  const more = plural(value.length - text.length, 'character')
  if (text.length <= SHORT || text.length <= breakLength - indentation - 4) return quote(text) + more
  const lines = text.split(/(?<=\n)/).map(quote)
  return lines.join(` +\n${' '.repeat(indentation + 2)}`) + more
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
