/**
 * `_redirects`: a line for each rule, `from to [status]`. Rules without a star or a name that stand before all others are
 * looked up by their path, and come first; the others are tried in their order. With the status 200 the path `to` is answered in
 * place of the one that was asked for. Pure.
 */

import { fill, hasNames, parsePathPattern } from './path-pattern.ts'
import type { Captures, PathPattern } from './path-pattern.ts'

export interface RedirectRule {
  readonly matches: PathPattern
  readonly to: string
  readonly status: number
}

export interface RedirectRules {
  readonly fixed: ReadonlyMap<string, RedirectRule>
  readonly dynamic: readonly RedirectRule[]
  readonly warnings: readonly string[]
}

/** Where a request goes. */
export interface Redirect {
  readonly status: number
  /** Of this site a path, of another one a URL. */
  readonly to: string
}

interface Parsed extends RedirectRule {
  readonly from: string
}

const MOST = { fixed: 2000, dynamic: 100, line: 2000 }
const STATUSES: ReadonlySet<number> = new Set([200, 301, 302, 303, 307, 308])
const DEFAULT_STATUS = 302
const ABSOLUTE = /^https?:\/\//i
const INDEX = /\/index(?:\.html)?$/
/** Where a path stands for itself. */
const NOWHERE = 'https://nowhere.invalid'

/** `hasHtmlHandling`: pages have another path than their files. */
export function parseRedirectRules(text: string, hasHtmlHandling = true): RedirectRules {
  const fixed = new Map<string, RedirectRule>()
  const dynamic: RedirectRule[] = []
  const known = new Set<string>()
  const warnings: string[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const warn = (problem: string): void => void warnings.push(`_redirects:${index + 1}: ${problem}`)
    const rule = parseLine(line, hasHtmlHandling)
    if (typeof rule === 'string') {
      warn(rule)
      continue
    }
    const { from } = rule
    const isFixed = dynamic.length === 0 && !from.includes('*') && !hasNames(from)
    if (known.has(from)) warn(`there is a rule for ${from} already; this one is left out`)
    else if (isFixed && fixed.size === MOST.fixed)
      warn(`expected at most ${MOST.fixed} rules; this one is left out`)
    else if (!isFixed && dynamic.length === MOST.dynamic)
      warn(
        `expected at most ${MOST.dynamic} rules from the first with "*" or ":name" on; this one is left out`,
      )
    else if (isFixed) fixed.set(from, rule)
    else dynamic.push(rule)
    known.add(from)
  }
  return { fixed, dynamic, warnings }
}

/** `path`, encoded, and `search` with its question mark, are those of `url`, which is absolute. */
export function findRedirect(
  { fixed, dynamic }: RedirectRules,
  path: string,
  search: string,
  url: string,
): Redirect | undefined {
  const rule = fixed.get(path)
  if (rule !== undefined) return toRedirect(rule, {}, search, url)
  for (const each of dynamic) {
    const captures = each.matches(path)
    if (captures !== undefined) return toRedirect(each, captures, search, url)
  }
  return undefined
}

/** The query of the request goes on unless the rule has one of its own. */
function toRedirect({ to, status }: RedirectRule, captures: Captures, search: string, url: string): Redirect {
  const filled = fill(to, captures)
  const here = new URL(url)
  const there = new URL(ABSOLUTE.test(to) ? filled : withoutEmpty(filled), here)
  if (status === 200) return { status, to: there.pathname }
  const end = `${there.pathname}${there.search === '' ? search : there.search}${there.hash}`
  return { status, to: there.origin === here.origin ? end : there.origin + end }
}

/** What stands for a name may begin with a slash: that would name a host. */
function withoutEmpty(text: string): string {
  const end = text.search(/[?#]/)
  const path = end < 0 ? text : text.slice(0, end)
  return path.replaceAll(/[/\\]{2,}/g, '/') + text.slice(path.length)
}

/** A rule, or what is wrong with the line. */
function parseLine(line: string, hasHtmlHandling: boolean): Parsed | string {
  if (line.length > MOST.line) return `expected at most ${MOST.line} characters, got ${line.length}`
  const parts = line.replace(/\s+#.*$/, '').split(/\s+/)
  const [given = '', to = '', code = String(DEFAULT_STATUS)] = parts
  if (parts.length < 2 || parts.length > 3)
    return `expected "from to [status]", got ${JSON.stringify(line.slice(0, 60))}`
  const status = Number(code)
  if (!STATUSES.has(status)) return `expected a status of ${[...STATUSES].join(', ')}, got ${code}`
  if (given.includes('://')) return `expected a path to redirect from, got ${given}`
  const from = new URL(NOWHERE + (given.startsWith('/') ? given : `/${given}`)).pathname
  const isPath = to.startsWith('/') && URL.parse(to, NOWHERE)?.origin === NOWHERE
  if (!isPath && !(ABSOLUTE.test(to) && URL.canParse(to)))
    return `expected a path or a URL to redirect to, got ${to}`
  if (status === 200 && !isPath) return `expected a path of the app's own with status 200, got ${to}`
  const isOfAll = from.endsWith('/*') || (hasHtmlHandling && from.endsWith('/'))
  if (from === to || (isPath && isOfAll && INDEX.test(to))) return `${from} would lead to itself`
  const matches = parsePathPattern(from)
  if (matches === undefined) return `expected at most one "*", and each ":name" once, got ${from}`
  return { from, matches, to, status }
}
