/** What the host and a process for SQL say to each other. */

/**
 * How the rows of a call are wanted: as objects, as arrays with the names of the columns, the first one as an object, or not
 * at all.
 */
export type RowShape = 'objects' | 'arrays' | 'first' | 'none'

/** A database, wherever it is open. */
export interface DatabaseFile {
  readonly path: string
  /** The most that it may grow to. */
  readonly maxBytes: number
}

/** A call as the guest put it: one statement, or several that are one transaction. */
export interface SqlCall {
  readonly database: DatabaseFile
  readonly shape: RowShape
  /** See `parse-statements.ts`. */
  readonly statements: Uint8Array
  /** How long it may take. */
  readonly timeMs: number
}

/** What came of it. */
export type SqlOutcome =
  | {
      readonly type: 'done'
      /** JSON: a list of D1's results, one for each statement. */
      readonly body: Uint8Array
    }
  | {
      readonly type: 'failed'
      /** What D1 would say behind `D1_ERROR: `. */
      readonly message: string
    }

/** `ready` once, then one outcome for each call, in order. */
export type FromSqlProcess = { readonly type: 'ready' } | SqlOutcome

/** Files that a process keeps open. */
export const MOST_OPEN = 32
