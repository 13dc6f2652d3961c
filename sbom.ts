/**
 * Writes what the package is made of, as CycloneDX: `nano-workers-<version>.cdx.json`, named as the tarball of the same
 * release is. What only a host that builds has is marked as optional. npm makes the list, from the lock file of the release:
 * asked to omit what developers need, it would leave out what both need, too.
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { readReleaseLock } from './release-lock.ts'

const ROOT = import.meta.dirname

interface Manifest {
  readonly name: string
  readonly version: string
  readonly devDependencies: unknown
}

const { devDependencies: _, ...manifest } = JSON.parse(
  readFileSync(join(ROOT, 'package.json'), 'utf8'),
) as Manifest
const temporary = mkdtempSync(join(tmpdir(), 'nano-sbom-'))
// npm names the package after its folder
const folder = join(temporary, manifest.name)
try {
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(readReleaseLock()))
  const list = runNpm('sbom', '--sbom-format=cyclonedx')
  writeFileSync(join(ROOT, `${manifest.name}-${manifest.version}.cdx.json`), list)
} finally {
  rmSync(temporary, { recursive: true })
}

function runNpm(...args: readonly string[]): string {
  return execFileSync('npm', [...args, '--package-lock-only', '--loglevel=error'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
}
