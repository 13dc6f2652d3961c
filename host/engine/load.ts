/** A compiled engine to one that makes guests on this thread. */
import type { CompiledEngine, Engine } from './guest.ts'
import { EMPTY_ENGINE, NO_ENGINE } from './no-engine.ts'
import { loadStarlingMonkey } from './starlingmonkey/starlingmonkey.ts'

/** Loads the engine's own code; once per thread, further calls cost nothing. */
export async function loadEngine(compiled: CompiledEngine): Promise<Engine> {
  if (compiled.hash === NO_ENGINE.hash) return EMPTY_ENGINE
  return await loadStarlingMonkey(compiled)
}
