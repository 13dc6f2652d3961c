/**
 * Opens components and engines on a thread of its own: reading, hashing, splitting and compiling keep a processor busy
 * for a good part of a second, and the main thread has the shards to watch.
 *
 *     none  --open-->  working  --nothing to do for a while, dispose-->  none
 *                      working  --it dies: what it had fails-->  none
 *
 * What it opens is shared with this thread, not copied: images are in shared memory, and compiled modules are the same.
 */

import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

import type { EngineCounters } from '../engine/engine.ts'
import type { Engine } from '../engine/instantiate.ts'
import { NanoError, toStackText } from '../errors.ts'
import type { OpenComponent, SourceAccess } from './open-component.ts'
import type { Asked, FromOpener, Opened, OpenerData, OpeningNote, Wanted } from './opening.ts'

// as source or compiled, whatever this file is
const SCRIPT = new URL(`opener-thread${extname(import.meta.filename)}`, import.meta.url)

/** How long the thread stays when there is nothing to do. */
const IDLE_MS = 5000

/** Opened at once, each perhaps with a build process of its own. */
const AT_ONCE = 2

/** The most MiB of JavaScript objects of the thread, images and modules apart. */
const HEAP_MB = 1024

/** What was asked for, and who waits for it. */
interface Waiting {
  readonly onNote: (note: OpeningNote) => void
  readonly resolve: (opened: Opened) => void
}

/** Told what happens on the way. */
export type OnNote = Waiting['onNote']

export class Opener implements Disposable {
  /** Engines that were generated, and compiled: never more than there are different ones. */
  readonly counters: EngineCounters = { transpiles: 0, compiles: 0 }
  readonly #data: OpenerData
  /** What is under way, by number. */
  readonly #waiting = new Map<number, Waiting>()
  /** What comes next. */
  readonly #queue: { readonly wanted: Wanted; readonly waiting: Waiting }[] = []
  /** By hash. One that failed is asked for again. */
  readonly #engines = new Map<string, Promise<Engine>>()
  #worker: Worker | undefined
  #idle: NodeJS.Timeout | undefined
  #asked = 0

  /** `engines`: hashes of engines that the operator admits besides those of the release. */
  constructor(engines: readonly string[] = []) {
    this.#data = { engines }
  }

  /** The component at a path. Rejects with what is wrong with it; the error names the path. */
  async component(path: string, access: SourceAccess, onNote: OnNote): Promise<OpenComponent> {
    const opened = await this.#ask({ type: 'component', path, access }, onNote)
    if (opened.type === 'component') return opened.component
    throw toError(opened)
  }

  /** A known engine, the same for all who ask. Rejects with ENGINE_UNKNOWN. */
  engine(hash: string, onNote: OnNote): Promise<Engine> {
    let engine = this.#engines.get(hash)
    if (engine === undefined) {
      engine = this.#openEngine(hash, onNote)
      this.#engines.set(hash, engine)
      engine.catch(() => this.#engines.delete(hash))
    }
    return engine
  }

  [Symbol.dispose](): void {
    const reason = new NanoError('SHUTTING_DOWN', 'the server is shutting down')
    fail(
      this.#queue.splice(0).map(({ waiting }) => waiting),
      reason,
    )
    this.#end(reason)
  }

  async #openEngine(hash: string, onNote: OnNote): Promise<Engine> {
    const opened = await this.#ask({ type: 'engine', hash }, onNote)
    if (opened.type !== 'engine') throw toError(opened)
    this.counters.transpiles += opened.counters.transpiles
    this.counters.compiles += opened.counters.compiles
    return opened.engine
  }

  #ask(wanted: Wanted, onNote: OnNote): Promise<Opened> {
    return new Promise((resolve) => {
      this.#queue.push({ wanted, waiting: { onNote, resolve } })
      this.#sendNext()
    })
  }

  #sendNext(): void {
    while (this.#waiting.size < AT_ONCE) {
      const next = this.#queue.shift()
      if (next === undefined) break
      this.#send(next.wanted, next.waiting)
    }
    if (this.#waiting.size === 0 && this.#worker !== undefined) this.#rest(this.#worker)
  }

  #send(wanted: Wanted, waiting: Waiting): void {
    const id = ++this.#asked
    const worker = (this.#worker ??= this.#start())
    clearTimeout(this.#idle)
    worker.ref()
    this.#waiting.set(id, waiting)
    const asked: Asked = { id, wanted }
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    worker.postMessage(asked)
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
      waiting.resolve(message.opened)
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

  /** Nothing is asked for: the thread keeps nobody from exiting, and goes after a while. */
  #rest(worker: Worker): void {
    worker.unref()
    clearTimeout(this.#idle)
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

function fail(waiting: readonly Waiting[], { code, message, stack = '' }: NanoError): void {
  for (const { resolve } of waiting) resolve({ type: 'failed', code, message, stack })
}

function toError(opened: Opened): NanoError {
  if (opened.type !== 'failed')
    return new NanoError('INTERNAL', `expected what was asked for, got ${opened.type}`)
  const cause = new Error(opened.message)
  cause.stack = opened.stack
  return new NanoError(opened.code, opened.message, { cause })
}
