/** Where a file imports what: for the messages of a build that fails. */
import { readFileSync } from 'node:fs'
import { parseSync, Visitor } from 'rolldown/utils'

export interface ImportPlace {
  readonly specifier: string
  readonly kind: 'import-statement' | 'dynamic-import' | 'require-call'
  /** Both from 1. */
  readonly line: number
  readonly column: number
}

/** The imports of a source file whose names stand in it. None when it cannot be read. */
export function findImports(file: string): ImportPlace[] {
  let code: string
  try {
    code = readFileSync(file, 'utf8')
  } catch {
    return []
  }
  const places: ImportPlace[] = []
  const note = (kind: ImportPlace['kind'], node: Named | null | undefined) => {
    const specifier = toKnownName(node)
    if (specifier !== undefined) places.push({ specifier, kind, ...toPlace(code, node!.start) })
  }
  new Visitor({
    ImportDeclaration: ({ source }) => note('import-statement', source),
    ExportAllDeclaration: ({ source }) => note('import-statement', source),
    ExportNamedDeclaration: ({ source }) => note('import-statement', source),
    ImportExpression: ({ source }) => note('dynamic-import', source),
    CallExpression({ callee, arguments: [name] }) {
      if (callee.type === 'Identifier' && callee.name === 'require') note('require-call', name)
    },
  }).visit(parseSync(file, code).program)
  return places
}

/** Any node that may be a name: what is looked at of it. */
interface Named {
  readonly type: string
  readonly start: number
  readonly value?: unknown
  readonly expressions?: unknown
  readonly quasis?: unknown
}

/** The text of an expression, if it is there when the app is built. */
export function toKnownName(node: Named | null | undefined): string | undefined {
  if (node?.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined
  if (node?.type !== 'TemplateLiteral') return undefined
  const { expressions, quasis } = node as { expressions: unknown[]; quasis: { value: { cooked: string } }[] }
  return expressions.length === 0 ? quasis[0]?.value.cooked : undefined
}

/** Line and column of an offset, from 1. */
export function toPlace(code: string, offset: number): { line: number; column: number } {
  const before = code.slice(0, offset).split('\n')
  return { line: before.length, column: before.at(-1)!.length + 1 }
}
