/**
 * What apps are made of, loaded when it is needed: one copy for all shards, in shared memory, given up when others were
 * needed since and all together are over a budget.
 *
 *     absent  --load-->  loading  --here-->  held  --used least of all, over the budget-->  absent
 *                           |
 *                           '-- not on the disk, or broken: its component is opened again, once, which writes it  >  loading
 *
 * Reading and unpacking is done on a thread that serves nobody and opens nothing. Whoever was given content keeps it for
 * as long as it likes, and should not.
 */

import { extname } from 'node:path'

import { CAPACITY_RULES } from '../config/capacity.ts'
import { NanoError } from '../errors.ts'
import type { ImageCounters } from '../image/counters.ts'
import type { AppContent } from '../image/image.ts'
import type { ContentId } from '../image/packed.ts'
import { isMade } from '../transpile/transpile.ts'
import { AskedThread } from './asked-thread.ts'
import type { OpenComponent } from './opening.ts'

/** What the thread can be asked for, with the answer. */
export interface ImageQuestions {
  load: {
    ask: { readonly engineHash: string; readonly id: ContentId; readonly key?: Uint8Array | undefined }
    answer: AppContent
  }
}

interface Entry {
  readonly content: Promise<AppContent>
  /** 0: not here yet. */
  bytes: number
}

// as source or compiled, whatever this file is
const SCRIPT = new URL(`image-thread${extname(import.meta.filename)}`, import.meta.url)

const HEAP_MB = 256
const BYTES_PER_MB = 1024 * 1024

export class Images implements Disposable {
  readonly counters: ImageCounters = { loads: 0, remakes: 0, made: 0, evictions: 0, bytes: 0 }
  readonly #reopen: (component: OpenComponent) => Promise<OpenComponent>
  readonly #thread = new AskedThread<ImageQuestions>({
    script: SCRIPT,
    name: 'images',
    data: undefined,
    atOnce: Infinity,
    heapMb: HEAP_MB,
    stays: true,
  })
  /** The one that was used last comes last. */
  readonly #entries = new Map<ContentId, Entry>()
  #budget = CAPACITY_RULES.imageCacheMb.initial * BYTES_PER_MB

  /** `reopen`: opens a component again from where it came, and keeps its image on the disk. */
  constructor(reopen: (component: OpenComponent) => Promise<OpenComponent>) {
    this.#reopen = reopen
  }

  /** The most MiB that are held; undefined: the default. */
  set budgetMb(megabytes: number | undefined) {
    this.#budget = (megabytes ?? CAPACITY_RULES.imageCacheMb.initial) * BYTES_PER_MB
    this.#evict()
  }

  /** The same for all who ask. Rejects with ARTIFACT_BROKEN when it is gone and cannot be made again. */
  load(component: OpenComponent): Promise<AppContent> {
    if (component.foreign !== undefined && !isMade(component.foreign.folder)) return this.#remake(component)
    if (component.held !== undefined) return Promise.resolve(component.held)
    const { id } = component.image
    const entry = this.#entries.get(id) ?? this.#open(component)
    this.#entries.delete(id)
    this.#entries.set(id, entry)
    return entry.content
  }

  [Symbol.dispose](): void {
    this.#thread[Symbol.dispose]()
  }

  #open(component: OpenComponent): Entry {
    const { id } = component.image
    const entry: Entry = { content: this.#read(component), bytes: 0 }
    entry.content.then(
      (content) => {
        if (this.#entries.get(id) !== entry) return
        entry.bytes = toOwnBytes(content)
        this.counters.bytes += entry.bytes
        this.#evict()
      },
      () => this.#entries.delete(id),
    )
    return entry
  }

  async #read(component: OpenComponent): Promise<AppContent> {
    const { engineHash, image, key } = component
    const ask = { engineHash, id: image.id, key }
    try {
      this.counters.loads++
      return await this.#thread.ask('load', ask)
    } catch (error) {
      if (!(error instanceof NanoError) || error.code !== 'ARTIFACT_BROKEN') throw error
      this.counters.remakes++
      const again = await this.#reopen(component)
      if (again.image.id !== image.id) throw toChanged(error)
      return again.held ?? (await this.#thread.ask('load', ask))
    }
  }

  /** There is no image, and what serves it is gone. */
  async #remake(component: OpenComponent): Promise<AppContent> {
    const { foreign, ...again } = await this.#reopen(component)
    if (foreign?.hash !== component.foreign?.hash)
      throw toChanged(new NanoError('ARTIFACT_BROKEN', 'it is gone'))
    return await this.load(again)
  }

  #evict(): void {
    for (const [id, { bytes }] of this.#entries) {
      if (this.counters.bytes <= this.#budget) return
      if (bytes === 0) continue
      this.#entries.delete(id)
      this.counters.bytes -= bytes
      this.counters.evictions++
    }
  }
}

function toOwnBytes({ image, sourceMap }: AppContent): number {
  return image.layers.at(-1)!.bytes.length + (sourceMap?.length ?? 0)
}

function toChanged(cause: NanoError): NanoError {
  const text = `${cause.message}; its component is another one by now: reload, or deploy it again`
  return new NanoError('ARTIFACT_BROKEN', text, { cause })
}
