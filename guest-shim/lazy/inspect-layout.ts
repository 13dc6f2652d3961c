/** How the parts of an object are laid out, as `util.inspect` of Node does it: in a line, in columns, or a line each. */

import type { State } from './inspect-state.ts'
import { withoutColors } from './inspect-style.ts'

const MOST_COLUMNS = 15
const SEPARATOR = 2

export interface Layout {
  readonly parts: readonly string[]
  /** Before the braces: a function, an error, a reference. */
  readonly base: string
  readonly braces: readonly [string, string]
  /** Levels of objects within. */
  readonly levels: number
  /** Of an array: its items, by which columns are aligned. `hasMore`: the last part stands for what is not shown. */
  readonly items: { readonly list: ArrayLike<unknown>; readonly hasMore: boolean } | undefined
}

export function layOut(state: State, { parts, base, braces, levels, items }: Layout): string {
  const { indentation, compact } = state
  const end = `\n${' '.repeat(indentation)}`
  const [open, close] = braces
  if (compact === Infinity) {
    if (fits(state, parts, 0, base)) return `${open}${base && ` ${base}`} ${parts.join(', ')} ${close}`
    // what is longer than a brace would move the first part alone
    const first = base === '' && open.length === 1 ? ' ' : `${base && ` ${base}`}${end}  `
    return `${open}${first}${parts.join(`,${end}  `)} ${close}`
  }
  const before = base === '' ? '' : `${base} `
  const lines =
    compact >= 1 && items !== undefined && parts.length > 6 ? toColumns(state, parts, items) : parts
  if (levels < compact && lines.length === parts.length) {
    const line = parts.join(', ')
    const start = parts.length + indentation + open.length + base.length + 10
    if (fits(state, parts, start, base) && !line.includes('\n')) return `${before}${open} ${line} ${close}`
  }
  return `${before}${open}${end}  ${lines.join(`,${end}  `)}${end}${close}`
}

function fits(state: State, parts: readonly string[], start: number, base: string): boolean {
  const width = parts.reduce((sum, part) => sum + lengthOf(state, part), parts.length + start)
  return width <= state.breakLength && !base.includes('\n')
}

const lengthOf = ({ hasColors }: State, part: string): number =>
  hasColors ? withoutColors(part).length : part.length

/** Short items beside each other, in as many columns as make the whole somewhat wider than high. */
function toColumns(
  { hasColors, breakLength, indentation, compact }: State,
  parts: readonly string[],
  { list, hasMore }: NonNullable<Layout['items']>,
): readonly string[] {
  const room = breakLength - indentation
  const shown = hasMore ? parts.slice(0, -1) : parts
  const widths = shown.map((part) => toWidth(hasColors ? withoutColors(part) : part))
  const total = widths.reduce((sum, width) => sum + width + SEPARATOR, 0)
  const widest = Math.max(...widths)
  const cell = widest + SEPARATOR
  if (cell * 3 >= room || (total / cell <= 5 && widest > 6)) return parts
  const biased = Math.max(cell - 3 - Math.sqrt(cell - total / parts.length), 1)
  const columns = Math.min(
    Math.round(Math.sqrt(2.5 * biased * shown.length) / biased),
    Math.floor(room / cell),
    compact * 4,
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
