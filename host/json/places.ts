/**
 * JSON with comments as a tree with the place of every value: nano.json, wrangler files. Text to a plain value, and
 * problems to lines of `file:line:column`. What plain JSON values cannot tell is found here: a key that is given twice,
 * `__proto__`, a number that is too large, nesting that is too deep to be walked.
 */

import { createScanner, findNodeAtLocation, getNodeValue, parseTree, printParseErrorCode } from 'jsonc-parser'
import type { Node, ParseError } from 'jsonc-parser'

/** Where a value stands: keys and indexes from the top. */
export type Path = readonly (string | number)[]

/** Something wrong at an offset of the file. */
export interface Problem {
  readonly offset: number
  readonly text: string
}

/** A place in a file, counted from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** The file's text as a tree; without a root when there is nothing to look at but the problems. */
export interface Tree {
  readonly root?: Node
  readonly problems: readonly Problem[]
}

/** Levels of objects and lists in one another; the parser and everyone behind it recurse. */
const MAX_DEPTH = 100
// SyntaxKind is a `const enum`, which single files cannot import
const OPENING: ReadonlySet<number> = new Set([1, 3])
const CLOSING: ReadonlySet<number> = new Set([2, 4])
const END = 17

/** Read the text. */
export function readTree(text: string): Tree {
  const deep = findDeep(text)
  if (deep !== undefined) return { problems: [deep] }
  const syntax: ParseError[] = []
  const root = parseTree(text, syntax, { allowTrailingComma: true, disallowComments: false })
  if (root === undefined && syntax.length === 0)
    return { problems: [{ offset: 0, text: 'the file is empty' }] }
  if (root === undefined || syntax.length > 0) {
    return {
      problems: syntax.map(({ offset, error }) => ({ offset, text: toWords(printParseErrorCode(error)) })),
    }
  }
  return { root, problems: findFaults(root, []) }
}

/** A tree as a plain value. Its objects have no prototype. */
export function toValue(root: Node): unknown {
  return getNodeValue(root)
}

/** The place of a value, or of what it is missing in; `key`: the place of this key of it. */
export function toOffset(root: Node, path: Path, key?: string): number {
  const node = findNodeAtLocation(root, [...path])
  if (node === undefined) return path.length === 0 ? 0 : toOffset(root, path.slice(0, -1))
  const property = node.children?.find(({ children }) => children?.[0]?.value === key)
  return (key === undefined ? node : (property ?? node)).offset
}

/** Whether there is a value. */
export function hasValue(root: Node, path: Path): boolean {
  return findNodeAtLocation(root, [...path]) !== undefined
}

/** `apps[0].name`. */
export function toWhere(path: Path): string {
  if (path.length === 0) return 'the configuration'
  return path.reduce<string>(
    (before, part) => before + (typeof part === 'number' ? `[${part}]` : before === '' ? part : `.${part}`),
    '',
  )
}

/** The place of an offset. */
export function toPlace(offset: number, text: string): Place {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

function findDeep(text: string): Problem | undefined {
  const scanner = createScanner(text, true)
  let depth = 0
  for (let token: number = scanner.scan(); token !== END; token = scanner.scan()) {
    if (CLOSING.has(token)) depth--
    if (OPENING.has(token) && ++depth > MAX_DEPTH) {
      return {
        offset: scanner.getTokenOffset(),
        text: `expected at most ${MAX_DEPTH} levels of { } and [ ], got more`,
      }
    }
  }
  return undefined
}

function findFaults(node: Node, path: Path): Problem[] {
  const where = toWhere(path)
  if (node.type === 'number' && !Number.isFinite(node.value)) {
    return [{ offset: node.offset, text: `${where}: expected a number of at most 1.8e308, got a larger one` }]
  }
  const children = node.children ?? []
  if (node.type === 'array') return children.flatMap((item, index) => findFaults(item, [...path, index]))
  const seen = new Set<string>()
  return children.flatMap(({ children: [key, value] = [] }) => {
    if (key === undefined || value === undefined) return []
    const name = String(key.value)
    const inner = findFaults(value, [...path, name])
    const { offset } = key
    if (name === '__proto__') inner.unshift({ offset, text: `${where}: "__proto__" is not allowed as a key` })
    if (seen.has(name))
      inner.unshift({ offset, text: `${where}: the key ${JSON.stringify(name)} is given twice` })
    seen.add(name)
    return inner
  })
}

/** `CommaExpected` to `comma expected`. */
function toWords(code: string): string {
  return code.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()
}
