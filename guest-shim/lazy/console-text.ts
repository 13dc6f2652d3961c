/** What `console.table` and `console.timeEnd` of Node say. */

import { inspect } from './inspect.ts'
import { toWidth } from './inspect-layout.ts'

const MOST_ROWS = 1000
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

type Row = readonly [index: string, value: unknown]

/** A table of what has rows; of anything else undefined. `columns`: which of them, if not all. */
export function toTable(data: unknown, columns?: readonly string[]): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined
  const isIterated = data instanceof Map || data instanceof Set
  const rows = toRows(data).slice(0, MOST_ROWS)
  const names: string[] = data instanceof Map ? ['Key'] : []
  const cells = rows.map(([, value]) => {
    const row = new Map<string, string>()
    if (data instanceof Map) {
      const [key, inner] = value as [unknown, unknown]
      return row.set('Key', showCell(key)).set('Values', showCell(inner))
    }
    if (isIterated || typeof value !== 'object' || value === null) return row.set('Values', showCell(value))
    for (const key of columns ?? Object.keys(value)) {
      if (!names.includes(key)) names.push(key)
      if (Object.hasOwn(value, key)) row.set(key, showCell((value as Record<string, unknown>)[key]))
    }
    return row
  })
  if (cells.some((row) => row.has('Values'))) names.push('Values')
  const head = [isIterated ? '(iteration index)' : '(index)', ...names]
  return draw(
    head,
    rows.map(([index], i) => [index, ...names.map((name) => cells[i]?.get(name) ?? '')]),
  )
}

function toRows(data: object): Row[] {
  if (data instanceof Map || data instanceof Set) {
    return [...data].map((value: unknown, i) => [String(i), value])
  }
  return Object.entries(data)
}

function showCell(value: unknown): string {
  const isWide =
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 2
  return inspect(value, { depth: isWide ? -1 : 0, maxArrayLength: 3, breakLength: Infinity })
}

function draw(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, column) =>
    rows.reduce((most, row) => Math.max(most, toWidth(row[column] ?? '')), toWidth(name)),
  )
  const rule = (left: string, middle: string, right: string) =>
    left + widths.map((width) => '─'.repeat(width + 2)).join(middle) + right
  const line = (row: readonly string[]) =>
    `│ ${row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - toWidth(cell))).join(' │ ')} │`
  return [rule('┌', '┬', '┐'), line(head), rule('├', '┼', '┤'), ...rows.map(line), rule('└', '┴', '┘')].join(
    '\n',
  )
}

/** `3.5ms`, `1.234s`, `1:02.123 (m:ss.mmm)`. */
export function toDuration(ms: number): string {
  if (ms < SECOND) return `${Number(ms.toFixed(3))}ms`
  if (ms < MINUTE) return `${(ms / SECOND).toFixed(3)}s`
  const hours = Math.floor(ms / HOUR)
  const minutes = Math.floor((ms % HOUR) / MINUTE)
  const seconds = ((ms % MINUTE) / SECOND).toFixed(3).padStart(6, '0')
  return hours > 0
    ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds} (h:mm:ss.mmm)`
    : `${minutes}:${seconds} (m:ss.mmm)`
}
