/**
 * The world's text as one document, for tools that take text. `generate.ts` composes it from `wit/*.wit`; the texts of
 * older worlds stay beside it.
 */
import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'
import { PRESENT } from './worlds.ts'

// by way of the package, for the compiled form of this file stands in another folder
const FOLDER = join(dirname(findPackageJSON(import.meta.url) ?? ''), 'wit', 'worlds')

/** The world that every app is built against. */
export const WORLD = 'worker'

/** An interface as a component imports it: with the world's version, unless it names another. */
export function withVersion(specifier: string): string {
  return specifier.includes('@') ? specifier : `${specifier}@${PRESENT}`
}

/** `version`: the present one unless a test wants another. */
export function witText(version: string = PRESENT): string {
  return readFileSync(join(FOLDER, `${version}.wit`), 'utf8')
}
