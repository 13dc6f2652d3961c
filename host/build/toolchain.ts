/**
 * The tools that builds are made with. They are optional dependencies of the package: a host that only serves what was built
 * elsewhere does without, and whatever has to build asks here first.
 */
import { NanoError } from '../errors.ts'
import { readOwnManifest } from './package-files.ts'

/** Optional, too, and no tool. */
const RUNTIME = 'node'

/** Throws TOOLCHAIN_MISSING unless every tool is installed. Loads none of them. */
export function expectToolchain(isInstalled: (name: string) => boolean = canResolve): void {
  const tools = Object.keys(readOwnManifest().optionalDependencies ?? {}).filter((name) => name !== RUNTIME)
  const missing = tools.filter((name) => !isInstalled(name))
  if (missing.length === 0) return
  throw new NanoError(
    'TOOLCHAIN_MISSING',
    `expected the build tools beside nano-workers, got an installation without ${missing.join(', ')}. ` +
      'Install nano-workers with its optional dependencies (without --omit=optional), or build the app where they are ' +
      '("nano-workers build") and bring the component.',
  )
}

function canResolve(name: string): boolean {
  try {
    import.meta.resolve(name)
    return true
  } catch {
    return false
  }
}
