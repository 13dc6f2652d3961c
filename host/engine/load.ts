/** A compiled engine to one that makes guests on this thread. */
import type { CompiledEngine, Engine } from './guest.ts'
import { loadStarlingMonkey } from './starlingmonkey/starlingmonkey.ts'

/** Loads the engine's own code; once per thread, further calls cost nothing. */
export function loadEngine(compiled: CompiledEngine): Promise<Engine> {
  return loadStarlingMonkey(compiled)
}
