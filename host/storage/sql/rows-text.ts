/** Rows as the JSON that D1 gives: a BLOB is a list of numbers, an integer beyond 2 ** 53 the nearest number. */
import type { SQLOutputValue } from 'node:sqlite'

/** The beginning of each member of an object with these columns. */
export const toMembers = (columns: readonly string[]): string[] =>
  columns.map((name, i) => `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`)

export function toObjectText(members: readonly string[], row: readonly SQLOutputValue[]): string {
  let text = ''
  for (let i = 0; i < row.length; i++) text += `${members[i]!}${toValueText(row[i]!)}`
  return `${text}}`
}

export function toArrayText(row: readonly SQLOutputValue[]): string {
  let text = '['
  for (let i = 0; i < row.length; i++) text += i === 0 ? toValueText(row[i]!) : `,${toValueText(row[i]!)}`
  return `${text}]`
}

export function toValueText(value: SQLOutputValue): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null'
    case 'bigint':
      return String(Number(value))
    default:
      return value === null ? 'null' : `[${value.join()}]`
  }
}
