/**
 * A bundler plugin that edits the modules of an app before they are bundled: what the engine lacks becomes what it has.
 * A module is parsed once for all edits, and only if one of them may have something to do.
 */
import { MagicString } from 'magic-string'
import type { Plugin } from 'rolldown'
import { parseSync, type ParseResult } from 'rolldown/utils'

const LANGUAGES: ReadonlySet<string> = new Set(['js', 'jsx', 'ts', 'tsx'])

export type ImportKind = 'dynamic-import' | 'require-call'

/** A module that is edited. */
export interface EditedModule {
  /** What the bundler calls it. */
  readonly id: string
  readonly code: string
  readonly program: ParseResult['program']
  readonly edited: MagicString
  /** Whether the bundler finds what the module imports under this name. */
  finds(specifier: string, kind: ImportKind): Promise<boolean>
}

/** One kind of edit. */
export interface Edit {
  /** Code in which this finds nothing is left as it is. */
  readonly worthParsing: RegExp
  apply(module: EditedModule): void | Promise<void>
}

/** The edited code, or undefined when there is nothing to do. */
export async function applyEdits(
  edits: readonly Edit[],
  code: string,
  { id, finds }: Pick<EditedModule, 'id' | 'finds'>,
): Promise<MagicString | undefined> {
  const worthwhile = edits.filter(({ worthParsing }) => worthParsing.test(code))
  if (worthwhile.length === 0) return undefined
  const { errors, program } = parseSync(id, code)
  // the bundler reports broken code itself, with its place
  if (errors.length > 0) return undefined
  const edited = new MagicString(code)
  for (const edit of worthwhile) await edit.apply({ id, code, program, edited, finds })
  return edited.hasChanged() ? edited : undefined
}

/** The plugin. */
export function editPlugin(edits: readonly Edit[]): Plugin {
  return {
    name: 'nano-edits',
    transform: {
      order: 'post',
      async handler(code, id, { moduleType }) {
        if (!LANGUAGES.has(moduleType)) return null
        const finds = async (specifier: string, kind: ImportKind) => {
          const resolved = await this.resolve(specifier, id, { kind })
          return resolved !== null && resolved.external === false
        }
        const edited = await applyEdits(edits, code, { id, finds })
        if (edited === undefined) return null
        return { code: edited.toString(), map: edited.generateMap({ source: id, hires: true }).toString() }
      },
    },
  }
}
