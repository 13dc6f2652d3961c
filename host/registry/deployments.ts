/**
 * The deployments of the registry, with all that is needed of them: what shards are told, their engines, what they are made
 * of. One that is retired is told to no shard that starts, and known until it has drained.
 */

import type { Deployment } from '../deploy/deployment.ts'
import type { Images } from '../deploy/images.ts'
import type { OpenComponent } from '../deploy/opening.ts'
import type { CompiledEngine } from '../engine/guest.ts'
import { NanoError } from '../errors.ts'
import type { AppContent } from '../image/image.ts'
import { Largest } from '../limits/largest.ts'

interface Known {
  readonly component: OpenComponent
  readonly turnMs: number
}

export class Deployments {
  readonly #images: Pick<Images, 'load'>
  /** Those that shards have: what serves, and what is about to. */
  readonly #told = new Map<number, Deployment>()
  /** By hash, and how many of them each has. */
  readonly #engines = new Map<string, { readonly engine: CompiledEngine; deployments: number }>()
  /** Those that drain included. */
  readonly #known = new Map<number, Known>()
  /** The longest turn that each of these may take. */
  readonly #turns = new Largest()

  constructor(images: Pick<Images, 'load'>) {
    this.#images = images
  }

  get all(): readonly Deployment[] {
    return [...this.#told.values()]
  }

  /** Those of the deployments, by hash. */
  get engines(): ReadonlyMap<string, CompiledEngine> {
    return new Map(Array.from(this.#engines, ([hash, { engine }]) => [hash, engine]))
  }

  get engineCount(): number {
    return this.#engines.size
  }

  /** The longest turn that one may take, in milliseconds; of one that drains, too. */
  get longestTurnMs(): number {
    return this.#turns.value
  }

  add(deployment: Deployment, engine: CompiledEngine, component: OpenComponent): void {
    const known = this.#engines.get(engine.hash) ?? { engine, deployments: 0 }
    known.deployments++
    this.#engines.set(engine.hash, known)
    this.#told.set(deployment.id, deployment)
    const { cpuMs, scheduledTurnMs } = deployment.limits
    const turnMs = Math.max(cpuMs, scheduledTurnMs)
    this.#known.set(deployment.id, { component, turnMs })
    this.#turns.add(turnMs)
  }

  /** `drainMs`: how long it may be asked for. */
  retire({ id, engineHash }: Deployment, drainMs: number): void {
    this.#told.delete(id)
    const engine = this.#engines.get(engineHash)
    if (engine !== undefined && --engine.deployments === 0) this.#engines.delete(engineHash)
    setTimeout(() => this.#forget(id), drainMs).unref()
  }

  /** What a deployment is made of, for a shard that has a request for it. */
  async load(id: number): Promise<AppContent> {
    const known = this.#known.get(id)
    if (known === undefined) throw new NanoError('INTERNAL', `deployment ${id} is not there`)
    return await this.#images.load(known.component)
  }

  #forget(id: number): void {
    const known = this.#known.get(id)
    if (known === undefined) return
    this.#known.delete(id)
    this.#turns.remove(known.turnMs)
  }
}
