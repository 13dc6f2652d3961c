/**
 * `_redirects`: a line for each rule, `from to [status]`. Without a star or a name in it `from` is static: those come first,
 * whatever their order. With the status 200 the path `to` is answered in place of the one that was asked for. Pure.
 */

import type { PathPattern } from './path-pattern.ts'
import { fill, hasNames, parsePathPattern } from './path-pattern.ts'

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
  readonly to: string
}

const MOST = { fixed: 2000, dynamic: 100, line: 1000 }
const STATUSES: ReadonlySet<number> = new Set([200, 301, 302, 303, 307, 308])
const DEFAULT_STATUS = 302
const URL_TEXT = /^[\x21-\x7e]+$/

export function parseRedirectRules(text: string): RedirectRules {
  const fixed = new Map<string, RedirectRule>()
  const dynamic: RedirectRule[] = []
  const warnings: string[] = []
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const rule = parseLine(line)
    const isDynamic = typeof rule !== 'string' && rule.isDynamic
    const problem =
      typeof rule === 'string'
        ? rule
        : isDynamic && dynamic.length === MOST.dynamic
          ? `expected at most ${MOST.dynamic} rules with "*" or ":name"; this one is left out`
          : !isDynamic && fixed.size === MOST.fixed
            ? `expected at most ${MOST.fixed} rules; this one is left out`
            : undefined
    if (typeof rule === 'string' || problem !== undefined) {
      warnings.push(`_redirects:${index + 1}: ${problem}`)
    } else if (isDynamic) dynamic.push(rule)
    // the first one counts
    else if (!fixed.has(rule.from)) fixed.set(rule.from, rule)
  }
  return { fixed, dynamic, warnings }
}

/** `search`: the query of the request, with its question mark; it goes on unless the rule has one of its own. */
export function findRedirect(
  { fixed, dynamic }: RedirectRules,
  path: string,
  search: string,
): Redirect | undefined {
  const rule = fixed.get(path)
  if (rule !== undefined) return toRedirect(rule, {}, search)
  for (const each of dynamic) {
    const captures = each.matches(path)
    if (captures !== undefined) return toRedirect(each, captures, search)
  }
  return undefined
}

function toRedirect(
  { to, status }: RedirectRule,
  captures: Readonly<Record<string, string>>,
  search: string,
): Redirect {
  const filled = fill(to, captures)
  // what stands for a name may begin with a slash: that would name a host
  const safe = to.startsWith('/') ? filled.replace(/^[/\\]+/, '/') : filled
  if (search === '' || safe.includes('?')) return { status, to: safe }
  const hash = safe.indexOf('#')
  return { status, to: hash < 0 ? safe + search : safe.slice(0, hash) + search + safe.slice(hash) }
}

/** A rule, or what is wrong with the line. */
function parseLine(line: string): (RedirectRule & { from: string; isDynamic: boolean }) | string {
  if (line.length > MOST.line) return `expected at most ${MOST.line} characters, got ${line.length}`
  const parts = line.split(/\s+#/, 1)[0]!.split(/\s+/)
  const [from = '', to = '', code = String(DEFAULT_STATUS)] = parts
  const status = Number(code)
  if (parts.length < 2 || parts.length > 3)
    return `expected "from to [status]", got ${JSON.stringify(line.slice(0, 60))}`
  if (!STATUSES.has(status)) return `expected a status of ${[...STATUSES].join(', ')}, got ${code}`
  if (!from.startsWith('/') || /[?#]/.test(from)) return `expected a path to redirect from, got ${from}`
  const isPath = to.startsWith('/') && !to.startsWith('//')
  if (!URL_TEXT.test(to) || !(isPath || /^https?:\/\//.test(to)))
    return `expected a path or a URL to redirect to, got ${to}`
  if (status === 200 && !isPath) return `expected a path of the app's own with status 200, got ${to}`
  if (from === to) return `${from} would redirect to itself`
  const matches = parsePathPattern(from)
  if (matches === undefined) return `expected at most one "*", and one ":name" in a segment, got ${from}`
  return { from, matches, to, status, isDynamic: from.includes('*') || hasNames(from) }
}
