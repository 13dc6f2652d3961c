/** The engines of a shard, each warmed up with one of the first apps that it runs. */

import type { Deployment } from '../deploy/deployment.ts'
import type { CompiledEngine, Engine } from '../engine/guest.ts'
import { loadEngine } from '../engine/load.ts'
import { warmUp } from '../instance/warm-up.ts'
import type { Epoch } from '../limits/epoch.ts'
import type { Lending } from './lending.ts'

/** An engine of this thread. */
interface LoadedEngine {
  readonly engine: Engine
  /** How many more apps it may be warmed up with. */
  warmUps: number
}

/** Apps of one engine that may fail to warm it up: none of them keeps the shard from starting. */
const WARM_UPS = 3

export class ShardEngines {
  readonly #epoch: Epoch
  readonly #lending: Lending
  /** By hash. */
  readonly #engines = new Map<string, LoadedEngine>()

  constructor(epoch: Epoch, lending: Lending) {
    this.#epoch = epoch
    this.#lending = lending
  }

  /** That of a deployment; it is warm, unless apps keep it from that. */
  async load(deployment: Deployment, engine: CompiledEngine): Promise<Engine> {
    const loaded = this.#engines.get(engine.hash) ?? { engine: loadEngine(engine), warmUps: WARM_UPS }
    this.#engines.set(engine.hash, loaded)
    if (loaded.warmUps > 0) loaded.warmUps = (await this.#warmUp(deployment, loaded)) ? 0 : loaded.warmUps - 1
    return loaded.engine
  }

  /** Whether the engine is warm, by this app. */
  async #warmUp(deployment: Deployment, { engine }: LoadedEngine): Promise<boolean> {
    try {
      using lent = await this.#lending.lend(deployment.id)
      return warmUp({ ...deployment, image: lent.content.image, engine }, this.#epoch)
    } catch {
      // the app says so itself, to its first client
      return false
    }
  }
}
