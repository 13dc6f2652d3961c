/**
 * Scripts and lines of a prompt as what `guest-shim/script.ts` evaluates: the expression of an async function, with the name
 * that stacks have for it.
 *
 * A script is bundled as an app is, and runs from its top to its end. Of a line of a prompt, the value is that of its last
 * expression, and what it declares stays for later lines: a declaration becomes an assignment to a global.
 */
import { dirname, join, resolve } from 'node:path'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { MagicString } from 'magic-string'
import { parseSync, type ParseResult } from 'rolldown/utils'
import { BUNDLE_NAME } from '../component/source-map.ts'
import { NanoError } from '../errors.ts'
import { bundle } from './bundle.ts'
import { cachedBuild } from './build.ts'
import { findSource } from './entry.ts'
import { toPlace } from './import-places.ts'
import { findShim } from './package-files.ts'

type Statement = ParseResult['program']['body'][number]
type Pattern = Extract<Statement, { type: 'VariableDeclaration' }>['declarations'][number]['id']

/** What can be evaluated. */
export interface Script {
  readonly code: string
  /** Of stacks, as JSON. */
  readonly map: string | undefined
  readonly warnings: readonly string[]
}

const HEAD = "(async () => { 'use strict'; "
/** Ends what may be a comment. */
const TAIL = '\n})'
const EXPORTS = /^Export(?:Named|Default|All)Declaration$/

/** A script with all that it imports. Throws BUILD_FAILED. */
export async function bundleScript(path: string, allowRead: readonly string[]): Promise<Script> {
  const source = findSource(path, { allowRead: allowRead.map((each) => resolve(each)) })
  const { code, map, entry, warnings } = await bundle(source, findShim())
  const { program } = parseSync(BUNDLE_NAME, code)
  const edited = new MagicString(code)
  let isApp = false
  for (const statement of program.body) {
    if (!EXPORTS.test(statement.type)) continue
    edited.remove(statement.start, statement.end)
    isApp ||= /\bdefault\b/.test(code.slice(statement.start, statement.end))
  }
  const hint = `${entry}: nothing calls its default export; "nano-workers dev ${path}" serves an app`
  return {
    // the code begins in the second line
    code: `${HEAD}\n${edited.toString()}${TAIL}\n//# sourceURL=${BUNDLE_NAME}`,
    map: map === undefined ? undefined : shiftLine(map),
    warnings: isApp ? [...warnings, hint] : warnings,
  }
}

/** A line that stands before everything that a map tells of. */
function shiftLine(map: string): string {
  const { mappings, ...rest } = JSON.parse(map) as { mappings: string }
  return JSON.stringify({ ...rest, mappings: `;${mappings}` })
}

/** A line of a prompt that is not at its end. */
export class Unfinished extends NanoError {}

/** What was typed, as code. Throws BUILD_FAILED for what is no JavaScript, as `Unfinished` if it may become some. */
export function toScript(text: string, name: string): string {
  // what looks like a block is an object, if it can be
  const isObject = /^\s*\{/.test(text) && parseSync(name, `(${text})`, MODULE).errors.length === 0
  const source = isObject ? `(${text})` : text
  const { program, errors } = parseSync(name, source, MODULE)
  if (errors.length > 0) throw toSyntaxError(errors[0]!, source, name)
  const edited = new MagicString(source)
  const names: string[] = []
  const functions: string[] = []
  for (const statement of program.body) rewrite(statement, edited, names, functions)
  const last = program.body.at(-1)
  if (last?.type === 'ExpressionStatement') {
    edited.appendLeft(last.start, 'return { value: (').appendRight(last.expression.end, ') }')
  }
  const declare = names.map((each) => `if (!('${each}' in globalThis)) globalThis.${each} = undefined; `)
  const hoist = functions.map((each) => `globalThis.${each} = ${each}; `)
  return `${HEAD}${declare.join('')}${hoist.join('')}${edited.toString()}${TAIL}\n//# sourceURL=${name}`
}

const MODULE = { sourceType: 'module', lang: 'js' } as const

function rewrite(statement: Statement, edited: MagicString, names: string[], functions: string[]): void {
  if (statement.type === 'ImportDeclaration' || EXPORTS.test(statement.type)) {
    throw new NanoError('BUILD_FAILED', 'import and export are for files; "nano-workers run <file>" runs one')
  }
  if (statement.type === 'FunctionDeclaration' && statement.id !== null) functions.push(statement.id.name)
  if (statement.type === 'ClassDeclaration' && statement.id !== null) {
    names.push(statement.id.name)
    edited.appendLeft(statement.start, `${statement.id.name} = `).appendRight(statement.end, ';')
  }
  if (statement.type !== 'VariableDeclaration') return
  const [first] = statement.declarations
  edited.overwrite(statement.start, first!.start, '(')
  for (const { id, init, end } of statement.declarations) {
    names.push(...namesOf(id))
    if (init === null) edited.appendLeft(end, ' = undefined')
  }
  const { end } = statement.declarations.at(-1)!
  edited.appendRight(end, ');')
}

/** What a pattern binds. */
function namesOf(pattern: Pattern): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name]
    case 'AssignmentPattern':
      return namesOf(pattern.left)
    case 'ArrayPattern':
      return pattern.elements.flatMap((each) =>
        each === null ? [] : namesOf(each.type === 'RestElement' ? each.argument : each),
      )
    case 'ObjectPattern':
      return pattern.properties.flatMap((each) =>
        namesOf(each.type === 'RestElement' ? each.argument : each.value),
      )
    default:
      return []
  }
}

function toSyntaxError(
  { message, labels }: ParseResult['errors'][number],
  text: string,
  name: string,
): Error {
  const end = text.trimEnd().length
  const isOpen = labels.some(
    ({ start, end: to }) => start >= end || (to >= end && /^(?:`|\/\*)/.test(text.slice(start))),
  )
  if (isOpen) return new Unfinished('BUILD_FAILED', `${name}: ${message}`)
  const { line, column } = toPlace(text, labels[0]?.start ?? 0)
  return new NanoError('BUILD_FAILED', `${name}:${line}:${column}: ${message}`)
}

/** The component that evaluates scripts; built once and found again. */
export async function buildScriptGuest(): Promise<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), 'nano-script-'))
  try {
    const entry = join(directory, 'index.js')
    // the shim does not look at it
    await writeFile(entry, 'export default { fetch: () => new Response() }\n')
    const shim = join(dirname(findShim()), 'script.ts')
    return (await cachedBuild({ entry, shim })).component
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
