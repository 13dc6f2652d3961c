/** What SQLite says of a failure, in the form that D1 has: the message, the code's name, and the extended code's. */

/** By number: those of https://www.sqlite.org/rescode.html that are not more closely one of another. */
const CODES = new Map([
  [1, 'SQLITE_ERROR'],
  [2, 'SQLITE_INTERNAL'],
  [3, 'SQLITE_PERM'],
  [4, 'SQLITE_ABORT'],
  [5, 'SQLITE_BUSY'],
  [6, 'SQLITE_LOCKED'],
  [7, 'SQLITE_NOMEM'],
  [8, 'SQLITE_READONLY'],
  [9, 'SQLITE_INTERRUPT'],
  [10, 'SQLITE_IOERR'],
  [11, 'SQLITE_CORRUPT'],
  [12, 'SQLITE_NOTFOUND'],
  [13, 'SQLITE_FULL'],
  [14, 'SQLITE_CANTOPEN'],
  [15, 'SQLITE_PROTOCOL'],
  [16, 'SQLITE_EMPTY'],
  [17, 'SQLITE_SCHEMA'],
  [18, 'SQLITE_TOOBIG'],
  [19, 'SQLITE_CONSTRAINT'],
  [20, 'SQLITE_MISMATCH'],
  [21, 'SQLITE_MISUSE'],
  [22, 'SQLITE_NOLFS'],
  [23, 'SQLITE_AUTH'],
  [24, 'SQLITE_FORMAT'],
  [25, 'SQLITE_RANGE'],
  [26, 'SQLITE_NOTADB'],
])

/** The extended ones that apps look for. */
const EXTENDED = new Map([
  [275, 'CHECK'],
  [531, 'COMMITHOOK'],
  [787, 'FOREIGNKEY'],
  [1043, 'FUNCTION'],
  [1299, 'NOTNULL'],
  [1555, 'PRIMARYKEY'],
  [1811, 'TRIGGER'],
  [2067, 'UNIQUE'],
  [2323, 'VTAB'],
  [2579, 'ROWID'],
  [2835, 'PINNED'],
  [3091, 'DATATYPE'],
])

const PRIMARY = 0xff
export const SQLITE_IOERR = 10
export const SQLITE_FULL = 13
export const SQLITE_AUTH = 23

/** SQLite's primary code of an error; 0: it is not SQLite's. */
export function toCode(error: unknown): number {
  const { errcode } = error as { errcode?: number }
  return (errcode ?? 0) & PRIMARY
}

export function toErrorText(error: unknown): string {
  const { message, errcode } = error as { message: string; errcode?: number }
  if (errcode === undefined) return message
  const name = CODES.get(errcode & PRIMARY) ?? `SQLITE_UNKNOWN_ERROR_CODE(${errcode})`
  const extended = EXTENDED.get(errcode)
  return `${message}: ${name}${extended === undefined ? '' : ` (extended: ${name}_${extended})`}`
}
