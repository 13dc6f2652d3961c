/**
 * What a tenant's statement may do, asked by SQLite for each step of a statement while it is prepared. Whatever is not named
 * here is denied: other databases, temporary tables, modules, functions and settings that tell of the machine or would change
 * how the file is written.
 */
import { constants } from 'node:sqlite'

/** What a statement has been seen to do. */
export interface Seen {
  writes: boolean
  /** It names tables. */
  reads: boolean
  /** It may change a setting of the connection. */
  sets: boolean
  /** It would begin or end a transaction, and is denied. */
  transacts: boolean
}

export const makeSeen = (): Seen => ({ writes: false, reads: false, sets: false, transacts: false })

type Question = readonly [
  action: number,
  first: string | null,
  second: string | null,
  database: string | null,
]

/** Tables with these names are the platform's. */
const RESERVED = /^_cf_/i

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

const MODULES = words('fts5 fts5vocab')

/** Settings that may be asked for, and those that may be switched for the rest of the call. */
const ASKED = words(
  'data_version table_list table_info table_xinfo index_list index_info index_xinfo foreign_key_list foreign_key_check quick_check',
)
const SWITCHED = words(
  'case_sensitive_like defer_foreign_keys foreign_keys ignore_check_constraints legacy_alter_table recursive_triggers reverse_unordered_selects',
)
const ON_OFF = /^(["']?)(?:on|off|yes|no|true|false|[01])\1$/i

const FUNCTIONS = words(`
  abs changes char coalesce concat concat_ws format glob hex ifnull iif instr last_insert_rowid length like likelihood likely
  lower ltrim max min nullif octet_length printf quote random randomblob replace round rtrim sign soundex substr substring
  total_changes trim typeof unhex unicode unlikely upper zeroblob
  date time datetime julianday unixepoch strftime timediff current_date current_time current_timestamp
  avg count group_concat string_agg sum total
  row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
  acos acosh asin asinh atan atan2 atanh ceil ceiling cos cosh degrees exp floor ln log log10 log2 mod pi pow power radians sin
  sinh sqrt tan tanh trunc
  json jsonb json_array jsonb_array json_array_length json_extract jsonb_extract -> ->> json_insert jsonb_insert json_object
  jsonb_object json_patch jsonb_patch json_remove jsonb_remove json_replace jsonb_replace json_set jsonb_set json_type
  json_valid json_quote json_group_array jsonb_group_array json_group_object jsonb_group_object json_each json_tree
  match highlight bm25 snippet`)
/** What ALTER TABLE does its work with; a statement of one's own cannot call these. */
const INTERNAL =
  /^sqlite_(?:rename_(?:column|table|test|quotefix)|(?:add|drop|find)_(?:column|constraint)|fail)$/

const {
  SQLITE_ALTER_TABLE,
  SQLITE_ANALYZE,
  SQLITE_CREATE_INDEX,
  SQLITE_CREATE_TABLE,
  SQLITE_CREATE_TRIGGER,
  SQLITE_CREATE_VIEW,
  SQLITE_CREATE_VTABLE,
  SQLITE_DELETE,
  SQLITE_DROP_INDEX,
  SQLITE_DROP_TABLE,
  SQLITE_DROP_TRIGGER,
  SQLITE_DROP_VIEW,
  SQLITE_DROP_VTABLE,
  SQLITE_FUNCTION,
  SQLITE_INSERT,
  SQLITE_PRAGMA,
  SQLITE_READ,
  SQLITE_RECURSIVE,
  SQLITE_REINDEX,
  SQLITE_SAVEPOINT,
  SQLITE_SELECT,
  SQLITE_TRANSACTION,
  SQLITE_UPDATE,
} = constants

const WRITES: ReadonlySet<number> = new Set([
  SQLITE_ANALYZE,
  SQLITE_CREATE_INDEX,
  SQLITE_CREATE_TABLE,
  SQLITE_CREATE_TRIGGER,
  SQLITE_CREATE_VIEW,
  SQLITE_DELETE,
  SQLITE_DROP_INDEX,
  SQLITE_DROP_TABLE,
  SQLITE_DROP_TRIGGER,
  SQLITE_DROP_VIEW,
  SQLITE_INSERT,
  SQLITE_REINDEX,
  SQLITE_UPDATE,
])

/** Whether a tenant may; `seen` is told of it. */
export function isAllowed([action, first, second, database]: Question, seen: Seen): boolean {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
      return true
    case SQLITE_FUNCTION:
      return second !== null && (FUNCTIONS.has(second.toLowerCase()) || INTERNAL.test(second))
    case SQLITE_READ:
      seen.reads = true
      return isOwn(database) && isFree(first)
    case SQLITE_PRAGMA:
      return maySet(first ?? '', second, database, seen)
    case SQLITE_ALTER_TABLE:
      // the database comes first here
      seen.writes = true
      return first === 'main' && isFree(second)
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_VTABLE:
      seen.writes = true
      return database === 'main' && isFree(first) && MODULES.has((second ?? '').toLowerCase())
    case SQLITE_UPDATE:
      seen.writes = true
      return isOwn(database) && isFree(first)
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
      seen.transacts = true
      return false
    default:
      seen.writes = true
      return WRITES.has(action) && database === 'main' && isFree(first) && isFree(second)
  }
}

/** ALTER TABLE looks into the schema of temporary tables, too. */
const isOwn = (database: string | null): boolean =>
  database === null || database === 'main' || database === 'temp'

const isFree = (name: string | null): boolean => name === null || !RESERVED.test(name)

function maySet(name: string, value: string | null, database: string | null, seen: Seen): boolean {
  const setting = name.toLowerCase()
  if (database !== null && database !== 'main') return false
  if (ASKED.has(setting)) return isFree(value)
  if (setting === 'optimize') {
    seen.writes = true
    return value === null || /^-?\w+$/.test(value)
  }
  seen.sets ||= value !== null
  return SWITCHED.has(setting) && (value === null || ON_OFF.test(value))
}
