/** `ctx.storage.sql`: statements on the object's own database, made at once. */

import { askStorage } from '../../bindings/durable-storage.ts'
import { bytesOf, type Bytes } from '../../globals/buffer-source.ts'
import { NativeError, NativeTypeError } from '../../globals/primordials.ts'
import { refuse } from '../../globals/structured-clone.ts'
import { finishInterface, isObject, toScalarText } from '../../globals/web-idl.ts'

type SqlValue = null | number | string | ArrayBuffer
type SqlRow = Record<string, SqlValue>

interface Result {
  readonly columns: string[]
  readonly rows: SqlValue[][]
  readonly blobs: readonly (readonly [row: number, column: number, length: number])[]
  readonly rowsRead: number
  readonly rowsWritten: number
}

let making: Result | undefined

/** The rows of a statement. They are all there; it goes through them once, whatever goes. */
class Cursor implements IterableIterator<SqlRow> {
  readonly #result: Result
  #at = 0

  constructor() {
    if (making === undefined) throw new NativeTypeError('Illegal constructor')
    this.#result = making
  }

  get columnNames(): string[] {
    return this.#result.columns
  }

  get rowsRead(): number {
    return this.#result.rowsRead
  }

  get rowsWritten(): number {
    return this.#result.rowsWritten
  }

  next(): IteratorResult<SqlRow, undefined> {
    const row = this.#take()
    return row === undefined
      ? { done: true, value: undefined }
      : { done: false, value: toRow(this.#result.columns, row) }
  }

  toArray(): SqlRow[] {
    const rows: SqlRow[] = []
    const { columns } = this.#result
    for (let row = this.#take(); row !== undefined; row = this.#take()) rows.push(toRow(columns, row))
    return rows
  }

  one(): SqlRow {
    const row = this.#take()
    if (row === undefined)
      throw new NativeError('Expected exactly one result from SQL query, but got no results.')
    if (this.#take() !== undefined) {
      this.#at = this.#result.rows.length
      throw new NativeError('Expected exactly one result from SQL query, but got multiple results.')
    }
    return toRow(this.#result.columns, row)
  }

  raw(): RawIterator {
    return openRaw(() => this.#take())
  }

  [Symbol.iterator](): this {
    return this
  }

  #take(): SqlValue[] | undefined {
    return this.#result.rows[this.#at++]
  }
}

type Take = () => SqlValue[] | undefined
let taking: Take | undefined

/** The rows as arrays. */
class RawIterator implements IterableIterator<SqlValue[]> {
  readonly #take: Take

  constructor() {
    if (taking === undefined) throw new NativeTypeError('Illegal constructor')
    this.#take = taking
  }

  next(): IteratorResult<SqlValue[], undefined> {
    const value = this.#take()
    return value === undefined ? { done: true, value } : { done: false, value }
  }

  toArray(): SqlValue[][] {
    const rows: SqlValue[][] = []
    for (let row = this.#take(); row !== undefined; row = this.#take()) rows.push(row)
    return rows
  }

  [Symbol.iterator](): this {
    return this
  }
}

function openRaw(take: Take): RawIterator {
  taking = take
  try {
    return new RawIterator()
  } finally {
    taking = undefined
  }
}

/** Statements that are prepared are the host's; there for who looks whether it is there. */
// oxlint-disable-next-line typescript/no-extraneous-class -- the app makes none
class Statement {
  constructor() {
    throw new NativeTypeError('Illegal constructor')
  }
}

export class SqlStorage {
  get databaseSize(): number {
    return askStorage('size', null).said as number
  }

  get Cursor(): typeof Cursor {
    return Cursor
  }

  get Statement(): typeof Statement {
    return Statement
  }

  exec(query: unknown, ...bindings: readonly unknown[]): Cursor {
    if (arguments.length === 0)
      throw new NativeTypeError(
        "Failed to execute 'exec' on 'SqlStorage': parameter 1 is not of type 'string'.",
      )
    const blobs: Bytes[] = []
    const params = bindings.map((each) => toParameter(each, blobs))
    const { said, rest } = askStorage('query', [{ sql: toScalarText(query), params }], blobs)
    making = said as Result
    fillBlobs(making, rest)
    try {
      return new Cursor()
    } finally {
      making = undefined
    }
  }
}

/** As it crosses; what is no number and no bytes is text. */
function toParameter(value: unknown, blobs: Bytes[]): unknown {
  if (value === null || value === undefined) return null
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'bigint') throw new NativeTypeError('Cannot convert a BigInt value to a number')
  const bytes = isObject(value) ? bytesOf(value) : undefined
  if (bytes === undefined) return toScalarText(value)
  blobs.push(bytes)
  return { blob: bytes.length }
}

function fillBlobs({ rows, blobs }: Result, bytes: Uint8Array): void {
  let at = 0
  for (const [row, column, length] of blobs) {
    rows[row]![column] = bytes.slice(at, at + length).buffer
    at += length
  }
}

function toRow(columns: readonly string[], values: readonly SqlValue[]): SqlRow {
  const row: SqlRow = {}
  for (let i = 0; i < columns.length; i++) define(row, columns[i]!, values[i]!)
  return row
}

const { defineProperty } = Object

function define(row: SqlRow, name: string, value: SqlValue): void {
  if (name === '__proto__')
    defineProperty(row, name, { value, writable: true, enumerable: true, configurable: true })
  else row[name] = value
}

finishInterface(SqlStorage, 'SqlStorage')
finishInterface(Cursor, 'Cursor')
finishInterface(RawIterator, 'RawIterator')
finishInterface(Statement, 'Statement')
refuse([SqlStorage, Cursor, RawIterator, Statement])
