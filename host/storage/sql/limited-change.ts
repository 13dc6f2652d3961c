/**
 * DELETE and UPDATE with ORDER BY and LIMIT, as D1 has them: an option of SQLite that Node's was not built with. What SQLite makes
 * of such a statement where it has the option is made here of its text, for one that it has refused:
 *
 *     DELETE FROM t WHERE w RETURNING r ORDER BY o LIMIT l
 *     DELETE FROM t WHERE rowid IN (SELECT rowid FROM t WHERE w ORDER BY o LIMIT l) RETURNING r
 *
 * What it comes to is prepared, and judged, as if the app had written it.
 */

import { isSpace, TOKENS } from './split.ts'

/** In the order in which they stand. */
const CLAUSES = ['FROM', 'SET', 'WHERE', 'RETURNING', 'ORDER', 'LIMIT'] as const
type Clause = (typeof CLAUSES)[number]

export interface LimitedChange {
  readonly sql: string
  /** What follows the statement. */
  readonly rest: string
}

/** Whether SQLite has refused a statement for such a clause. */
export function isLimitRefused(error: unknown): boolean {
  return error instanceof Error && /^near "(?:limit|order)": syntax error$/i.test(error.message)
}

/** The first statement of a text in the other form; undefined: it is none that has one. */
export function toLimitedChange(text: string): LimitedChange | undefined {
  const { first, begin, end, at } = findClauses(text)
  const next = (clause: Clause): number =>
    CLAUSES.slice(CLAUSES.indexOf(clause) + 1)
      .map((each) => at.get(each) ?? end)
      .reduce((least, each) => Math.min(least, each), end)
  const part = (clause: Clause): string => (at.has(clause) ? text.slice(at.get(clause), next(clause)) : '')
  if (!at.has('LIMIT')) return undefined
  const isUpdate = first === 'UPDATE' && at.has('SET') && !at.has('FROM')
  if (!isUpdate && !(first === 'DELETE' && at.has('FROM') && !at.has('SET'))) return undefined
  const table = isUpdate
    ? text.slice(begin + first.length, at.get('SET')).replace(/^\s*OR\s+\w+\s/i, '')
    : part('FROM').slice('FROM'.length)
  const head = text.slice(begin, next(isUpdate ? 'SET' : 'FROM'))
  const chosen = `SELECT rowid FROM ${table} ${part('WHERE')} ${part('ORDER')} ${part('LIMIT')}`
  // a comment may stand at the end
  return {
    sql: `${head} WHERE rowid IN (${chosen}\n) ${part('RETURNING')}`,
    rest: text.slice(end + 1),
  }
}

/** Where the first statement and its clauses begin. */
function findClauses(text: string) {
  const at = new Map<Clause, number>()
  let [first, begin, offset, depth] = ['', 0, 0, 0]
  for (const [token] of text.matchAll(TOKENS)) {
    const word = token.toUpperCase()
    const clause = CLAUSES.find((each) => each === word)
    if (token === ';' && first !== '') break
    if (token === '(') depth++
    else if (token === ')') depth--
    else if (first === '' && token !== ';' && !isSpace(token)) [first, begin] = [word, offset]
    else if (clause !== undefined && depth === 0 && !at.has(clause)) at.set(clause, offset)
    offset += token.length
  }
  return { first, begin, end: offset, at }
}
