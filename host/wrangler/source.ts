/** What a wrangler file says of how its app is built. */

import { dirname, join } from 'node:path'

import { withEnvironment } from './environment.ts'
import { invalid, isObject, readWrangler } from './file.ts'
import type { WranglerJson } from './file.ts'
import { withPages } from './pages.ts'

/** Of what kind files are. */
export interface ModuleRule {
  readonly type: 'Text' | 'Data' | 'code'
  readonly globs: readonly string[]
}

export interface SourceSettings {
  /** Absolute: where the app begins. */
  readonly main?: string | undefined
  /** Expressions that stand for names. */
  readonly define: Readonly<Record<string, string>>
  /** Modules that stand for others, as imported from the folder. */
  readonly alias: Readonly<Record<string, string>>
  readonly rules: readonly ModuleRule[]
  /** The folder of the file. */
  readonly folder: string
  /** What makes `main`. */
  readonly command?: string | undefined
}

const TYPES: Readonly<Record<string, ModuleRule['type']>> = {
  Text: 'Text',
  Data: 'Data',
  ESModule: 'code',
  CommonJS: 'code',
}

/** Throws WRANGLER_INVALID. */
export function openSource(file: string, environment: string | undefined): SourceSettings {
  const own = withEnvironment(readWrangler(file), environment, () => {})
  const { json, placeOf } = withPages(own, file, () => {})
  const folder = dirname(file)
  const { main, build } = json
  if (main !== undefined && typeof main !== 'string') {
    throw invalid(`${placeOf(['main'])}: main: expected a file, got ${JSON.stringify(main)}`)
  }
  const command = isObject(build) ? build['command'] : undefined
  return {
    folder,
    main: main === undefined ? undefined : join(folder, main),
    define: toTexts(json['define']),
    alias: toTexts(json['alias']),
    rules: toRules(json),
    command: typeof command === 'string' ? command : undefined,
  }
}

/** The kind of a file by the first rule that it fits. `path`: relative to the folder, with slashes. */
export function toRuleType(rules: readonly ModuleRule[], path: string): ModuleRule['type'] | undefined {
  return rules.find(({ globs }) => globs.some((glob) => isMatch(glob, path)))?.type
}

/** As wrangler has it: a star is any text, slashes included, and what begins with one is found in the folder itself, too. */
function isMatch(glob: string, path: string): boolean {
  const pattern = new RegExp(
    `^${glob
      .split(/\*+/)
      .map((text) => RegExp.escape(text))
      .join('.*')}$`,
    's',
  )
  return pattern.test(path) || pattern.test(`./${path}`)
}

function toRules({ rules }: WranglerJson): ModuleRule[] {
  if (!Array.isArray(rules)) return []
  return rules.flatMap((rule: unknown): ModuleRule[] => {
    if (!isObject(rule) || !Array.isArray(rule['globs'])) return []
    const type = typeof rule['type'] === 'string' ? TYPES[rule['type']] : undefined
    const globs = rule['globs'].filter((glob) => typeof glob === 'string')
    return type === undefined ? [] : [{ type, globs }]
  })
}

function toTexts(value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value)) return {}
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
