/**
 * Opens components and engines, and keeps deployed apps, on a thread of its own: reading, hashing, splitting, compiling
 * and waiting for the disk keep a thread busy for a good part of a second, and the main thread has the shards to watch.
 *
 *     none  --ask-->  working  --nothing to do for a while, dispose-->  none
 *                     working  --it dies: what it had under way fails-->  none
 *
 * What it opens is shared with this thread, not copied: images are in shared memory, and compiled modules are the same.
 */

import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

import type { EngineCounters } from '../engine/engine.ts'
import type { CompiledEngine } from '../engine/guest.ts'
import { fromFault, NanoError, toFault, toStackText } from '../errors.ts'
import type { OpenComponent, SourceAccess } from './open-component.ts'
import type { Asked, FromOpener, OpenerData, OpeningNote, Outcome, Requests, RequestType } from './opening.ts'

// as source or compiled, whatever this file is
const SCRIPT = new URL(`opener-thread${extname(import.meta.filename)}`, import.meta.url)

/** How long the thread stays when there is nothing to do. */
const IDLE_MS = 5000

/** Under way at once, each perhaps with a build process of its own. */
const AT_ONCE = 2

/** The most MiB of JavaScript objects of the thread, images and modules apart. */
const HEAP_MB = 1024

/** Told what happens on the way. */
export type OnNote = (note: OpeningNote) => void

/** What was asked for, and who waits for it. */
interface Waiting {
  readonly asked: Asked
  readonly onNote: OnNote
  settle(outcome: Outcome): void
}

export interface OpenerOptions {
  /** Hashes of engines that the operator admits besides those of the release. */
  readonly engines?: readonly string[] | undefined
  /** Where deployed apps are kept; undefined: nowhere. */
  readonly dataDirectory?: string | undefined
  /** The thread waits for the next who asks, however long that takes. */
  readonly stays?: boolean | undefined
}

const silent: OnNote = () => {}

export class Opener implements Disposable {
  /** Engines that were generated, and compiled: never more than there are different ones. */
  readonly counters: EngineCounters = { transpiles: 0, compiles: 0 }
  readonly #data: OpenerData
  readonly #stays: boolean
  /** What is under way, by number. */
  readonly #waiting = new Map<number, Waiting>()
  /** What comes next. */
  readonly #queue: Waiting[] = []
  /** By hash. One that failed is asked for again. */
  readonly #engines = new Map<string, Promise<CompiledEngine>>()
  #worker: Worker | undefined
  #idle: NodeJS.Timeout | undefined
  #isOver = false
  #asked = 0

  constructor({ engines = [], dataDirectory, stays = false }: OpenerOptions = {}) {
    this.#data = { engines, dataDirectory }
    this.#stays = stays
  }

  /** The component at a path. Rejects with what is wrong with it; the error names the path. */
  component(path: string, access: SourceAccess, onNote: OnNote): Promise<OpenComponent> {
    return this.ask('component', { path, access }, onNote)
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

  /** Anything else that the thread does (`Requests`). Rejects with its error, or INTERNAL when the thread ends. */
  ask<Type extends RequestType>(
    type: Type,
    ask: Requests[Type]['ask'],
    onNote: OnNote = silent,
  ): Promise<Requests[Type]['answer']> {
    if (this.#isOver) return Promise.reject(toClosing())
    return new Promise((resolve, reject) => {
      const asked = { id: ++this.#asked, type, ask } as Asked
      const settle = (outcome: Outcome): void => {
        if ('answer' in outcome) resolve(outcome.answer as Requests[Type]['answer'])
        else reject(fromFault(outcome.fault))
      }
      this.#queue.push({ asked, onNote, settle })
      this.#sendNext()
    })
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    const reason = toClosing()
    fail(this.#queue.splice(0), reason)
    this.#end(reason)
  }

  async #openEngine(hash: string, onNote: OnNote): Promise<CompiledEngine> {
    const { engine, counters } = await this.ask('engine', hash, onNote)
    this.counters.transpiles += counters.transpiles
    this.counters.compiles += counters.compiles
    return engine
  }

  #sendNext(): void {
    while (this.#waiting.size < AT_ONCE) {
      const next = this.#queue.shift()
      if (next === undefined) break
      this.#send(next)
    }
    if (this.#waiting.size === 0 && this.#worker !== undefined) this.#rest(this.#worker)
  }

  #send(next: Waiting): void {
    const worker = (this.#worker ??= this.#start())
    clearTimeout(this.#idle)
    worker.ref()
    this.#waiting.set(next.asked.id, next)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    worker.postMessage(next.asked)
  }

  #start(): Worker {
    const worker = new Worker(SCRIPT, {
      workerData: this.#data,
      name: 'opener',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    })
    worker.on('message', (message: FromOpener) => {
      const waiting = this.#waiting.get(message.id)
      if (waiting === undefined) return
      if ('note' in message) return waiting.onNote(message.note)
      this.#waiting.delete(message.id)
      waiting.settle(message.outcome)
      this.#sendNext()
    })
    let fault: unknown
    worker.on('error', (error) => (fault = error))
    worker.once('exit', () => {
      if (this.#worker !== worker) return
      this.#end(new NanoError('INTERNAL', `the thread that opens components ended: ${toStackText(fault)}`))
      this.#sendNext()
    })
    return worker
  }

  /** Nothing is asked for: the thread keeps nobody from exiting, and goes after a while, unless it stays. */
  #rest(worker: Worker): void {
    worker.unref()
    clearTimeout(this.#idle)
    if (this.#stays) return
    this.#idle = setTimeout(() => this.#end(), IDLE_MS).unref()
  }

  /** No thread any more; who waits for what it had under way gets the reason. */
  #end(reason?: NanoError): void {
    clearTimeout(this.#idle)
    const worker = this.#worker
    this.#worker = undefined
    void worker?.terminate()
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    if (reason !== undefined) fail(waiting, reason)
  }
}

function fail(waiting: readonly Waiting[], reason: NanoError): void {
  for (const each of waiting) each.settle({ fault: toFault(reason) })
}

function toClosing(): NanoError {
  return new NanoError('SHUTTING_DOWN', 'the server is shutting down')
}
