/**
 * `_headers`: lines that begin at the margin say for which paths, those that are indented which headers. Pure.
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

const MOST_RULES = 100
const MOST_LINE = 2000
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const ABSOLUTE = /^https?:\/\//

export function parseHeaderRules(text: string): HeaderRules {
  const rules: (HeaderRule & { steps: Step[] })[] = []
  const warnings: string[] = []
  let steps: Step[] | undefined
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const content = line.trim()
    const warn = (what: string): void => void warnings.push(`_headers:${index + 1}: ${what}`)
    if (content === '' || content.startsWith('#')) continue
    if (line.length > MOST_LINE) {
      warn(`expected at most ${MOST_LINE} characters, got ${line.length}`)
      continue
    }
    if (/^\s/.test(line)) {
      const step = parseStep(content)
      if (step === undefined)
        warn(`expected "Name: value" or "! Name", got ${JSON.stringify(content.slice(0, 60))}`)
      else steps?.push(step)
      continue
    }
    steps = []
    const isAbsolute = ABSOLUTE.test(content)
    const matches = isAbsolute || content.startsWith('/') ? parsePathPattern(content) : undefined
    if (matches === undefined) {
      warn(
        `expected a path with at most one "*", and one ":name" in a segment, got ${JSON.stringify(content.slice(0, 60))}`,
      )
    } else if (rules.length === MOST_RULES) warn(`expected at most ${MOST_RULES} rules; this one is left out`)
    else rules.push({ matches, isAbsolute, steps })
  }
  return { rules: rules.filter((rule) => rule.steps.length > 0), warnings }
}

/**
 * What the rules make of the headers of an answer, by their names in lower case. The first rule that names a header takes the
 * place of NANO's own; further ones add to it.
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
      const before = own.delete(name) ? undefined : headers.get(name)
      if (value === undefined) headers.delete(name)
      else {
        const filled = fill(value, captures)
        headers.set(name, before === undefined ? filled : `${before}, ${filled}`)
      }
    }
  }
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
