/** wrangler files: found, and read as JSON with comments or as TOML. A file is a tenant's: what it says is not trusted. */

import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { parse as parseToml, TomlError } from 'smol-toml'

import { NanoError } from '../errors.ts'
import { readTree, toOffset, toPlace, toValue } from '../json/places.ts'
import type { Path } from '../json/places.ts'
import { findPlaces, toTomlPlace } from './toml-places.ts'
import { isWithin } from './within.ts'

/** In the order in which wrangler looks for them. */
export const WRANGLER_FILES = ['wrangler.json', 'wrangler.jsonc', 'wrangler.toml'] as const

const MOST_BYTES = 1024 * 1024

export type WranglerJson = Readonly<Record<string, unknown>>

/** What a file says. */
export interface WranglerFile {
  readonly json: WranglerJson
  /** `file:line:column` of a value, or of what is around it. */
  readonly placeOf: (path: Path) => string
}

/** The one that a person wrote in a folder. */
export function findWritten(folder: string): string | undefined {
  return WRANGLER_FILES.map((name) => join(folder, name)).find(isFile)
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

/** Throws WRANGLER_INVALID, with the place. */
export function readWrangler(file: string): WranglerFile {
  const text = readText(file)
  const { value, placeOf } = file.endsWith('.toml') ? readToml(text, file) : readJson(text, file)
  if (isObject(value)) return { json: value, placeOf }
  throw invalid(`${placeOf([])}: expected an object, got ${JSON.stringify(value)}`)
}

export function isObject(value: unknown): value is WranglerJson {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A name of the file's as messages show it: nothing that drives a terminal, or ends a line. */
export function toShown(name: string): string {
  return name.replaceAll(/[\p{Cc}\u2028\u2029]/gu, '?')
}

export function invalid(text: string, cause?: unknown): NanoError {
  return new NanoError('WRANGLER_INVALID', text, { cause })
}

interface Read extends Pick<WranglerFile, 'placeOf'> {
  readonly value: unknown
}

function readText(file: string): string {
  try {
    // what a link leads to may be somebody else's
    if (!isWithin([dirname(file)], file))
      throw invalid(`${file}: expected a file of its folder, got a link out of it`)
    const { size } = statSync(file)
    if (size > MOST_BYTES) throw invalid(`${file}: expected at most ${MOST_BYTES} bytes, got ${size}`)
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
  } catch (cause) {
    if (cause instanceof NanoError) throw cause
    throw invalid(`${file}: the file cannot be read (${(cause as NodeJS.ErrnoException).code})`, cause)
  }
}

function readJson(text: string, file: string): Read {
  const toText = (offset: number): string => {
    const { line, column } = toPlace(offset, text)
    return `${file}:${line}:${column}`
  }
  const { root, problems } = readTree(text)
  // a key that is given twice is wrangler's affair: the last one counts
  if (root === undefined) {
    throw invalid(problems.map(({ offset, text: what }) => `${toText(offset)}: ${what}`).join('\n'))
  }
  return { value: toValue(root), placeOf: (path) => toText(toOffset(root, path)) }
}

function readToml(text: string, file: string): Read {
  try {
    // dates become texts, as JSON has them
    const value = JSON.parse(JSON.stringify(parseToml(text))) as unknown
    const places = findPlaces(text)
    const placeOf = (path: Path): string => [file, toTomlPlace(places, path) ?? []].flat().join(':')
    return { value, placeOf }
  } catch (thrown) {
    if (!(thrown instanceof TomlError)) throw thrown
    const [what] = thrown.message.split('\n')
    throw invalid(`${file}:${thrown.line}:${thrown.column}: ${what}`, thrown)
  }
}
