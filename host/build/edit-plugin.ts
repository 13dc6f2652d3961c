/**
 * A bundler plugin that edits every module after types and JSX are gone. What it visits is the module's syntax tree, and
 * it is asked only for modules that are worth parsing.
 */
import { MagicString } from 'magic-string'
import type { Plugin } from 'rolldown'
import { parseSync, Visitor } from 'rolldown/utils'

type Visits = ConstructorParameters<typeof Visitor>[0]

/** One kind of edit. */
export interface Edit {
  readonly name: string
  /** Code in which this finds nothing is left as it is. */
  readonly worthParsing: RegExp
  /** What to do to which nodes. */
  visits(edited: MagicString): Visits
}

/** The edited code, or undefined when there is nothing to do. */
export function applyEdit(edit: Edit, code: string, filename: string): MagicString | undefined {
  if (!edit.worthParsing.test(code)) return undefined
  const parsed = parseSync(filename, code)
  // the bundler reports broken code itself, with its place
  if (parsed.errors.length > 0) return undefined
  const edited = new MagicString(code)
  new Visitor(edit.visits(edited)).visit(parsed.program)
  return edited.hasChanged() ? edited : undefined
}

/** The plugin. */
export function editPlugin(edit: Edit): Plugin {
  return {
    name: edit.name,
    transform: {
      order: 'post',
      handler(code, id) {
        const edited = applyEdit(edit, code, id)
        if (edited === undefined) return null
        return { code: edited.toString(), map: edited.generateMap({ source: id, hires: true }).toString() }
      },
    },
  }
}
