/**
 * The engines that this host serves: those in `engines.json`, which every release brings, and those that the operator
 * adds. A component with any other skeleton is refused, whatever is in it.
 */
import { existsSync, readFileSync } from 'node:fs'
import { PRESENT } from '../../wit/worlds.ts'
import { NanoError } from '../errors.ts'
import { WORLD_VERSIONS } from './worlds.ts'

/** Beside the sources, or beside the folder that they were compiled into. */
const PLACES = ['../../engines.json', '../../../engines.json']
const HASH = /^[0-9a-f]{64}$/

/** An engine as `engines.json` has it. */
export interface KnownEngine {
  readonly hash: string
  /** The version of componentize-js whose engine it is. */
  readonly componentize_js: string
  /** The world it was built for. */
  readonly world: string
}

export class KnownEngines {
  readonly engines: readonly KnownEngine[]
  readonly #hashes: ReadonlySet<string>

  constructor(engines: readonly KnownEngine[], additions: readonly string[] = []) {
    const hashes = [...engines.map((engine) => engine.hash), ...additions]
    const wrong = hashes.find((hash) => !HASH.test(hash))
    if (wrong !== undefined) {
      throw new NanoError('CONFIG_INVALID', `an engine's hash has 64 lower-case hex digits, not "${wrong}"`)
    }
    this.engines = engines
    this.#hashes = new Set(hashes)
  }

  isKnown(hash: string): boolean {
    return this.#hashes.has(hash)
  }

  /**
   * The version of the world that an engine is made for, if this release's toolchain makes it; the others can only be
   * opened.
   */
  worldOf(hash: string): string | undefined {
    const toVersion = ({ world }: KnownEngine): string | undefined => world.split('@')[1]
    const present = this.engines.find((engine) => toVersion(engine) === PRESENT)
    const found = this.engines.find((engine) => engine.hash === hash)
    return found?.componentize_js === present?.componentize_js ? found && toVersion(found) : undefined
  }

  /** Throws ENGINE_UNKNOWN unless the hash is known. */
  expectKnown(hash: string): void {
    if (this.isKnown(hash)) return
    throw new NanoError(
      'ENGINE_UNKNOWN',
      `the component's engine ${hash.slice(0, 12)} is not among the ${this.#hashes.size} that this host knows. ` +
        `It serves the worlds ${WORLD_VERSIONS.join(' and ')}. ` +
        'Build the app from its sources with the version of NANO that is to serve it (the component carries no bundle to ' +
        'make it again from), or admit the engine in the configuration, if you ' +
        `trust whoever built it: "engines": ["${hash}"].`,
    )
  }
}

/** The release's engines and `additions`, hashes that the operator trusts. */
export function readKnownEngines(additions: readonly string[] = []): KnownEngines {
  const file = PLACES.map((place) => new URL(place, import.meta.url)).find((place) => existsSync(place))
  if (file === undefined) throw new NanoError('INTERNAL', 'engines.json is missing from the installation')
  const list = JSON.parse(readFileSync(file, 'utf8')) as { engines: KnownEngine[] }
  return new KnownEngines(list.engines, additions)
}
