/**
 * What classes may have and neither the engine nor the bundler knows: standard decorators, and `accessor`. TypeScript
 * lowers them. Where tsconfig.json asks for the older decorators (`experimentalDecorators`), the bundler does it.
 */
import type { Plugin } from 'rolldown'
import { parseSync, Visitor } from 'rolldown/utils'

const WORTH_PARSING = /@\s*[\w$(]|\baccessor\b/
const SOURCE = /\.[cm]?[jt]sx?$/

/** The plugin. `isLegacy`: whether decorators are the older ones. */
export function lowerDecorators(isLegacy: boolean): Plugin {
  return {
    name: 'nano-decorators',
    transform: {
      order: 'pre',
      filter: { id: SOURCE, code: WORTH_PARSING },
      async handler(code, id) {
        if (!needsLowering(id, code, isLegacy)) return null
        const { ModuleKind, ScriptTarget, JsxEmit, transpileModule } = (
          await import('typescript-compiler-api')
        ).default
        const { outputText, sourceMapText } = transpileModule(code, {
          fileName: id,
          compilerOptions: {
            target: ScriptTarget.ES2022,
            module: ModuleKind.ESNext,
            jsx: JsxEmit.Preserve,
            experimentalDecorators: isLegacy,
            verbatimModuleSyntax: false,
            useDefineForClassFields: true,
            sourceMap: true,
          },
        })
        const lowered = outputText.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n')
        return { code: lowered, map: sourceMapText ?? null }
      },
    },
  }
}

function needsLowering(id: string, code: string, isLegacy: boolean): boolean {
  const { errors, program } = parseSync(id, code)
  // the bundler reports broken code itself, with its place
  if (errors.length > 0) return false
  let isFound = false
  new Visitor({
    AccessorProperty: () => void (isFound = true),
    Decorator: () => void (isFound ||= !isLegacy),
  }).visit(program)
  return isFound
}
