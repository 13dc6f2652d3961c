/**
 * The engine of an app that is files alone: it has no guest, and nobody makes one. It stands where an engine is asked for, so
 * that such an app is put, switched to and retired as any other.
 */
import { NanoError } from '../errors.ts'
import type { CompiledEngine, Engine } from './guest.ts'
import { Spares } from './spares.ts'

export const NO_ENGINE: CompiledEngine = {
  hash: 'none',
  world: 'none',
  module: undefined,
}

export const EMPTY_ENGINE: Engine = {
  hash: NO_ENGINE.hash,
  leastMemoryMb: 0,
  warmUpMs: 0,
  spares: new Spares(() => {
    throw new NanoError('INTERNAL', 'an app of files alone has no guest')
  }),
}
