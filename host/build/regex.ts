/**
 * A bundler plugin for what the engine's regular expressions lack: `\p{...}`, the `v` flag and named groups' duplicates
 * are rewritten into expressions of the same meaning. Only literals are; a pattern that the app puts together at run
 * time stays the app's own matter.
 */
import { MagicString } from 'magic-string'
import rewritePattern from 'regexpu-core'
import type { Plugin } from 'rolldown'
import { parseSync, Visitor } from 'rolldown/utils'

const WORTH_PARSING = /\\[pP]\{|\/[a-z]*v[a-z]*\b/
const PROPERTY = /\\[pP]\{/

/** The code with its literals lowered, or undefined when there is nothing to do. */
export function lowerRegexes(code: string, filename: string): MagicString | undefined {
  if (!WORTH_PARSING.test(code)) return undefined
  const parsed = parseSync(filename, code)
  // the bundler reports broken code itself, with its place
  if (parsed.errors.length > 0) return undefined
  const edited = new MagicString(code)
  new Visitor({
    Literal(node) {
      if (!('regex' in node)) return
      const { pattern, flags } = node.regex
      const lowered = lower(pattern, flags)
      if (lowered !== undefined) edited.overwrite(node.start, node.end, lowered)
    },
  }).visit(parsed.program)
  return edited.hasChanged() ? edited : undefined
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

/** `lowerRegexes` over every module, after types and JSX are gone. */
export function regexPlugin(): Plugin {
  return {
    name: 'nano-regex',
    transform: {
      order: 'post',
      handler(code, id) {
        const edited = lowerRegexes(code, id)
        if (edited === undefined) return null
        return { code: edited.toString(), map: edited.generateMap({ source: id, hires: true }).toString() }
      },
    },
  }
}
