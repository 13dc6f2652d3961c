/**
 * What apps are made of, loaded when it is needed, on a thread that serves nobody and opens nothing (loaded-images.ts). What is
 * not on the disk, or broken, comes from its component, which is opened again, once, and written.
 */

import { extname } from 'node:path'

import { CAPACITY_RULES } from '../config/capacity.ts'
import { NanoError } from '../errors.ts'
import type { ImageCounters } from '../image/counters.ts'
import type { AppContent } from '../image/image.ts'
import type { ContentId } from '../image/packed.ts'
import { isMade } from '../transpile/transpile.ts'
import { AskedThread } from './asked-thread.ts'
import type { LoadedCounters, WantedImage } from './loaded-images.ts'
import type { OpenComponent } from './opening.ts'

/** What the thread can be asked for, with the answer. */
export interface ImageQuestions {
  load: {
    /** `budget`: the most bytes that are held. */
    readonly ask: WantedImage & { readonly budget: number }
    readonly answer: LoadedCounters & { readonly content: AppContent }
  }
  /** The most bytes that are held. */
  bound: { readonly ask: number; readonly answer: LoadedCounters }
}

// as source or compiled, whatever this file is
const SCRIPT = new URL(`image-thread${extname(import.meta.filename)}`, import.meta.url)

const HEAP_MB = 256
const BYTES_PER_MB = 1024 * 1024

export class Images implements Disposable {
  readonly counters: ImageCounters = { loads: 0, remakes: 0, made: 0, evictions: 0, bytes: 0 }
  readonly #reopen: (component: OpenComponent) => Promise<OpenComponent>
  readonly #reopening = new Map<ContentId, Promise<OpenComponent>>()
  readonly #thread = new AskedThread<ImageQuestions>({
    script: SCRIPT,
    name: 'images',
    data: undefined,
    atOnce: Infinity,
    heapMb: HEAP_MB,
    stays: true,
  })
  #budget = CAPACITY_RULES.imageCacheMb.initial * BYTES_PER_MB

  /** `reopen`: opens a component again from where it came, and keeps its image on the disk. */
  constructor(reopen: (component: OpenComponent) => Promise<OpenComponent>) {
    this.#reopen = reopen
  }

  /** The most MiB that are held; undefined: the default. */
  set budgetMb(megabytes: number | undefined) {
    this.#budget = (megabytes ?? CAPACITY_RULES.imageCacheMb.initial) * BYTES_PER_MB
    // else it is heard with what is loaded next
    if (this.counters.bytes <= this.#budget) return
    this.#thread.ask('bound', this.#budget).then(
      (counters) => Object.assign(this.counters, counters),
      // it is over
      () => undefined,
    )
  }

  /** A copy to be moved on, or what is shared. Rejects with ARTIFACT_BROKEN when it is gone and cannot be made again. */
  async load(component: OpenComponent): Promise<AppContent> {
    if (component.foreign !== undefined && !isMade(component.foreign.folder)) return this.#remake(component)
    if (component.held !== undefined) return component.held
    try {
      return await this.#ask(component)
    } catch (error) {
      if (!(error instanceof NanoError) || error.code !== 'ARTIFACT_BROKEN') throw error
      const again = await this.#reopenOnce(component)
      if (again.image.id !== component.image.id) throw toChanged(error)
      return again.held ?? (await this.#ask(again))
    }
  }

  [Symbol.dispose](): void {
    this.#thread[Symbol.dispose]()
  }

  async #ask({ engineHash, image: { id }, key }: OpenComponent): Promise<AppContent> {
    const ask = { engineHash, id, key, budget: this.#budget }
    const { content, ...counters } = await this.#thread.ask('load', ask)
    Object.assign(this.counters, counters)
    return content
  }

  /** For all who find it broken meanwhile. */
  #reopenOnce(component: OpenComponent): Promise<OpenComponent> {
    const { id } = component.image
    const known = this.#reopening.get(id)
    if (known !== undefined) return known
    this.counters.remakes++
    const reopening = this.#reopen(component).finally(() => this.#reopening.delete(id))
    this.#reopening.set(id, reopening)
    return reopening
  }

  /** There is no image, and what serves it is gone. */
  async #remake(component: OpenComponent): Promise<AppContent> {
    const { foreign, ...again } = await this.#reopen(component)
    if (foreign?.hash !== component.foreign?.hash)
      throw toChanged(new NanoError('ARTIFACT_BROKEN', 'it is gone'))
    return await this.load(again)
  }
}

function toChanged(cause: NanoError): NanoError {
  const text = `${cause.message}; its component is another one by now: reload, or deploy it again`
  return new NanoError('ARTIFACT_BROKEN', text, { cause })
}
