/**
 * Values as one would like to read them in a log: a small `util.inspect`, and the `%s %d %i %f %j %o %O %c` of
 * `console.log`. Pure. Depth, entries and length are bounded: a log line must not cost more than the work it tells of.
 */

const MOST_DEPTH = 4
const MOST_ENTRIES = 100
const MOST_TEXT = 2_000
const MOST_LINE = 16_384
const MOST_MEMBERS = 10
const ERROR_FIELDS = ['stack', 'message', 'name', 'fileName', 'lineNumber', 'columnNumber', 'cause']
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

/** One line of the log: a format with its values, or values one after the other. */
export function formatLine(args: readonly unknown[]): string {
  const [first] = args
  if (args.length === 1 && typeof first === 'string') return cut(first, MOST_LINE)
  let used = 0
  let text = ''
  if (typeof first === 'string') {
    used = 1
    text = first.replaceAll(/%[sdifjoOc%]/g, (mark) => {
      if (mark === '%%') return args.length > 1 ? '%' : mark
      return used < args.length ? formatOne(mark, args[used++]) : mark
    })
  }
  for (let i = used; i < args.length && text.length < MOST_LINE; i++) {
    const value = args[i]
    text += (i === 0 ? '' : ' ') + (typeof value === 'string' ? value : inspect(value))
  }
  return cut(text, MOST_LINE)
}

function formatOne(mark: string, value: unknown): string {
  switch (mark) {
    case '%s':
      return typeof value === 'string' ? value : inspect(value, 1)
    case '%d':
      return typeof value === 'bigint'
        ? `${value}n`
        : String(typeof value === 'object' ? Number.NaN : Number(value))
    case '%i':
      return String(Number.parseInt(String(value), 10))
    case '%f':
      return String(Number.parseFloat(String(value)))
    case '%j':
      return JSON.stringify(value) ?? 'undefined'
    case '%c':
      return ''
    default:
      return inspect(value)
  }
}

export function inspect(value: unknown, depth = MOST_DEPTH): string {
  return cut(show(value, depth, []), MOST_LINE)
}

function show(value: unknown, depth: number, path: readonly object[]): string {
  switch (typeof value) {
    case 'string':
      return quote(value)
    case 'bigint':
      return `${value}n`
    case 'function':
      return /^class\b/.test(Function.prototype.toString.call(value))
        ? `[class ${value.name || '(anonymous)'}]`
        : `[Function: ${value.name || '(anonymous)'}]`
    case 'object':
      return value === null ? 'null' : showObject(value, depth, path)
    default:
      return Object.is(value, -0) ? '-0' : String(value)
  }
}

function quote(text: string): string {
  const cutText = cut(text, MOST_TEXT)
  if (!cutText.includes("'")) return `'${JSON.stringify(cutText).slice(1, -1).replaceAll('\\"', '"')}'`
  return JSON.stringify(cutText)
}

function showObject(value: object, depth: number, path: readonly object[]): string {
  if (path.includes(value)) return '[Circular]'
  try {
    return showKind(value, depth, [...path, value])
  } catch {
    return '[cannot be shown]'
  }
}

function showKind(value: object, depth: number, path: readonly object[]): string {
  const name = nameOf(value)
  if (value instanceof Error) return showError(value, depth, path)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof RegExp) return String(value)
  if (name === 'Promise') return 'Promise {}'
  if (name === 'Number' || name === 'Boolean' || name === 'String') {
    return `[${name}: ${show(value.valueOf(), depth, path)}]`
  }
  if (value instanceof ArrayBuffer) return `ArrayBuffer { byteLength: ${value.byteLength} }`
  if (depth < 0 || path.length > MOST_DEPTH + 1)
    return Array.isArray(value) ? '[Array]' : `[${name || 'Object'}]`
  const next = depth - 1
  if (Array.isArray(value)) return wrap('', '[', showItems(value, value.length, next, path), ']')
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const items = value as unknown as ArrayLike<unknown>
    return wrap(`${name}(${items.length}) `, '[', showItems(items, items.length, next, path), ']')
  }
  if (value instanceof Map) return wrap(`Map(${value.size}) `, '{', showPairs(value, next, path, ' => '), '}')
  if (value instanceof Set) {
    return wrap(`Set(${value.size}) `, '{', showItems([...first(value)], value.size, next, path), '}')
  }
  const entries = (value as { entries?: unknown }).entries
  if (
    (name === 'Headers' || name === 'FormData' || name === 'URLSearchParams') &&
    typeof entries === 'function'
  ) {
    return wrap(`${name} `, '{', showPairs(value as Iterable<[unknown, unknown]>, next, path, ': '), '}')
  }
  if (name === 'URL') return `URL { ${quote((value as URL).href)} }`
  return wrap(
    name === 'Object' ? '' : `${name || '[Object: null prototype]'} `,
    '{',
    showFields(value, next, path),
    '}',
  )
}

function nameOf(value: object): string {
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null
  if (prototype === null) return ''
  const name = prototype.constructor?.name
  return typeof name === 'string' ? name : 'Object'
}

/** With its fields, its stack, the members of an AggregateError, and what caused it, each from a line of its own on. */
function showError(error: Error, depth: number, path: readonly object[]): string {
  const head = error.message === '' ? error.name : `${error.name}: ${error.message}`
  const fields = showFields(error, depth - 1, path, ERROR_FIELDS)
  let text = cut(head, MOST_TEXT)
  if (fields.length > 0) text += ` ${wrap('', '{', fields, '}')}`
  if (typeof error.stack === 'string' && error.stack !== '')
    text += `\n${cut(error.stack.trimEnd(), MOST_TEXT)}`
  const members: unknown = ownValue(error, 'errors')
  if (error instanceof AggregateError && Array.isArray(members)) {
    const most = Math.min(members.length, MOST_MEMBERS)
    for (let i = 0; i < most; i++) {
      text += `\nerror ${i + 1} of ${members.length}: ${showNext(members[i], depth, path)}`
    }
  }
  const cause = ownValue(error, 'cause')
  return cause === undefined ? text : `${text}\ncaused by: ${showNext(cause, depth, path)}`
}

function showNext(error: unknown, depth: number, path: readonly object[]): string {
  return path.length > MOST_DEPTH ? '[...]' : show(error, depth - 1, path)
}

/** Of a property that is no getter. */
function ownValue(value: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(value, key)?.value
}

function showItems(
  items: ArrayLike<unknown>,
  total: number,
  depth: number,
  path: readonly object[],
): string[] {
  const shown: string[] = []
  for (let i = 0; i < Math.min(items.length, MOST_ENTRIES); i++) {
    shown.push(i in items || ArrayBuffer.isView(items) ? show(items[i], depth, path) : '<empty>')
  }
  return more(shown, total)
}

function showPairs(
  pairs: Iterable<[unknown, unknown]>,
  depth: number,
  path: readonly object[],
  mark: string,
): string[] {
  const shown: string[] = []
  let total = 0
  for (const [key, value] of pairs) {
    total++
    if (total <= MOST_ENTRIES) shown.push(show(key, depth, path) + mark + show(value, depth, path))
  }
  return more(shown, total)
}

function showFields(
  value: object,
  depth: number,
  path: readonly object[],
  hidden: readonly string[] = [],
): string[] {
  const keys = Reflect.ownKeys(value).filter((key) => !hidden.includes(String(key)))
  const shown: string[] = []
  for (const key of keys) {
    if (shown.length === MOST_ENTRIES) break
    const field = Object.getOwnPropertyDescriptor(value, key)
    if (!field?.enumerable) continue
    const label = typeof key === 'symbol' ? `[${String(key)}]` : IDENTIFIER.test(key) ? key : quote(key)
    shown.push(
      `${label}: ${field.get ? '[Getter]' : field.set ? '[Setter]' : show(field.value, depth, path)}`,
    )
  }
  return shown.length < MOST_ENTRIES ? shown : more(shown, keys.length)
}

function* first<T>(items: Iterable<T>): Generator<T> {
  let count = 0
  for (const item of items) {
    if (count++ === MOST_ENTRIES) return
    yield item
  }
}

function more(shown: string[], total: number): string[] {
  if (total > shown.length) shown.push(`... ${total - shown.length} more`)
  return shown
}

function wrap(prefix: string, open: string, parts: readonly string[], close: string): string {
  if (parts.length === 0) return `${prefix}${open}${close}`
  const line = parts.join(', ')
  return open === '[' ? `${prefix}[ ${line} ]` : `${prefix}{ ${line} }`
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}... ${text.length - most} more characters` : text
}
