/**
 * The WIT package as one document, for tools that take text: the package line once, then every file's content in the
 * order of its name, so that the same package always gives the same text and with it the same engine.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'

// by way of the package, for the compiled form of this file stands in another folder
const FOLDER = join(dirname(findPackageJSON(import.meta.url) ?? ''), 'wit')
const PACKAGE_LINE = /^package [^;]+;\n/m

/** The world that every app is built against. */
export const WORLD = 'worker'

/** All of `wit/*.wit` as a single document. */
export function witText(): string {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.wit'))
  const texts = files.sort().map((name) => readFileSync(join(FOLDER, name), 'utf8'))
  const packageLines = new Set(texts.map((text) => PACKAGE_LINE.exec(text)?.[0]))
  const [packageLine] = packageLines
  if (packageLine === undefined || packageLines.size !== 1) {
    throw new Error('every file in wit/ begins with the same package line')
  }
  return packageLine + texts.map((text) => text.replace(PACKAGE_LINE, '')).join('')
}
