/**
 * What the engine's regular expressions lack: `\p{...}`, the `v` flag and named groups' duplicates are rewritten into
 * expressions of the same meaning. Literals are, here; a pattern that the app puts together at run time is by its
 * instance's host, which is slower (guest-shim/globals/reg-exp.ts).
 *
 *     /\p{L}/u     $nanoExpression(/[A-Za-z...]/u, "\\p{L}", "u")     it shows its source as it was written
 */
import { Visitor } from 'rolldown/utils'
import { NanoError } from '../errors.ts'
import { needsRewriting, rewrite } from '../language/pattern.ts'
import type { Edit } from './edit-plugin.ts'
import type { SourceBudget } from './gate.ts'
import { toPlace } from './import-places.ts'
import { isCommon } from './node-globals.ts'

const TOO_MUCH =
  String.raw`this regular expression and those before it are too much: the engine has no \p{...} and no flag v, and ` +
  'what they are rewritten to is larger than an app may be'

const HELPER = '$nanoExpression'

/**
 * Lowers the literals. They grow a thousandfold, which `budget` pays for. `toHelper`: the file of what has them show what they
 * were (guest-modules/expression.ts), for modules whose literals are to.
 */
export function lowerRegexes(
  budget: SourceBudget,
  show: (id: string) => string,
  toHelper: (id: string) => string | undefined = () => undefined,
): Edit {
  return {
    worthParsing: /\\[pP]\{|\/[a-z]*v[a-z]*\b/,
    apply({ id, code, program, edited }) {
      const helper = toHelper(id)
      let isUsed = false
      new Visitor({
        Literal(node) {
          if (!('regex' in node)) return
          const { pattern, flags } = node.regex
          const lowered = lower(pattern, flags)
          if (lowered === undefined) return
          if (!budget.take(lowered.length)) {
            const { line, column } = toPlace(code, node.start)
            throw new NanoError('BUILD_FAILED', `${show(id)}:${line}:${column}: ${TOO_MUCH}`)
          }
          isUsed = true
          const given = [pattern, flags].map((text) => JSON.stringify(text))
          edited.overwrite(
            node.start,
            node.end,
            helper === undefined ? lowered : `${HELPER}(${lowered}, ${given.join(', ')})`,
          )
        },
      }).visit(program)
      if (!isUsed || helper === undefined) return
      const file = JSON.stringify(helper)
      edited.appendLeft(
        program.body[0]?.start ?? 0,
        isCommon(program.body)
          ? `const ${HELPER} = require(${file}).default; `
          : `import ${HELPER} from ${file}; `,
      )
    },
  }
}

function lower(source: string, flags: string): string | undefined {
  const pattern = { source, flags }
  if (!needsRewriting(pattern)) return undefined
  const rewritten = rewrite(pattern)
  return `/${rewritten.source}/${rewritten.flags}`
}
