/** How the parts of an object are laid out, as `util.inspect` of Node does it: in a line, in columns, or a line each. */

export const LINE_LENGTH = 80
/** So many levels of objects share a line. */
const COMPACT = 3
const MOST_COLUMNS = 15
const SEPARATOR = 2

export interface Layout {
  readonly parts: readonly string[]
  /** Before the braces: a function, an error, a reference. */
  readonly base: string
  readonly braces: readonly [string, string]
  readonly indentation: number
  readonly breakLength: number
  /** Levels of objects within. */
  readonly levels: number
  /** Of an array: its items, by which columns are aligned. `hasMore`: the last part stands for what is not shown. */
  readonly items: { readonly list: ArrayLike<unknown>; readonly hasMore: boolean } | undefined
}

export function layOut({ parts, base, braces, indentation, breakLength, levels, items }: Layout): string {
  const before = base === '' ? '' : `${base} `
  const lines =
    items !== undefined && parts.length > 6 ? toColumns(parts, breakLength - indentation, items) : parts
  if (levels < COMPACT && lines.length === parts.length) {
    const line = parts.join(', ')
    const start = parts.length + indentation + braces[0].length + base.length + 10
    const fits = line.length - SEPARATOR * (parts.length - 1) + parts.length + start <= breakLength
    if (fits && !base.includes('\n') && !line.includes('\n'))
      return `${before}${braces[0]} ${line} ${braces[1]}`
  }
  const end = `\n${' '.repeat(indentation)}`
  return `${before}${braces[0]}${end}  ${lines.join(`,${end}  `)}${end}${braces[1]}`
}

/** Short items beside each other, in as many columns as make the whole somewhat wider than high. */
function toColumns(
  parts: readonly string[],
  room: number,
  { list, hasMore }: NonNullable<Layout['items']>,
): readonly string[] {
  const shown = hasMore ? parts.slice(0, -1) : parts
  const widths = shown.map((part) => toWidth(part))
  const total = widths.reduce((sum, width) => sum + width + SEPARATOR, 0)
  const widest = Math.max(...widths)
  const cell = widest + SEPARATOR
  if (cell * 3 >= room || (total / cell <= 5 && widest > 6)) return parts
  const biased = Math.max(cell - 3 - Math.sqrt(cell - total / parts.length), 1)
  const columns = Math.min(
    Math.round(Math.sqrt(2.5 * biased * shown.length) / biased),
    Math.floor(room / cell),
    COMPACT * 4,
    MOST_COLUMNS,
  )
  if (columns <= 1) return parts
  const columnWidths = Array.from({ length: columns }, (_, column) =>
    widths.reduce((most, width, i) => (i % columns === column ? Math.max(most, width) : most), 0),
  )
  const isNumeric = parts.every((_, i) => typeof list[i] === 'number' || typeof list[i] === 'bigint')
  const rows: string[] = []
  for (let i = 0; i < shown.length; i += columns) {
    const row = shown.slice(i, i + columns).map((part, column, all) => {
      const isLast = column === all.length - 1
      const text = isLast ? part : `${part}, `
      const width =
        (columnWidths[column] ?? 0) + part.length - (widths[i + column] ?? 0) + (isLast ? 0 : SEPARATOR)
      return isNumeric ? text.padStart(width) : isLast ? text : text.padEnd(width)
    })
    rows.push(row.join(''))
  }
  return hasMore ? [...rows, parts.at(-1) ?? ''] : rows
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\ud83c-\ud83e][\udc00-\udfff]/g
const PAIR = /[\ud800-\udbff][\udc00-\udfff]/g

/** Columns of a terminal. */
export function toWidth(text: string): number {
  const wide = text.match(WIDE)?.length ?? 0
  return text.replaceAll(PAIR, ' ').length + wide
}
