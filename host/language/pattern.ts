/**
 * Regular expressions without what the guests' engine lacks: `\p{...}` and the flag `v`. With `u` each property becomes the
 * ranges of its characters, which are kept; an expression with `v` whose classes are computed is rewritten as a whole, any
 * other one is one with `u`. Both grow a thousandfold.
 */
import rewriteAll from 'regexpu-core'
import { toPlain } from './pattern-sets.ts'

const OPTIONS = { unicodePropertyEscapes: 'transform', unicodeSetsFlag: 'transform' } as const
const PROPERTY = /\\[pP]\{/
/** An escape, or a bracket: what has to be told apart to know whether a class is open. */
const TOKEN = /\\[pP]\{[^}]*\}|\\[^]|[[\]]/g

export interface Pattern {
  readonly source: string
  readonly flags: string
}

/** Whether the guests' engine lacks something for it. */
export function needsRewriting({ source, flags }: Pattern): boolean {
  return flags.includes('v') || (flags.includes('u') && PROPERTY.test(source))
}

/** As a whole. Throws what is wrong with it. */
export function rewrite(pattern: Pattern): Pattern {
  const { source, flags } = withoutSets(pattern)
  let newFlags = flags
  const rewritten = rewriteAll(source, flags, {
    ...OPTIONS,
    onNewFlags(value) {
      newFlags = value
    },
  })
  return { source: rewritten, flags: newFlags }
}

/** With `u` in place of `v` where that is the same. */
function withoutSets({ source, flags }: Pattern): Pattern {
  if (!flags.includes('v')) return { source, flags }
  const plain = toPlain(source, flags.includes('i'))
  return { source: plain.source, flags: plain.isPlain ? flags.replace('v', 'u') : flags }
}

/** Rewrites for one guest, within bounds. */
export class PatternRewriter {
  /** What each property becomes within a class. */
  readonly #ranges = new Map<string, string>()

  rewrite(pattern: Pattern): Pattern {
    if (pattern.source.length > MOST_SOURCE) throw new RangeError(TOO_LONG)
    const { source, flags } = withoutSets(pattern)
    if (flags.includes('v')) return this.#rewriteWhole({ source, flags })
    const caseless = flags.includes('i') ? 'iu' : 'u'
    let isInClass = false
    let length = source.length
    const rewritten = source.replaceAll(TOKEN, (token) => {
      if (token === '[') isInClass = true
      else if (token === ']') isInClass = false
      if (!PROPERTY.test(token)) return token
      const ranges = this.#toRanges(token, caseless)
      length += ranges.length
      if (length > MOST_REWRITTEN) throw new RangeError(TOO_LONG)
      return isInClass ? ranges : `[${ranges}]`
    })
    return { source: rewritten, flags }
  }

  #rewriteWhole(pattern: Pattern): Pattern {
    const properties = pattern.source.match(new RegExp(PROPERTY, 'g')) ?? []
    if (properties.length > MOST_PROPERTIES) throw new RangeError(TOO_LONG)
    const rewritten = rewrite(pattern)
    if (rewritten.source.length > MOST_REWRITTEN) throw new RangeError(TOO_LONG)
    return rewritten
  }

  #toRanges(property: string, flags: string): string {
    const key = `${flags}${property}`
    const kept = this.#ranges.get(key)
    if (kept !== undefined) return kept
    const { source } = rewrite({ source: `[${property}]`, flags })
    // a class of one character loses its brackets
    const ranges = source.startsWith('[') ? source.slice(1, -1) : source
    if (this.#ranges.size >= MOST_KEPT) this.#ranges.delete(this.#ranges.keys().next().value!)
    this.#ranges.set(key, ranges)
    return ranges
  }
}

/** Characters of an expression, and of what it becomes. */
const MOST_SOURCE = 64 * 1024
const MOST_REWRITTEN = 1024 * 1024
/** Properties of an expression whose classes are computed: some take a tenth of a second each. */
const MOST_PROPERTIES = 8
/** Properties of which a guest's ranges are kept: they have 10 KB at most. */
const MOST_KEPT = 64
const TOO_LONG =
  String.raw`this regular expression is too much: without \p{...} and the flag v, which the engine lacks, it is ` +
  'larger than it may be. Write it as a literal, which is rewritten when the app is built'
