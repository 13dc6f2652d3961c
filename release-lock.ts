/**
 * The lock file of a release: package-lock.json without what only developers of NANO need. Packed as npm-shrinkwrap.json it
 * makes an installation take the versions that were tested, those of packages that packages need included, each with its
 * hash. npm honours it; other package managers take what `package.json` pins, and choose the rest.
 *
 *     node release-lock.ts    write npm-shrinkwrap.json
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = import.meta.dirname

interface LockedPackage {
  /** Needed by developers of NANO alone. */
  readonly dev?: true
  /** Needed by them, and optional for others. */
  readonly devOptional?: true
  readonly optional?: true
  readonly devDependencies?: unknown
}

interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

export function readReleaseLock(): Lock {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock
  const needed = Object.entries(lock.packages).filter(([, { dev }]) => dev === undefined)
  return { ...lock, packages: Object.fromEntries(needed.map(([path, each]) => [path, toReleased(each)])) }
}

function toReleased(locked: LockedPackage): LockedPackage {
  const { devDependencies: _, devOptional, ...each } = locked
  return devOptional === undefined ? each : { ...each, optional: devOptional }
}

if (import.meta.main) writeFileSync(join(ROOT, 'npm-shrinkwrap.json'), JSON.stringify(readReleaseLock()))
