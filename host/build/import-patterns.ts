/**
 * Names of modules that are put together at run time of texts that are there when the app is built: `./pages/${name}.ts`,
 * or the same with `+`. What such a name can mean is known then: files of the app, a part for each gap, which has no slash.
 */
import { readdirSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { CODE } from './file-types.ts'

/** The most files that a pattern may mean. */
const MOST_FILES = 1000
/** Stands for a gap; no path has it. */
const GAP = '\0'

/** Any node: what is looked at of it. */
interface Expression {
  readonly type: string
  readonly value?: unknown
  readonly operator?: unknown
  readonly left?: unknown
  readonly right?: unknown
  readonly quasis?: unknown
}

/** The texts around the gaps of an expression: as many gaps, plus one. None of a relative path: undefined. */
export function toPattern(node: unknown): string[] | undefined {
  const parts = toParts(node as Expression)
  return parts.length > 1 && /^\.{1,2}\/(?:.*\/)?/.test(parts[0]!) ? parts : undefined
}

function toParts({ type, value, operator, left, right, quasis }: Expression): string[] {
  if (type === 'Literal' && typeof value === 'string') return [value]
  if (type === 'TemplateLiteral') {
    return (quasis as { value: { cooked: string } }[]).map((part) => part.value.cooked)
  }
  if (type !== 'BinaryExpression' || operator !== '+') return ['', '']
  const [first, second] = [toParts(left as Expression), toParts(right as Expression)]
  return [...first.slice(0, -1), first.at(-1)! + second[0]!, ...second.slice(1)]
}

/** What the name of a module may be, and the file's name that it means then, both relative to the importer. */
export function listFits(
  importer: string,
  pattern: readonly string[],
  allows: (file: string) => boolean,
): Map<string, string> {
  const found = new Map<string, string>()
  const [first = '', ...rest] = pattern
  const prefix = first.slice(0, first.lastIndexOf('/') + 1)
  const segments = [first.slice(prefix.length), ...rest].join(GAP).split('/')
  walk(prefix, segments)
  return found

  function walk(path: string, [segment, ...deeper]: string[]): void {
    const wanted = new RegExp(`^${escape(segment!).replaceAll(GAP, '.+')}$`)
    const isLast = deeper.length === 0
    for (const entry of list(join(dirname(importer), path))) {
      if (found.size >= MOST_FILES) return
      const names = isLast && CODE.has(extname(entry.name)) ? [entry.name, stem(entry.name)] : [entry.name]
      const fitting = names.filter((name) => wanted.test(name))
      if (fitting.length === 0 || entry.isDirectory() === isLast) continue
      const file = path + entry.name
      if (!isLast) walk(`${file}/`, deeper)
      else if (allows(join(dirname(importer), file))) for (const name of fitting) found.set(path + name, file)
    }
  }
}

function list(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch {
    return []
  }
}

const stem = (name: string): string => name.slice(0, -extname(name).length)
const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
