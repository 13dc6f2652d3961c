/** `D1Database` and what belongs to it, as Cloudflare documents it. Errors say what D1 says. */

import type { Answer } from '../bindings/data.ts'
import type { Parameter, RowShape, SqlHost, Statement } from '../bindings/sql.ts'
import { bytesOf, type Bytes } from '../globals/buffer-source.ts'
import { decode } from '../globals/primordials.ts'
import { finishInterface, isObject, toText } from '../globals/web-idl.ts'

interface Meta {
  readonly duration: number
}

interface Result {
  readonly success: true
  readonly meta: Meta
  readonly results: unknown
}

interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
}

const CONSTRAINTS: readonly string[] = ['first-primary', 'first-unconstrained']
const HEX = 16
const GROUP = 8

/** Who sends statements. */
class Sender {
  readonly #host: SqlHost
  readonly #onAnswer: () => void

  constructor(host: SqlHost, onAnswer: () => void = () => {}) {
    this.#host = host
    this.#onAnswer = onAnswer
  }

  /** One result for each. Rejects with an error of this kind. */
  async send(statements: readonly Statement[], shape: RowShape, toError = toD1Error): Promise<Result[]> {
    let results
    try {
      const answer: Answer = await this.#host.query(statements, shape)
      results = await answer.read((bytes) => JSON.parse(decode(bytes)) as Result[])
    } catch (error) {
      throw toError(error as Error & { code?: string })
    }
    this.#onAnswer()
    return results
  }
}

export class D1PreparedStatement {
  readonly #sender: Sender
  readonly #statement: Statement

  constructor(sender: Sender, statement: Statement) {
    this.#sender = sender
    this.#statement = statement
  }

  static toStatement(given: unknown): Statement {
    if (isObject(given) && #statement in given) return given.#statement
    throw new TypeError(`expected a D1PreparedStatement, got ${typeof given}`)
  }

  bind(...values: unknown[]): D1PreparedStatement {
    const { sql } = this.#statement
    return new D1PreparedStatement(this.#sender, { sql, params: values.map(toParameter) })
  }

  async first(column: unknown = undefined): Promise<unknown> {
    const [row] = (await this.#run('first')).results as Record<string, unknown>[]
    if (row === undefined) return null
    if (column === undefined) return row
    const name = toText(column)
    const value = row[name]
    if (value !== undefined) return value
    const cause = new Error('Column not found')
    throw new Error(`D1_COLUMN_NOTFOUND: Column not found (${name})`, { cause })
  }

  async all(): Promise<Result> {
    return this.#run('objects')
  }

  async run(): Promise<Result> {
    return this.#run('objects')
  }

  async raw(options: unknown = undefined): Promise<unknown[]> {
    const { columns, rows } = (await this.#run('arrays')).results as Table
    const { columnNames } = (isObject(options) ? options : {}) as { columnNames?: unknown }
    return columnNames ? [columns, ...rows] : [...rows]
  }

  async #run(shape: RowShape): Promise<Result> {
    const [result] = await this.#sender.send([this.#statement], shape)
    return result as Result
  }
}

export class D1DatabaseSession {
  readonly #sender: Sender
  #bookmark: string | null

  constructor(host: SqlHost, constraint: string) {
    this.#bookmark = CONSTRAINTS.includes(constraint) ? null : constraint
    this.#sender = new Sender(host, () => {
      this.#bookmark = toBookmark(Date.now())
    })
  }

  prepare(sql: unknown): D1PreparedStatement {
    return prepare(this.#sender, sql)
  }

  async batch(statements: unknown): Promise<Result[]> {
    return batch(this.#sender, statements)
  }

  getBookmark(): string | null {
    return this.#bookmark
  }
}

export class D1Database {
  readonly #host: SqlHost
  readonly #sender: Sender

  constructor(host: SqlHost) {
    this.#host = host
    this.#sender = new Sender(host)
  }

  prepare(sql: unknown): D1PreparedStatement {
    return prepare(this.#sender, sql)
  }

  async batch(statements: unknown): Promise<Result[]> {
    return batch(this.#sender, statements)
  }

  /** A statement a line, as D1 has it. */
  async exec(sql: unknown): Promise<{ count: number; duration: number }> {
    const lines = toText(sql).trim().split('\n')
    const statements = lines.map((line) => ({ sql: line, params: [] }))
    const toError = ({ message }: Error) => {
      const text = `Error in line 1: ${lines[0]}: ${message}`
      return new Error(`D1_EXEC_ERROR: ${text}`, { cause: new Error(text) })
    }
    const results = await this.#sender.send(statements, 'none', toError)
    const duration = results.reduce((sum, { meta }) => sum + meta.duration, 0)
    return { count: results.length, duration }
  }

  withSession(constraint: unknown = undefined): D1DatabaseSession {
    const given = constraint === undefined || constraint === null ? '' : toText(constraint).trim()
    return new D1DatabaseSession(this.#host, given === '' ? 'first-unconstrained' : given)
  }

  /** Of databases of a kind that D1 has no more. */
  async dump(): Promise<ArrayBuffer> {
    throw new Error('D1_DUMP_ERROR: Status + 404', { cause: new Error('Status 404') })
  }
}

function prepare(sender: Sender, sql: unknown): D1PreparedStatement {
  return new D1PreparedStatement(sender, { sql: toText(sql), params: [] })
}

async function batch(sender: Sender, statements: unknown): Promise<Result[]> {
  return sender.send(
    (statements as unknown[]).map((each) => D1PreparedStatement.toStatement(each)),
    'objects',
  )
}

function toParameter(value: unknown): Parameter {
  switch (typeof value) {
    case 'number':
    case 'string':
      return value
    case 'boolean':
      return value ? 1 : 0
    case 'object': {
      if (value === null) return null
      const bytes = toBytes(value)
      if (bytes !== undefined) return bytes
    }
  }
  const text = `Type '${typeof value}' not supported for value '${toText(value)}'`
  throw new Error(`D1_TYPE_ERROR: ${text}`, { cause: new Error(text) })
}

/** Of an array, of a view's elements, as of an array of them, or of a buffer; what is none of them has none. */
function toBytes(value: object): Bytes | undefined {
  if (Array.isArray(value)) return value.every(isByte) ? new Uint8Array(value) : undefined
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return Uint8Array.from(value as unknown as ArrayLike<number>)
  }
  return bytesOf(value)?.slice()
}

const isByte = (item: unknown): item is number => typeof item === 'number' && item >= 0 && item < 256

/** One database has one place: any bookmark is as good as another, and a later one is greater. */
function toBookmark(now: number): string {
  const time = now.toString(HEX).padStart(2 * GROUP, '0')
  return `${time.slice(0, GROUP)}-${time.slice(GROUP)}-${'0'.repeat(GROUP)}-${'0'.repeat(4 * GROUP)}`
}

function toD1Error({ message, code }: Error & { code?: string }): Error {
  const error = new Error(`D1_ERROR: ${message}`, { cause: new Error(message) })
  return code === undefined
    ? error
    : Object.defineProperty(error, 'code', { value: code, configurable: true })
}

finishInterface(D1Database, 'D1Database')
finishInterface(D1DatabaseSession, 'D1DatabaseSession')
finishInterface(D1PreparedStatement, 'D1PreparedStatement')
