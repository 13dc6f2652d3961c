/**
 * The engines that components need, compiled and ready to be posted to shards. One that is known but not yet in
 * the cache is generated, once per machine, from a component that NANO builds for the purpose: never from the file of
 * a tenant, for what is generated is code that the host runs. For the same reason the cache is the user's own.
 *
 * An engine that the operator admits is one of another version of NANO. This one cannot make it, so it has to be in the
 * cache already, from a version with the same generator and the same world.
 */

import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'

import { findCacheDirectory } from '../engine/cache-directory.ts'
import { buildEngine, hasEngine, toEngineDirectory } from '../engine/build-engine.ts'
import { openEngine } from '../engine/engine.ts'
import type { EngineCounters } from '../engine/engine.ts'
import type { CompiledEngine } from '../engine/guest.ts'
import { readKnownEngines, type KnownEngines } from '../engine/known.ts'
import { NanoError } from '../errors.ts'

/** Opens engines. */
export class Engines {
  readonly counters: EngineCounters = { transpiles: 0, compiles: 0 }
  readonly #known: KnownEngines
  readonly #cache = findCacheDirectory([toOwnModules()])

  /** `additions`: hashes of engines that the operator admits besides those of the release. */
  constructor(additions: readonly string[] = []) {
    this.#known = readKnownEngines(additions)
  }

  /** Throws ENGINE_UNKNOWN for one that this host does not serve. */
  expectKnown(hash: string): void {
    this.#known.expectKnown(hash)
  }

  /** Whether components of an engine can be served. */
  serves(hash: string): boolean {
    return this.#known.isReleased(hash) || (this.#known.isKnown(hash) && hasEngine(this.#cache, hash))
  }

  /** `onGenerate` is called when the engine is not in the cache and seconds will pass. Throws ENGINE_UNKNOWN. */
  async open(hash: string, onGenerate: () => void): Promise<CompiledEngine> {
    this.#known.expectKnown(hash)
    // what another version built, only that version can generate
    if (!hasEngine(this.#cache, hash) && this.#known.isReleased(hash)) {
      onGenerate()
      const { buildEngineTemplate } = await import('../build/engine-template.ts')
      await buildEngine(await buildEngineTemplate(), this.#cache, this.counters)
    }
    if (!hasEngine(this.#cache, hash)) {
      throw new NanoError(
        'ENGINE_UNKNOWN',
        `the component's engine ${hash.slice(0, 12)} is admitted, but this version of NANO makes another. ` +
          'Build the app again, or let the version that built it serve it once with the same NANO_CACHE_DIR, ' +
          `now ${this.#cache}.`,
      )
    }
    return openEngine(toEngineDirectory(this.#cache, hash), this.counters)
  }
}

/** The `node_modules` of NANO's own package. */
function toOwnModules(): string {
  return join(dirname(findPackageJSON(import.meta.url) ?? ''), 'node_modules')
}
