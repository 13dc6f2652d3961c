/**
 * nano.json to a checked `Config`. JSON with comments and trailing commas; every problem of the file is reported at
 * once, each with file:line:column, what was expected and what came. What may stand in it is described by `schema.ts`.
 * Pure but for `readConfig` and the wrangler files of folders.
 */

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import type { Node } from 'jsonc-parser'
import type * as z from 'zod'

import { NanoError } from '../errors.ts'
import type { Config } from './config.ts'
import { hasValue, readTree, toOffset, toPlace, toValue, toWhere } from '../json/places.ts'
import type { Path, Place, Problem } from '../json/places.ts'
import { findFleetless } from './needs-fleet.ts'
import { NANO_JSON } from './schema.ts'
import type { ToProject } from './take-wrangler.ts'
import { toConfig } from './to-config.ts'
import { findTaken } from './unique.ts'

/** What the schema found: the library's issues by what they have in common. */
type Issue = z.core.$ZodIssue

/** Something wrong, and where. */
export interface ConfigProblem extends Place {
  readonly text: string
}

/** A configuration, or what is wrong with it, from the top of the file. */
export type CheckedConfig =
  | {
      readonly config: Config
      /** Where a value stands, or what it is missing in. */
      readonly placeOf: (path: Path) => Place
    }
  | { readonly problems: readonly ConfigProblem[] }

/** Read and check a configuration file. */
export function readConfig(file: string, toProject?: ToProject): Config {
  return parseConfig(readText(file), file, toProject)
}

/** The text of a configuration file. Throws CONFIG_INVALID when it has none. */
export function readText(file: string): string {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(file)
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable'
    const text = reason === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${reason})`
    throw new NanoError('CONFIG_INVALID', `${file}: ${text}`, { cause })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new NanoError('CONFIG_INVALID', `${file}:1:1: the file is not UTF-8 text`, { cause })
  }
}

/**
 * Check a configuration's text. `file` is for messages, and paths are relative to its directory. `toProject`: where the
 * wrangler files of apps are, if not in the folders that their paths name.
 */
export function parseConfig(text: string, file: string, toProject?: ToProject): Config {
  const checked = checkConfig(text, file, toProject)
  if ('config' in checked) return checked.config
  const lines = checked.problems.map(
    (problem) => `${file}:${problem.line}:${problem.column}: ${problem.text}`,
  )
  throw new NanoError('CONFIG_INVALID', lines.join('\n'))
}

/** Check a configuration's text, and say all that is wrong with it. */
export function checkConfig(text: string, file: string, toProject?: ToProject): CheckedConfig {
  const fail = (found: readonly Problem[]): CheckedConfig => ({
    problems: [...found]
      .sort((a, b) => a.offset - b.offset)
      .map((problem) => ({ ...toPlace(problem.offset, text), text: problem.text })),
  })
  if (text.startsWith('\uFEFF')) {
    return fail([{ offset: 0, text: 'starts with a byte order mark; save it as UTF-8 without one' }])
  }
  const { root, problems } = readTree(text)
  if (root === undefined) return fail(problems)
  const value = toValue(root)
  const result = NANO_JSON.safeParse(value)
  const all = [
    ...problems,
    ...toProblems(root, result.error?.issues ?? []),
    ...[...findTaken(value), ...findFleetless(value)].map(({ path, text: what }) => ({
      offset: toOffset(root, path),
      text: `${toWhere(path)}: ${what}`,
    })),
  ]
  if (!result.success || all.length > 0) return fail(all)
  return {
    config: toConfig(result.data, resolve(file), toProject),
    placeOf: (path) => toPlace(toOffset(root, path), text),
  }
}

/** Of several issues of one value the first is told: the others follow from it. */
function toProblems(root: Node, issues: readonly Issue[]): Problem[] {
  const told = new Set<string>()
  return issues.flatMap(flatten).flatMap((issue) => {
    const path = issue.path as Path
    if (issue.code === 'unrecognized_keys') {
      const texts = issue.message.split('\n')
      return issue.keys.flatMap((key, i) => {
        // told already, wherever it stands
        if (key === '__proto__') return []
        return { offset: toOffset(root, path, key), text: `${toWhere(path)}: ${texts[i]}` }
      })
    }
    const where = toWhere(path)
    if (told.has(where)) return []
    told.add(where)
    const text = hasValue(root, path)
      ? `${where}: ${issue.message}`
      : `${toWhere(path.slice(0, -1))}: "${String(path.at(-1))}" is missing; ${issue.message}`
    return { offset: toOffset(root, path), text }
  })
}

/**
 * Of a value that may be one of several things, what is wrong with it as the one that it comes nearest to: that whose fault
 * is deepest, or else the last of them, the one with parts.
 */
function flatten(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const nearest = issue.errors.reduce<Issue[]>(
    (best, issues) => (toDepth(issues) < toDepth(best) ? best : [...issues]),
    [],
  )
  return nearest.flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] }))
}

function toDepth(issues: readonly Issue[]): number {
  return Math.max(0, ...issues.map(({ path }) => path.length))
}
