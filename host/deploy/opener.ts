/**
 * Opens components and engines, and keeps deployed apps, on a thread of its own: reading, hashing, splitting, compiling
 * and waiting for the disk keep a thread busy for a good part of a second, and the main thread has the shards to watch.
 *
 * What a component comes to is kept on the disk, and loaded on another thread when it is needed (images.ts). Compiled
 * modules are shared with this thread, not copied.
 */

import { dirname, extname, resolve } from 'node:path'

import type { Env } from '../config/env.ts'
import type { EngineCounters } from '../engine/engine.ts'
import type { CompiledEngine } from '../engine/guest.ts'
import type { ContentId } from '../image/packed.ts'
import { AskedThread } from './asked-thread.ts'
import { needsOwnImage } from './env-image.ts'
import { Images } from './images.ts'
import type { Brought, SourceAccess } from './open-component.ts'
import type { OpenComponent, OpenerData, OpeningNote, Requests } from './opening.ts'

// as source or compiled, whatever this file is
const SCRIPT = new URL(`opener-thread${extname(import.meta.filename)}`, import.meta.url)

/** Under way at once, each perhaps with a build process of its own. */
const AT_ONCE = 2

/** The most MiB of JavaScript objects of the thread, images and modules apart. */
const HEAP_MB = 1024

const DAY_MS = 24 * 3_600_000

/** Told what happens on the way. */
export type OnNote = (note: OpeningNote) => void

export interface OpenerOptions {
  /** Hashes of engines that the operator admits besides those of the release. */
  readonly engines?: readonly string[] | undefined
  /** Where deployed apps are kept; undefined: nowhere. */
  readonly dataDirectory?: string | undefined
  /** The most MiB of images in memory; undefined: the default. */
  readonly imageCacheMb?: number | undefined
  /** The thread waits for the next who asks, however long that takes. */
  readonly stays?: boolean | undefined
}

export class Opener implements Disposable, AsyncDisposable {
  /** Engines that were generated, and compiled: never more than there are different ones. */
  readonly counters: EngineCounters = { generates: 0, compiles: 0 }
  /** What components came to. */
  readonly images: Images
  readonly #thread: AskedThread<Requests, OpeningNote>
  /** By hash. One that failed is asked for again. */
  readonly #engines = new Map<string, Promise<CompiledEngine>>()
  #pruning: NodeJS.Timeout | undefined

  constructor({ engines = [], dataDirectory, imageCacheMb, stays = false }: OpenerOptions = {}) {
    const data: OpenerData = { engines, dataDirectory }
    this.#thread = new AskedThread({
      script: SCRIPT,
      name: 'opener',
      data,
      atOnce: AT_ONCE,
      heapMb: HEAP_MB,
      stays,
    })
    this.images = new Images(({ origin }) => this.#openAgain(origin))
    this.images.budgetMb = imageCacheMb
  }

  /** The component at a path. Rejects with what is wrong with it; the error names the path. */
  component(path: string, access: SourceAccess, onNote: OnNote): Promise<OpenComponent> {
    return this.ask('component', { path, access }, onNote)
  }

  /**
   * The component with the image that is right for this `env`: its own, unless its app asks at the top level for what is in
   * it. Rejects with BUILD_FAILED when the top level does not come to its end with it.
   */
  async forEnv(component: OpenComponent, env: Env, onNote?: OnNote): Promise<OpenComponent> {
    const { origin, reads, assets } = component
    if (reads === undefined || origin.type === 'env-image' || !needsOwnImage(reads, env)) return component
    return { ...(await this.#makeFor({ origin, reads, env }, onNote)), assets }
  }

  /**
   * The bytes of what lies on the server, for whoever deploys it from there. Paths are relative to the configuration's
   * file; without one, to the directory of the process.
   */
  file(path: string, allowRead: readonly string[], configuration: string | undefined): Promise<Brought> {
    const base = configuration === undefined ? '.' : dirname(configuration)
    const access = { allowRead: allowRead.map((each) => resolve(base, each)), configuration }
    return this.ask('file', { path: resolve(base, path), access })
  }

  /** A known engine, the same for all who ask. Rejects with ENGINE_UNKNOWN. */
  engine(hash: string, onNote: OnNote): Promise<CompiledEngine> {
    let engine = this.#engines.get(hash)
    if (engine === undefined) {
      engine = this.#openEngine(hash, onNote)
      this.#engines.set(hash, engine)
      engine.catch(() => this.#engines.delete(hash))
    }
    return engine
  }

  /** Images on the disk that none of these is go when there are many of them: now, and every day. */
  keepImages(named: () => readonly ContentId[]): void {
    const prune = (): void => void this.ask('prune', named()).catch(() => undefined)
    prune()
    this.#pruning = setInterval(prune, DAY_MS).unref()
  }

  /** Anything else that the thread does (`Requests`). Rejects with its error, or INTERNAL when the thread ends. */
  ask<Type extends keyof Requests>(
    type: Type,
    ask: Requests[Type]['ask'],
    onNote?: OnNote,
  ): Promise<Requests[Type]['answer']> {
    return this.#thread.ask(type, ask, onNote)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#pruning)
    this.images[Symbol.dispose]()
    this.#thread[Symbol.dispose]()
  }

  /** Resolves when another process may have the data directory. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#pruning)
    this.images[Symbol.dispose]()
    await this.#thread[Symbol.asyncDispose]()
  }

  async #openEngine(hash: string, onNote: OnNote): Promise<CompiledEngine> {
    const { engine, counters } = await this.ask('engine', hash, onNote)
    this.counters.generates += counters.generates
    this.counters.compiles += counters.compiles
    return engine
  }

  async #makeFor(ask: Requests['env-image']['ask'], onNote?: OnNote): Promise<OpenComponent> {
    const { component, isMade } = await this.ask('env-image', ask, onNote)
    if (isMade) this.images.counters.made++
    return component
  }

  async #openAgain(origin: OpenComponent['origin']): Promise<OpenComponent> {
    if (origin.type === 'component') return await this.ask('component', { ...origin.ask, isAnew: true })
    if (origin.type === 'env-image') return await this.#makeFor({ ...origin.ask, isAnew: true })
    return (await this.ask('stored', origin.ask)).component
  }
}
