/**
 * Variables and secrets for development, from files beside the wrangler file: `.dev.vars`, or else `.env`. They stand in the
 * place of those that the app is served with.
 */

import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

import { expandVars } from './expand-vars.ts'
import { invalid } from './file.ts'

const MOST_BYTES = 1024 * 1024

/** `secrets`: the names that the app needs, and besides `variables` the only ones; undefined: it does not say. */
export function readDevVars(
  folder: string,
  environment: string | undefined,
  {
    secrets,
    variables,
  }: { readonly secrets?: readonly string[] | undefined; readonly variables: readonly string[] },
): Readonly<Record<string, string>> {
  const [own, others] = toNames(environment)
  const found = own.map((name) => read(join(folder, name))).find((values) => values !== undefined)
  const all = found ?? expandVars(Object.assign({}, ...others.map((name) => read(join(folder, name)))))
  if (secrets === undefined) return all
  const wanted = new Set([...secrets, ...variables])
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted.has(name)))
}

/** The files that are looked for. */
export function toDevVarFiles(folder: string, environment: string | undefined): readonly string[] {
  return toNames(environment)
    .flat()
    .map((name) => join(folder, name))
}

/** Of the first kind one counts; of the second all, the later ones first. */
function toNames(environment: string | undefined): [string[], string[]] {
  const plain: [string[], string[]] = [['.dev.vars'], ['.env', '.env.local']]
  if (environment === undefined) return plain
  return [
    [`.dev.vars.${environment}`, '.dev.vars'],
    ['.env', '.env.local', `.env.${environment}`, `.env.${environment}.local`],
  ]
}

function read(file: string): Record<string, string> | undefined {
  const stats = statSync(file, { throwIfNoEntry: false })
  if (stats?.isFile() !== true) return undefined
  if (stats.size > MOST_BYTES)
    throw invalid(`${file}: expected at most ${MOST_BYTES} bytes, got ${stats.size}`)
  try {
    return parseEnv(readFileSync(file, 'utf8')) as Record<string, string>
  } catch (cause) {
    throw invalid(`${file}: the file cannot be read (${(cause as Error).message})`, cause)
  }
}
