/** A statement of a Durable Object, or several in one text, and their rows as its guest reads them. */

import type { StatementSync } from 'node:sqlite'

import type { GuardedDatabase, Row } from '../sql/guarded-database.ts'
import { type Parameter, parseStatements } from '../sql/parse-statements.ts'
import type { Prepared } from '../sql/prepared.ts'
import { toValueText } from '../sql/rows-text.ts'
import { toMessage } from './message.ts'
import { Refused } from './operation.ts'

/** Characters of all rows as JSON, bytes of their BLOBs included. */
const LARGEST_RESULT = 16 * 2 ** 20
/** Some settings change when they are prepared, but not within a transaction. */
const PRAGMA = /pragma/i

/** Who begins a transaction. */
export type Begin = () => void

/**
 * What the last of the statements gives: `{"columns", "rows", "blobs", "rowsRead", "rowsWritten"}`, LF, and the bytes of all BLOBs.
 * `blobs`: row, column and length of each; its place among the rows is null. `input`: see parse-statements.ts.
 */
export function runQuery(database: GuardedDatabase, input: Uint8Array, begin: Begin): Uint8Array {
  const [statement] = parseStatements(input)
  if (statement === undefined) throw new Refused('SQL code did not contain a statement.')
  const { sql, params } = statement
  if (PRAGMA.test(sql)) begin()
  const before = countChanges(database)
  let prepared = prepare(database, sql, begin)
  while (prepared.rest !== '') {
    if (prepared.parameters > 0)
      throw new Refused('expected parameters in the last one of several statements only')
    readRows(database, prepared, [])
    prepared = prepare(database, prepared.rest, begin)
  }
  if (params.length !== prepared.parameters)
    throw new Refused('Wrong number of parameter bindings for SQL query.')
  const rows = readRows(database, prepared, params)
  const rowsWritten = countChanges(database) - before
  return rows.toMessage(prepared.seen.reads ? rows.count : 0, rowsWritten)
}

function prepare(database: GuardedDatabase, sql: string, begin: Begin): Prepared {
  const prepared = database.prepare(sql)
  if (prepared.seen.writes) begin()
  return prepared
}

function readRows(database: GuardedDatabase, prepared: Prepared, params: readonly Parameter[]): Rows {
  let rows = new Rows(prepared.statement)
  database.read(prepared, params, () => {
    rows = new Rows(prepared.statement)
    return (row) => rows.add(row)
  })
  return rows
}

function countChanges(database: GuardedDatabase): number {
  return database.ask('SELECT total_changes()')
}

class Rows {
  readonly #statement: StatementSync
  readonly #blobs: Uint8Array[] = []
  readonly #places: [row: number, column: number, length: number][] = []
  #blobBytes = 0
  #text = ''
  count = 0

  constructor(statement: StatementSync) {
    this.#statement = statement
  }

  add(row: Row): boolean {
    let text = this.count === 0 ? '[' : ',['
    for (let i = 0; i < row.length; i++) text += (i === 0 ? '' : ',') + this.#toText(row[i]!, i)
    this.#text += `${text}]`
    this.count++
    if (this.#text.length + this.#blobBytes > LARGEST_RESULT)
      throw new Refused(`expected rows of at most ${LARGEST_RESULT} bytes in all, got more; use LIMIT`)
    return true
  }

  toMessage(rowsRead: number, rowsWritten: number): Uint8Array {
    const columns = this.#statement.columns().map(({ name }) => name)
    const rest = toMessage({ columns, blobs: this.#places, rowsRead, rowsWritten })
    const head = `{"rows":[${this.#text}],`
    // the rows are JSON already
    return Buffer.concat([Buffer.from(head), rest.subarray(1), ...this.#blobs])
  }

  #toText(value: Row[number], column: number): string {
    // JSON is read so
    if (value === Infinity || value === -Infinity) return value > 0 ? '1e999' : '-1e999'
    if (!(value instanceof Uint8Array)) return toValueText(value)
    this.#blobs.push(value)
    this.#places.push([this.count, column, value.length])
    this.#blobBytes += value.length
    return 'null'
  }
}
