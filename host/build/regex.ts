/**
 * What the engine's regular expressions lack: `\p{...}`, the `v` flag and named groups' duplicates are rewritten into
 * expressions of the same meaning. Only literals are; a pattern that the app puts together at run time stays the app's
 * own matter.
 */
import rewritePattern from 'regexpu-core'
import type { Edit } from './edit-plugin.ts'

const PROPERTY = /\\[pP]\{/

/** Lowers the literals. */
export const lowerRegexes: Edit = {
  name: 'nano-regex',
  worthParsing: /\\[pP]\{|\/[a-z]*v[a-z]*\b/,
  visits: (edited) => ({
    Literal(node) {
      if (!('regex' in node)) return
      const { pattern, flags } = node.regex
      const lowered = lower(pattern, flags)
      if (lowered !== undefined) edited.overwrite(node.start, node.end, lowered)
    },
  }),
}

function lower(pattern: string, flags: string): string | undefined {
  if (!flags.includes('v') && !(flags.includes('u') && PROPERTY.test(pattern))) return undefined
  let newFlags = flags
  const rewritten = rewritePattern(pattern, flags, {
    unicodePropertyEscapes: 'transform',
    unicodeSetsFlag: 'transform',
    onNewFlags(value) {
      newFlags = value
    },
  })
  return `/${rewritten}/${newFlags}`
}
