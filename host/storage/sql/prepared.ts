/** Statements of a database that are prepared, the latest ones kept and used again. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Seen } from './authorizer.ts'
import { isLimitRefused, toLimitedChange } from './limited-change.ts'

/** As D1 has it, in bytes. */
const LONGEST_SQL = 100_000
/** As D1 has it. */
export const MOST_PARAMETERS = 100
/** Statements that are kept, and the longest of them in characters. */
const MOST_KEPT = 100
const LONGEST_KEPT = 8192

export interface Prepared {
  readonly sql: string
  readonly statement: StatementSync
  /** How many it takes. */
  readonly parameters: number
  readonly seen: Readonly<Seen>
  /** What follows this statement in the text, if there is another. */
  readonly rest: string
  /** It has given integers that no number holds. */
  hasBigInts: boolean
}

export class PreparedStatements {
  readonly #database: DatabaseSync
  /** Prepares while somebody sees what the statement may do. */
  readonly #watch: (prepare: () => StatementSync) => { statement: StatementSync; seen: Seen }
  /** By text, the one that was used last at the end. */
  readonly #kept = new Map<string, Prepared>()

  constructor(
    database: DatabaseSync,
    watch: (prepare: () => StatementSync) => { statement: StatementSync; seen: Seen },
  ) {
    this.#database = database
    this.#watch = watch
  }

  /** The first statement of the text. Throws what SQLite says. */
  prepare(sql: string): Prepared {
    const kept = this.#kept.get(sql)
    if (kept !== undefined) {
      this.#kept.delete(sql)
      this.#kept.set(sql, kept)
      return kept
    }
    if (Buffer.byteLength(sql) > LONGEST_SQL) throw new Error('statement too long: SQLITE_TOOBIG')
    const { statement, seen, rest } = this.#prepareFirst(sql)
    // one that returns rows of a change cannot be asked a second time
    statement.setReadBigInts(seen.writes)
    const prepared: Prepared = {
      sql,
      statement,
      parameters: countParameters(statement),
      seen,
      rest: hasStatement(rest) ? rest : '',
      hasBigInts: seen.writes,
    }
    if (sql.length <= LONGEST_KEPT) this.#keep(sql, prepared)
    return prepared
  }

  #prepareFirst(sql: string): Pick<Prepared, 'statement' | 'seen' | 'rest'> {
    const prepare = (text: string) => this.#watch(() => this.#database.prepare(text, { returnArrays: true }))
    try {
      const made = prepare(sql)
      return { ...made, rest: sql.slice(made.statement.sourceSQL.length) }
    } catch (error) {
      const limited = isLimitRefused(error) ? toLimitedChange(sql) : undefined
      if (limited === undefined) throw error
      return { ...prepare(limited.sql), rest: limited.rest }
    }
  }

  /** One that has failed says so again when it is reset for its next use. */
  forget({ sql }: Prepared): void {
    this.#kept.delete(sql)
  }

  #keep(sql: string, prepared: Prepared): void {
    this.#kept.set(sql, prepared)
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!)
  }
}

/** SQLite refuses more values than there are parameters. To iterate binds them, and runs nothing before the first step. */
function countParameters(statement: StatementSync): number {
  let [low, high] = [0, MOST_PARAMETERS]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (takes(statement, middle)) low = middle
    else high = middle - 1
  }
  return low
}

function takes(statement: StatementSync, count: number): boolean {
  try {
    statement.iterate(...Array.from({ length: count }, () => null))
    return true
  } catch {
    return false
  }
}

/** Anything but white space, semicolons and comments. */
function hasStatement(sql: string): boolean {
  return /[^\s;]/.test(sql.replaceAll(/--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g, ''))
}
