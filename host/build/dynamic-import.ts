/**
 * `import(name)` with a name that is not known when the app is built. There is nothing that could be loaded in an
 * instance, and the engine ends it for asking; here the promise is rejected instead.
 */
import type { Edit } from './edit-plugin.ts'

const MESSAGE =
  'import() needs a name that is known when the app is built; there is no module at run time named '
const REJECT = `((name) => Promise.reject(new TypeError(${JSON.stringify(MESSAGE)} + name)))(`

/** Replaces such imports; what the bundler can resolve is left to it. */
export const rejectDynamicImports: Edit = {
  name: 'nano-dynamic-import',
  worthParsing: /\bimport\s*\(/,
  visits: (edited) => ({
    ImportExpression({ start, end, source }) {
      const isKnown =
        source.type === 'Literal' || (source.type === 'TemplateLiteral' && source.expressions.length === 0)
      if (isKnown) return
      edited.overwrite(start, source.start, REJECT)
      edited.overwrite(source.end, end, ')')
    },
  }),
}
