/**
 * The tsconfig.json that an app's build follows: the nearest one at or above the entry, within the app's folder. The
 * bundler reads it, and what it extends or refers to, by itself; so where those lie is checked before.
 */
import { readFileSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { parse } from 'jsonc-parser'
import { NanoError } from '../errors.ts'
import { contains, OUTSIDE, type Readable, toReal, upwards } from './app-root.ts'

const NAME = 'tsconfig.json'

/** The file's path, or undefined when the app has none. Throws when it leads out of what may be read. */
export function findSettings(
  directory: string,
  readable: Readable,
  show: (file: string) => string,
): string | undefined {
  const found = upwards(directory)
    .filter((folder) => contains(readable.root, folder))
    .map((folder) => join(folder, NAME))
    .find((file) => toReal(file) !== undefined)
  if (found !== undefined) check(found, readable, show, new Set())
  return found
}

function check(file: string, readable: Readable, show: (file: string) => string, seen: Set<string>): void {
  if (seen.has(file)) return
  seen.add(file)
  if (!readable.allows(file)) throw new NanoError('BUILD_FAILED', `${show(file)}: "${NAME}" ${OUTSIDE}`)
  for (const name of readNames(file)) {
    for (const target of toCandidates(name, dirname(file))) {
      if (toReal(target) === undefined) continue
      if (!readable.allows(target)) {
        throw new NanoError('BUILD_FAILED', `${toPlace(file, name, show)}: "${name}" ${OUTSIDE}`)
      }
      check(target, readable, show, seen)
    }
  }
}

/** Whether decorators are TypeScript's older ones. What a file says itself counts before what it extends says. */
export function hasLegacyDecorators(file: string): boolean {
  return readLegacy(file, new Set()) ?? false
}

function readLegacy(file: string, seen: Set<string>): boolean | undefined {
  if (seen.has(file)) return undefined
  seen.add(file)
  const { extends: bases, compilerOptions } = readSettings(file)
  const own = (compilerOptions as { experimentalDecorators?: unknown } | null | undefined)
    ?.experimentalDecorators
  if (typeof own === 'boolean') return own
  for (const name of [bases].flat().toReversed()) {
    if (typeof name !== 'string') continue
    const target = toCandidates(name, dirname(file)).find((path) => isFile(path))
    const found = target === undefined ? undefined : readLegacy(target, seen)
    if (found !== undefined) return found
  }
  return undefined
}

interface Settings {
  readonly extends?: unknown
  readonly references?: unknown
  readonly compilerOptions?: unknown
}

/** Nothing when the file cannot be read. */
function readSettings(file: string): Settings {
  try {
    return (parse(readFileSync(file, 'utf8'), [], { allowTrailingComma: true }) ?? {}) as Settings
  } catch {
    return {}
  }
}

/** What a file extends and refers to, as it says it. */
function readNames(file: string): string[] {
  const { extends: bases, references } = readSettings(file)
  const paths = Array.isArray(references)
    ? references.map((entry: { path?: unknown } | null) => entry?.path)
    : []
  return [bases, paths].flat(2).filter((name): name is string => typeof name === 'string')
}

/** Where a name may lead: a file, a file without its ending, or a directory; a package's in any `node_modules` above. */
function toCandidates(name: string, from: string): string[] {
  const isPath = name.startsWith('.') || isAbsolute(name)
  const places = isPath
    ? [resolve(from, name)]
    : upwards(from).map((folder) => join(folder, 'node_modules', name))
  return places.flatMap((place) => [place, `${place}.json`, join(place, NAME)])
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false

function toPlace(file: string, name: string, show: (file: string) => string): string {
  const before = readFileSync(file, 'utf8').split(JSON.stringify(name), 1)[0]!.split('\n')
  return `${show(file)}:${before.length}:${before.at(-1)!.length + 1}`
}
