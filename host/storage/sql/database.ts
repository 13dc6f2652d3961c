/**
 * One open SQLite file of a tenant, and what D1 makes of a call on it.
 *
 *     call  >  statements prepared one after the other [refused: authorizer, limits]  >  run  >  JSON of D1's results
 *                                                      [anything thrown: all of the call is rolled back]
 *
 * A single statement is a transaction by itself, several are one. No setting that a tenant has switched outlives its call.
 * What is acknowledged is on the disk: WAL, synced with each transaction.
 */
import { performance } from 'node:perf_hooks'
import type { StatementSync } from 'node:sqlite'
import type { DatabaseFile, RowShape } from './call.ts'
import { GuardedDatabase, PAGE_BYTES, type Row } from './guarded-database.ts'
import type { Parameter, Statement } from './parse-statements.ts'
import type { Prepared } from './prepared.ts'
import { toArrayText, toMembers, toObjectText } from './rows-text.ts'

/** Characters of all rows of a call, as JSON. */
const LONGEST_RESULT = 16 * 2 ** 20

const KIND = {
  settings: 'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL',
  instead: 'several statements are a transaction in batch()',
}

/** In whatever it stands. */
const PRAGMA = /pragma/i

/** What the connection counts. */
interface Counts {
  readonly changes: number
  readonly lastRowId: number
  readonly pages: number
  /** Counts its changes. */
  readonly schema: number
}

type Own = Readonly<Record<'begin' | 'commit' | 'rollback' | 'counts' | 'pages' | 'schema', StatementSync>>

/** One file, open. */
export class SqlDatabase implements Disposable {
  readonly #database: GuardedDatabase
  readonly #own: Own
  #counts: Counts

  /** Throws what SQLite says. */
  constructor(file: DatabaseFile) {
    this.#database = new GuardedDatabase(file, KIND)
    this.#own = this.#database.own((database): Own => {
      const prepare = (sql: string) => database.prepare(sql, { readBigInts: true, returnArrays: true })
      return {
        begin: prepare('BEGIN IMMEDIATE'),
        commit: prepare('COMMIT'),
        rollback: prepare('ROLLBACK'),
        counts: prepare('SELECT total_changes(), last_insert_rowid()'),
        pages: prepare('PRAGMA page_count'),
        schema: prepare('PRAGMA schema_version'),
      }
    })
    this.#counts = this.#count()
  }

  /** It has to be opened again before the next call. */
  get isSpent(): boolean {
    return this.#database.isSpent
  }

  /** JSON: D1's results, a list. Throws an `Error` that says what D1 would. */
  run(statements: readonly Statement[], shape: RowShape): string {
    const filled = statements.filter(({ sql }) => sql.trim() !== '')
    if (filled.length === 0) throw new Error('No SQL statements detected.')
    try {
      return this.#run(filled, shape)
    } catch (error) {
      if (this.#database.isTransaction) this.#do(({ rollback }) => rollback.run())
      this.#counts = this.#count()
      throw new Error(this.#database.toText(error), { cause: error })
    }
  }

  [Symbol.dispose](): void {
    this.#database[Symbol.dispose]()
  }

  #run(statements: readonly Statement[], shape: RowShape): string {
    // one that is all by itself is a transaction already; some settings change when they are prepared, but not within one
    const [{ sql }] = statements as [Statement]
    const isAlone = statements.length === 1 && !PRAGMA.test(sql) && this.#database.prepare(sql).rest === ''
    if (!isAlone) this.#do(({ begin }) => begin.run())
    let room = LONGEST_RESULT
    let results = ''
    for (const each of statements) {
      const result = this.#runText(each, shape, room)
      room -= result.length
      results += results === '' ? result : `,${result}`
    }
    if (this.#database.isTransaction) this.#do(({ commit }) => commit.run())
    return `[${results}]`
  }

  /** Of all statements of a text, what the last one gives. */
  #runText({ sql, params }: Statement, shape: RowShape, room: number): string {
    const before = this.#counts
    const begun = performance.now()
    let prepared = this.#database.prepare(sql)
    while (prepared.rest !== '') {
      if (prepared.parameters > 0) {
        throw new Error('expected parameters in the last one of several statements only')
      }
      this.#read(prepared, [], 'none', room)
      prepared = this.#database.prepare(prepared.rest)
    }
    if (params.length !== prepared.parameters) {
      throw new Error('Wrong number of parameter bindings for SQL query.')
    }
    const { text, rows } = this.#read(prepared, params, shape, room)
    const meta = this.#toMeta(before, prepared, rows, performance.now() - begun)
    return `{"success":true,"meta":${JSON.stringify(meta)},"results":${text}}`
  }

  #read(
    prepared: Prepared,
    params: readonly Parameter[],
    shape: RowShape,
    room: number,
  ): { text: string; rows: number } {
    let rows = new RowsText(prepared.statement, shape, room)
    this.#database.read(prepared, params, () => {
      rows = new RowsText(prepared.statement, shape, room)
      return (row) => rows.add(row)
    })
    return { text: rows.toText(), rows: rows.count }
  }

  #toMeta(before: Counts, { seen }: Prepared, rows: number, duration: number) {
    const after = this.#count()
    this.#counts = after
    const changes = after.changes - before.changes
    return {
      served_by: 'nano',
      served_by_primary: true,
      timings: { sql_duration_ms: duration },
      duration,
      changes,
      last_row_id: after.lastRowId,
      changed_db:
        changes !== 0 ||
        after.lastRowId !== before.lastRowId ||
        after.pages !== before.pages ||
        after.schema !== before.schema,
      size_after: after.pages * PAGE_BYTES,
      rows_read: seen.reads ? rows : 0,
      rows_written: changes,
    }
  }

  #count(): Counts {
    return this.#do(({ counts, pages, schema }) => {
      const [changes, lastRowId] = counts.get() as unknown as [bigint, bigint]
      const [count] = pages.get() as unknown as [bigint]
      const [version] = schema.get() as unknown as [bigint]
      return {
        changes: Number(changes),
        lastRowId: Number(lastRowId),
        pages: Number(count),
        schema: Number(version),
      }
    })
  }

  #do<T>(act: (own: Own) => T): T {
    return this.#database.own(() => act(this.#own))
  }
}

/** The rows of a statement, as JSON of this shape. */
class RowsText {
  readonly #statement: StatementSync
  readonly #shape: RowShape
  readonly #room: number
  #members: readonly string[] | undefined
  #text = ''
  count = 0

  constructor(statement: StatementSync, shape: RowShape, room: number) {
    this.#statement = statement
    this.#shape = shape
    this.#room = room
  }

  /** Whether another one is wanted. */
  add(row: Row): boolean {
    this.count++
    const shape = this.#shape
    if (shape === 'none') return true
    this.#members ??= shape === 'arrays' ? [] : toMembers(namesOf(this.#statement))
    const text = shape === 'arrays' ? toArrayText(row) : toObjectText(this.#members, row)
    this.#text += this.count === 1 ? text : `,${text}`
    if (this.#text.length > this.#room) {
      throw new Error(`expected rows of ${LONGEST_RESULT} characters as JSON at most, got more; use LIMIT`)
    }
    return shape !== 'first'
  }

  toText(): string {
    const list = `[${this.#text}]`
    if (this.#shape !== 'arrays') return list
    return `{"columns":${JSON.stringify(namesOf(this.#statement))},"rows":${list}}`
  }
}

const namesOf = (statement: StatementSync): string[] => statement.columns().map(({ name }) => name)
