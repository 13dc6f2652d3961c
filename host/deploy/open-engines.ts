/**
 * The engines that components need, compiled and ready to be posted to shards. A release carries those that it knows. In a
 * checkout, one that is not yet in the cache is generated, once per machine, from a component that NANO builds for the
 * purpose: never from the file of a tenant, for what is generated is code that the host runs. For the same reason the
 * cache is the user's own.
 *
 * An engine that the operator admits is one of another version of NANO. This one cannot make it, so it has to be in the
 * cache already, from a version with the same generator and the same world.
 */

import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'

import { findCacheDirectory } from '../engine/cache-directory.ts'
import { buildEngine, hasEngine, toEngineDirectory } from '../engine/build-engine.ts'
import { expectPrivate, openEngine } from '../engine/engine.ts'
import type { EngineCounters } from '../engine/engine.ts'
import type { CompiledEngine } from '../engine/guest.ts'
import { NO_ENGINE } from '../engine/no-engine.ts'
import { readKnownEngines, type KnownEngines } from '../engine/known.ts'
import { NanoError } from '../errors.ts'

/** NANO's own. */
const PACKAGE = dirname(findPackageJSON(import.meta.url) ?? '')

/** Where engines and images are that no release carries. */
export function findOwnCache(): string {
  return findCacheDirectory([join(PACKAGE, 'node_modules')])
}

/** Opens engines. */
export class Engines {
  readonly counters: EngineCounters = { generates: 0, compiles: 0 }
  readonly #known: KnownEngines
  readonly #cache = findOwnCache()

  /** `additions`: hashes of engines that the operator admits besides those of the release. */
  constructor(additions: readonly string[] = []) {
    this.#known = readKnownEngines(additions)
  }

  /** Throws ENGINE_UNKNOWN for one that this host does not serve. */
  expectKnown(hash: string): void {
    if (hash !== NO_ENGINE.hash) this.#known.expectKnown(hash)
  }

  /** Whether components of an engine can be served. */
  serves(hash: string): boolean {
    if (this.#known.worldOf(hash) !== undefined) return true
    return this.#known.isKnown(hash) && this.#find(hash) !== undefined
  }

  /** `onGenerate` is called when the engine is not there and seconds will pass. Throws ENGINE_UNKNOWN. */
  async open(hash: string, onGenerate: () => void): Promise<CompiledEngine> {
    if (hash === NO_ENGINE.hash) return NO_ENGINE
    this.#known.expectKnown(hash)
    const directory = this.#find(hash) ?? (await this.#generate(hash, onGenerate))
    if (directory !== undefined) return openEngine(directory, this.counters)
    throw new NanoError(
      'ENGINE_UNKNOWN',
      `the component's engine ${hash.slice(0, 12)} is admitted, but this version of NANO makes another. ` +
        'Build the app again, or let the version that built it serve it once with the same NANO_CACHE_DIR, ' +
        `now ${this.#cache}.`,
    )
  }

  /** Its directory, where it is. What the package holds is as safe as NANO's own code. */
  #find(hash: string): string | undefined {
    if (hasEngine(PACKAGE, hash)) return toEngineDirectory(PACKAGE, hash)
    if (!hasEngine(this.#cache, hash)) return undefined
    const directory = toEngineDirectory(this.#cache, hash)
    expectPrivate(directory)
    return directory
  }

  /** Its directory; undefined: only the version that built it can make it. */
  async #generate(hash: string, onGenerate: () => void): Promise<string | undefined> {
    const world = this.#known.worldOf(hash)
    if (world === undefined) return undefined
    onGenerate()
    const { buildEngineTemplate } = await import('../build/engine-template.ts')
    await buildEngine(await buildEngineTemplate(world), this.#cache, this.counters)
    return this.#find(hash)
  }
}
