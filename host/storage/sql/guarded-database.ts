/**
 * An SQLite file that runs statements of a tenant: what they may do is asked for each step of each (authorizer.ts), and what they
 * may take is bounded. Statements of the host's own are allowed everything, while `own` runs.
 */
import { mkdirSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { constants, DatabaseSync, type StatementSync } from 'node:sqlite'
import { isAllowed, makeSeen, type Seen } from './authorizer.ts'
import type { DatabaseFile } from './call.ts'
import { SQLITE_AUTH, SQLITE_FULL, SQLITE_IOERR, toCode, toErrorText } from './error-text.ts'
import type { Parameter } from './parse-statements.ts'
import { MOST_PARAMETERS, type Prepared, PreparedStatements } from './prepared.ts'

export const PAGE_BYTES = 4096
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

/** A row, as arrays of values. */
export type Row = readonly ReturnType<StatementSync['all']>[number][string][]

/** What differs between kinds of databases. */
export interface GuardedKind {
  /** Settings, before the schema is read. */
  readonly settings: string
  /** The longest value, where it is not the usual one. */
  readonly length?: number
  /** What to do in place of BEGIN, COMMIT and SAVEPOINT. */
  readonly instead: string
}

/** One file, open. */
export class GuardedDatabase implements Disposable {
  readonly #database: DatabaseSync
  readonly #prepared: PreparedStatements
  /** The host's own questions. */
  readonly #asked = new Map<string, StatementSync>()
  readonly #path: string
  readonly #kind: GuardedKind
  /** What the statement that is prepared now does. SQLite prepares by itself, too, when the schema has changed. */
  #seen: Seen = makeSeen()
  /** What runs is ours. */
  #isOwn = false
  #maxBytes = 0
  /** It has to be opened again before the next call. */
  isSpent = false

  /** Throws what SQLite says. */
  constructor({ path, maxBytes }: DatabaseFile, kind: GuardedKind) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    this.#path = path
    this.#kind = kind
    const { length = LIMITS.length, settings } = kind
    const options = {
      enableDoubleQuotedStringLiterals: true,
      timeout: BUSY_MS,
      limits: { ...LIMITS, length },
    }
    const database = new DatabaseSync(path, options)
    this.#database = database
    database.exec(`PRAGMA page_size = ${PAGE_BYTES}; ${settings};
      PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = ${LONGEST_LOG};
      PRAGMA trusted_schema = OFF; PRAGMA recursive_triggers = OFF`)
    this.#prepared = new PreparedStatements(database, (make) => this.#watch(make))
    database.setAuthorizer((action, first, second, schema) =>
      this.#isOwn || isAllowed([action, first, second, schema], this.#seen)
        ? constants.SQLITE_OK
        : constants.SQLITE_DENY,
    )
    this.limit(maxBytes)
  }

  get isTransaction(): boolean {
    return this.#database.isTransaction
  }

  get sizeBytes(): number {
    return this.ask('PRAGMA page_count') * PAGE_BYTES
  }

  /** What can be written before it is as large as it may be; the log beside it is not counted. */
  get roomBytes(): number {
    return this.#maxBytes - this.sizeBytes + this.ask('PRAGMA freelist_count') * PAGE_BYTES
  }

  /** It may not grow beyond this; what it has stays. */
  limit(maxBytes: number): void {
    this.#maxBytes = maxBytes
    const pages = Math.max(1, Math.floor(maxBytes / PAGE_BYTES))
    this.own((database) => database.exec(`PRAGMA max_page_count = ${pages}`))
  }

  /** The host's own work: whatever `act` prepares and runs is allowed. */
  own<T>(act: (database: DatabaseSync) => T): T {
    const before = this.#isOwn
    this.#isOwn = true
    try {
      return act(this.#database)
    } finally {
      this.#isOwn = before
    }
  }

  /** A number that the host asks for again and again. */
  ask(sql: string): number {
    return this.own((database) => {
      const statement = this.#asked.get(sql) ?? database.prepare(sql, { returnArrays: true })
      this.#asked.set(sql, statement)
      return (statement.get() as unknown as [number])[0]
    })
  }

  /** The first statement of a tenant's text. Throws what SQLite says. */
  prepare(sql: string): Prepared {
    const prepared = this.#prepared.prepare(sql)
    if (prepared.seen.sets) this.isSpent = true
    return prepared
  }

  /**
   * Gives the rows to what `begin` makes, until that says that it is enough; `begin` is called again when an integer comes that no
   * number holds.
   */
  read(prepared: Prepared, params: readonly Parameter[], begin: () => (row: Row) => boolean): void {
    const { statement, seen } = prepared
    try {
      return readInto(statement, params, begin())
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
      return readInto(statement, params, begin())
    }
  }

  /** What went wrong, as D1 would say it. */
  toText(error: unknown): string {
    const code = toCode(error)
    if (code === SQLITE_IOERR) this.isSpent = true
    if (code === SQLITE_FULL && this.hasRoom()) return 'Exceeded maximum DB size.'
    if (code === SQLITE_AUTH && this.#seen.transacts) {
      return `expected no BEGIN, COMMIT or SAVEPOINT; ${this.#kind.instead}: SQLITE_AUTH`
    }
    if ((error as NodeJS.ErrnoException).code === 'ERR_INVALID_ARG_VALUE') {
      return 'SQL code did not contain a statement.'
    }
    return toErrorText(error)
  }

  /** Whether the disk has some: then it is the quota that is used up. */
  hasRoom(): boolean {
    const { bavail, bsize } = statfsSync(dirname(this.#path))
    return bavail * bsize > LEAST_ROOM
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }

  #watch(make: () => StatementSync): { statement: StatementSync; seen: Seen } {
    this.#seen = makeSeen()
    return { statement: make(), seen: this.#seen }
  }
}

function readInto(statement: StatementSync, params: readonly Parameter[], take: (row: Row) => boolean): void {
  for (const row of statement.iterate(...params)) if (!take(row as unknown as Row)) return
}
