// A temporary directory with an app's sources in it, and packages beside it, gone at the end of the scope.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface SourceDir extends Disposable {
  readonly path: string
  readonly at: (name: string) => string
}

/** Writes the files, and makes this project's packages resolvable from them. */
export function createSourceDir(files: Readonly<Record<string, string>>): SourceDir {
  const around = mkdtempSync(join(tmpdir(), 'nano-test-'))
  const path = join(around, 'app')
  mkdirSync(path)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), text)
  }
  symlinkSync(join(import.meta.dirname, '../../node_modules'), join(around, 'node_modules'))
  return {
    path,
    at: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(around, { recursive: true, force: true }),
  }
}
