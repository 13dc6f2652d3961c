/**
 * A bundler plugin for `import(name)` with a name that is not known when the app is built. There is nothing that could
 * be loaded in an instance, and the engine ends it for asking; here the promise is rejected instead.
 */
import { MagicString } from 'magic-string'
import type { Plugin } from 'rolldown'
import { parseSync, Visitor } from 'rolldown/utils'

const WORTH_PARSING = /\bimport\s*\(/
const MESSAGE =
  'import() needs a name that is known when the app is built; there is no module at run time named '
const REJECT = `((name) => Promise.reject(new TypeError(${JSON.stringify(MESSAGE)} + name)))(`

/** The code with such imports replaced, or undefined when there are none. */
export function rejectDynamicImports(code: string, filename: string): MagicString | undefined {
  if (!WORTH_PARSING.test(code)) return undefined
  const parsed = parseSync(filename, code)
  // the bundler reports broken code itself, with its place
  if (parsed.errors.length > 0) return undefined
  const edited = new MagicString(code)
  new Visitor({
    ImportExpression({ start, end, source }) {
      if (
        source.type === 'Literal' ||
        (source.type === 'TemplateLiteral' && source.expressions.length === 0)
      ) {
        return
      }
      edited.overwrite(start, source.start, REJECT)
      edited.overwrite(source.end, end, ')')
    },
  }).visit(parsed.program)
  return edited.hasChanged() ? edited : undefined
}

/** `rejectDynamicImports` over every module, after types and JSX are gone. */
export function dynamicImportPlugin(): Plugin {
  return {
    name: 'nano-dynamic-import',
    transform: {
      order: 'post',
      handler(code, id) {
        const edited = rejectDynamicImports(code, id)
        if (edited === undefined) return null
        return { code: edited.toString(), map: edited.generateMap({ source: id, hires: true }).toString() }
      },
    },
  }
}
