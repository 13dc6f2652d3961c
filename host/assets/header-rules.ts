/**
 * `_headers`: a line that begins with a slash, or with a scheme and a host, says for which paths, those behind it which headers.
 * Pure.
 *
 *     /static/*
 *       Cache-Control: public, max-age=31536000
 *       ! X-Robots-Tag          takes away what an earlier rule, or NANO, has given
 */

import type { Captures, PathPattern } from './path-pattern.ts'
import { fill, parsePathPattern } from './path-pattern.ts'

/** What one line does. */
interface Step {
  readonly name: string
  /** Undefined: the header goes. */
  readonly value: string | undefined
}

export interface HeaderRule {
  readonly matches: PathPattern
  /** The pattern says which host, too. */
  readonly isAbsolute: boolean
  readonly steps: readonly Step[]
}

/** Rules, and what of the text says nothing. */
export interface HeaderRules {
  readonly rules: readonly HeaderRule[]
  readonly warnings: readonly string[]
}

interface Pattern {
  readonly text: string
  readonly isAbsolute: boolean
  readonly matches: PathPattern
}

const MOST_RULES = 100
const MOST_LINE = 2000
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]+$/
const PATH = /^(?:\/|\S+:\/\/)/
/** A host without a port: that is not compared. */
const ABSOLUTE = /^https?:\/\/((?![^/]*:\d)[^/]+)(\/.*)?$/
/** Where a path stands for itself. */
const NOWHERE = 'https://nowhere.invalid'

export function parseHeaderRules(text: string): HeaderRules {
  const rules = new Map<string, HeaderRule & { steps: Step[] }>()
  const warnings: string[] = []
  /** Of the rule that lines are for; undefined: there was none yet. */
  let steps: Step[] | undefined
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    const warn = (what: string): void => void warnings.push(`_headers:${index + 1}: ${what}`)
    if (line === '' || line.startsWith('#')) continue
    if (line.length > MOST_LINE) warn(`expected at most ${MOST_LINE} characters, got ${line.length}`)
    else if (PATH.test(line)) {
      steps = []
      const pattern = parsePattern(line)
      if (pattern === undefined) {
        warn(
          `expected a path with at most one "*", and each ":name" once, got ${JSON.stringify(line.slice(0, 60))}`,
        )
      } else if (!rules.has(pattern.text) && rules.size === MOST_RULES)
        warn(`expected at most ${MOST_RULES} rules; this one is left out`)
      else {
        if (rules.has(pattern.text)) warn(`takes the place of the rule before for ${pattern.text}`)
        rules.set(pattern.text, { ...pattern, steps })
      }
    } else {
      const step = parseStep(line)
      if (step === undefined)
        warn(`expected "Name: value" or "! Name", got ${JSON.stringify(line.slice(0, 60))}`)
      else if (steps === undefined)
        warn(`expected a path before the first header, got ${JSON.stringify(line.slice(0, 60))}`)
      else steps.push(step)
    }
  }
  return { rules: [...rules.values()], warnings }
}

/**
 * What the rules make of the headers of an answer, by their names in lower case. The first rule that names a header takes the
 * place of NANO's own; further ones add to it. A rule takes away before it gives.
 */
export function applyHeaderRules(
  rules: readonly HeaderRule[],
  { host, path }: { readonly host: string; readonly path: string },
  headers: Map<string, string>,
): void {
  const own = new Set(headers.keys())
  for (const { matches, isAbsolute, steps } of rules) {
    const captures: Captures | undefined = matches(isAbsolute ? `https://${host}${path}` : path)
    if (captures === undefined) continue
    for (const { name, value } of steps) {
      if (value === undefined) headers.delete(name)
    }
    for (const { name, value } of steps) {
      if (value === undefined) continue
      const before = own.delete(name) ? undefined : headers.get(name)
      const filled = fill(value, captures)
      headers.set(name, before === undefined ? filled : `${before}, ${filled}`)
    }
  }
}

/** A path is compared as URLs have it, and a scheme not at all. */
function parsePattern(line: string): Pattern | undefined {
  const [, host, rest = '/'] = ABSOLUTE.exec(line) ?? []
  const isAbsolute = host !== undefined
  if (!isAbsolute && !line.startsWith('/')) return undefined
  const path = URL.parse(NOWHERE + (isAbsolute ? rest : line))?.pathname ?? ''
  const text = isAbsolute ? `https://${host}${path}` : path
  const matches = parsePathPattern(text, isAbsolute)
  return matches && { text, isAbsolute, matches }
}

function parseStep(text: string): Step | undefined {
  if (text.startsWith('!')) {
    const name = text.slice(1).trim().toLowerCase()
    return TOKEN.test(name) ? { name, value: undefined } : undefined
  }
  const colon = text.indexOf(':')
  const name = text.slice(0, colon).trim().toLowerCase()
  const value = text.slice(colon + 1).trim()
  return colon > 0 && TOKEN.test(name) && VALUE.test(value) ? { name, value } : undefined
}
