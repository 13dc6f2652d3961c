/**
 * One open SQLite file of a tenant, and what D1 makes of a call on it.
 *
 *     call  >  statements prepared one after the other [refused: authorizer, limits]  >  run  >  JSON of D1's results
 *                                                      [anything thrown: all of the call is rolled back]
 *
 * A single statement is a transaction by itself, several are one. No setting that a tenant has switched outlives its call.
 * What is acknowledged is on the disk: WAL, synced with each transaction.
 */
import { mkdirSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { performance } from 'node:perf_hooks'
import { constants, DatabaseSync, type StatementSync } from 'node:sqlite'
import { isAllowed, makeSeen, type Seen } from './authorizer.ts'
import type { DatabaseFile, RowShape } from './call.ts'
import { SQLITE_AUTH, SQLITE_FULL, SQLITE_IOERR, toCode, toErrorText } from './error-text.ts'
import type { Parameter, Statement } from './parse-statements.ts'
import { MOST_PARAMETERS, type Prepared, PreparedStatements } from './prepared.ts'
import { toArrayText, toMembers, toObjectText } from './rows-text.ts'

/** Characters of all rows of a call, as JSON. */
const LONGEST_RESULT = 16 * 2 ** 20
const PAGE_BYTES = 4096
/** How long the log of a database may stay on the disk after it was written into the file. */
const LONGEST_LOG = 4 * 2 ** 20
/** Less than this on the disk is a full disk. */
const LEAST_ROOM = 2 ** 20
/** Another process, such as the command line's, may have the file for a moment. */
const BUSY_MS = 2000

/** As D1 has them where it says so, and else as SQLite's authors advise for untrusted statements. */
const LIMITS = {
  length: 2_000_000,
  sqlLength: 1_000_000,
  column: 100,
  exprDepth: 100,
  compoundSelect: 5,
  vdbeOp: 25_000,
  functionArg: 127,
  attach: 0,
  likePatternLength: 50,
  variableNumber: MOST_PARAMETERS,
  triggerDepth: 10,
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
  readonly #database: DatabaseSync
  readonly #prepared: PreparedStatements
  readonly #path: string
  readonly #own: Own
  /** What the statement that is prepared now does. SQLite prepares by itself, too, when the schema has changed. */
  #seen: Seen = makeSeen()
  /** What runs is ours. */
  #isOwn = false
  #counts: Counts
  /** It has to be opened again before the next call. */
  isSpent = false

  /** Throws what SQLite says. */
  constructor({ path, maxBytes }: DatabaseFile) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    this.#path = path
    const maxPages = Math.max(1, Math.floor(maxBytes / PAGE_BYTES))
    const options = { enableDoubleQuotedStringLiterals: true, timeout: BUSY_MS, limits: LIMITS }
    const database = new DatabaseSync(path, options)
    this.#database = database
    database.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      PRAGMA temp_store = MEMORY; PRAGMA max_page_count = ${maxPages}; PRAGMA journal_size_limit = ${LONGEST_LOG};
      PRAGMA trusted_schema = OFF; PRAGMA recursive_triggers = OFF`)
    const prepare = (sql: string) => database.prepare(sql, { readBigInts: true, returnArrays: true })
    this.#own = {
      begin: prepare('BEGIN IMMEDIATE'),
      commit: prepare('COMMIT'),
      rollback: prepare('ROLLBACK'),
      counts: prepare('SELECT total_changes(), last_insert_rowid()'),
      pages: prepare('PRAGMA page_count'),
      schema: prepare('PRAGMA schema_version'),
    }
    this.#prepared = new PreparedStatements(database, (make) => this.#watch(make))
    database.setAuthorizer((action, first, second, schema) =>
      this.#isOwn || isAllowed([action, first, second, schema], this.#seen)
        ? constants.SQLITE_OK
        : constants.SQLITE_DENY,
    )
    this.#counts = this.#count()
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
      throw new Error(this.#toText(error), { cause: error })
    }
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }

  #run(statements: readonly Statement[], shape: RowShape): string {
    // one that is all by itself is a transaction already; some settings change when they are prepared, but not within one
    const [{ sql }] = statements as [Statement]
    const isAlone = statements.length === 1 && !PRAGMA.test(sql) && this.#prepare(sql).rest === ''
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
    let prepared = this.#prepare(sql)
    while (prepared.rest !== '') {
      if (prepared.parameters > 0) {
        throw new Error('expected parameters in the last one of several statements only')
      }
      this.#read(prepared, [], 'none', room)
      prepared = this.#prepare(prepared.rest)
    }
    if (params.length !== prepared.parameters) {
      throw new Error('Wrong number of parameter bindings for SQL query.')
    }
    const { text, rows } = this.#read(prepared, params, shape, room)
    const meta = this.#toMeta(before, prepared, rows, performance.now() - begun)
    return `{"success":true,"meta":${JSON.stringify(meta)},"results":${text}}`
  }

  #prepare(sql: string): Prepared {
    const prepared = this.#prepared.prepare(sql)
    if (prepared.seen.sets) this.isSpent = true
    return prepared
  }

  #read(
    prepared: Prepared,
    params: readonly Parameter[],
    shape: RowShape,
    room: number,
  ): { text: string; rows: number } {
    const { statement, seen } = prepared
    try {
      return readRows(statement, params, shape, room)
    } catch (error) {
      this.#prepared.forget(prepared)
      if (
        prepared.hasBigInts ||
        seen.writes ||
        (error as NodeJS.ErrnoException).code !== 'ERR_OUT_OF_RANGE'
      ) {
        throw error
      }
      // it only reads, so that it can be asked again
      prepared.hasBigInts = true
      statement.setReadBigInts(true)
      return readRows(statement, params, shape, room)
    }
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

  #watch(make: () => StatementSync): { statement: StatementSync; seen: Seen } {
    this.#seen = makeSeen()
    return { statement: make(), seen: this.#seen }
  }

  #do<T>(act: (own: Own) => T): T {
    this.#isOwn = true
    try {
      return act(this.#own)
    } finally {
      this.#isOwn = false
    }
  }

  #toText(error: unknown): string {
    const code = toCode(error)
    if (code === SQLITE_IOERR) this.isSpent = true
    if (code === SQLITE_FULL && hasRoom(this.#path)) return 'Exceeded maximum DB size.'
    if (code === SQLITE_AUTH && this.#seen.transacts) {
      return 'expected no BEGIN, COMMIT or SAVEPOINT; several statements are a transaction in batch(): SQLITE_AUTH'
    }
    if ((error as NodeJS.ErrnoException).code === 'ERR_INVALID_ARG_VALUE') {
      return 'SQL code did not contain a statement.'
    }
    return toErrorText(error)
  }
}

/** Whether the disk has some: then it is the quota that is used up. */
function hasRoom(path: string): boolean {
  const { bavail, bsize } = statfsSync(dirname(path))
  return bavail * bsize > LEAST_ROOM
}

function readRows(
  statement: StatementSync,
  params: readonly Parameter[],
  shape: RowShape,
  room: number,
): { text: string; rows: number } {
  let [text, rows] = ['', 0]
  let members: readonly string[] | undefined
  for (const each of statement.iterate(...params)) {
    const row = each as unknown as Parameters<typeof toArrayText>[0]
    rows++
    if (shape === 'none') continue
    members ??= shape === 'arrays' ? [] : toMembers(namesOf(statement))
    const rowText = shape === 'arrays' ? toArrayText(row) : toObjectText(members, row)
    text += rows === 1 ? rowText : `,${rowText}`
    if (text.length > room) {
      throw new Error(`expected rows of ${LONGEST_RESULT} characters as JSON at most, got more; use LIMIT`)
    }
    if (shape === 'first') break
  }
  const list = `[${text}]`
  if (shape !== 'arrays') return { text: list, rows }
  return { text: `{"columns":${JSON.stringify(namesOf(statement))},"rows":${list}}`, rows }
}

const namesOf = (statement: StatementSync): string[] => statement.columns().map(({ name }) => name)
