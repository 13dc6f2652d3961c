// A temporary directory with an app's sources in it, gone at the end of the scope.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface SourceDir extends Disposable {
  readonly path: string
  readonly at: (name: string) => string
}

/** Writes the files, and makes this project's packages resolvable from them. */
export function createSourceDir(files: Readonly<Record<string, string>>): SourceDir {
  const path = mkdtempSync(join(tmpdir(), 'nano-test-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), text)
  }
  symlinkSync(join(import.meta.dirname, '../../node_modules'), join(path, 'node_modules'))
  return {
    path,
    at: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}
