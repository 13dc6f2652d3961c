/** wrangler files: found, and read as JSON with comments or as TOML. */

import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { parse as parseJson, printParseErrorCode } from 'jsonc-parser'
import type { ParseError } from 'jsonc-parser'
import { parse as parseToml, TomlError } from 'smol-toml'

import { NanoError } from '../errors.ts'

/** In the order in which wrangler looks for them. */
export const WRANGLER_FILES = ['wrangler.json', 'wrangler.jsonc', 'wrangler.toml'] as const

export type WranglerJson = Readonly<Record<string, unknown>>

/** The wrangler file of a folder. */
export function findWrangler(folder: string): string | undefined {
  return WRANGLER_FILES.map((name) => join(folder, name)).find(
    (file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true,
  )
}

/** What it says. Throws CONFIG_INVALID. */
export function readWrangler(file: string): WranglerJson {
  const text = readFileSync(file, 'utf8')
  const value: unknown = file.endsWith('.toml') ? readToml(text, file) : readJson(text, file)
  if (isObject(value)) return value
  throw new NanoError('CONFIG_INVALID', `${file}: expected an object, got ${JSON.stringify(value)}`)
}

export function isObject(value: unknown): value is WranglerJson {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readJson(text: string, file: string): unknown {
  const errors: ParseError[] = []
  const value: unknown = parseJson(text, errors, { allowTrailingComma: true })
  const [first] = errors
  if (first === undefined) return value
  const before = text.slice(0, first.offset).split('\n')
  const place = `${before.length}:${before.at(-1)!.length + 1}`
  throw new NanoError('CONFIG_INVALID', `${file}:${place}: ${printParseErrorCode(first.error)}`)
}

function readToml(text: string, file: string): unknown {
  try {
    return parseToml(text)
  } catch (thrown) {
    if (!(thrown instanceof TomlError)) throw thrown
    const [what] = thrown.message.split('\n')
    throw new NanoError('CONFIG_INVALID', `${file}:${thrown.line}:${thrown.column}: ${what}`, {
      cause: thrown,
    })
  }
}
