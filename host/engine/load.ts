/** A compiled engine to one that makes guests on this thread. */
import type { CompiledEngine, Engine } from './guest.ts'
import { EMPTY_ENGINE } from './no-engine.ts'
import { loadStarlingMonkey } from './starlingmonkey/starlingmonkey.ts'

export function loadEngine(compiled: CompiledEngine): Engine {
  const { module } = compiled
  return module === undefined ? EMPTY_ENGINE : loadStarlingMonkey(compiled, module)
}
