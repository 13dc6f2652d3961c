/**
 * A thread that is asked for things, a few at a time, and answers each.
 *
 *     none  --ask-->  working  --nothing to do for a while, dispose-->  none
 *                     working  --it dies: what it had under way fails-->  none
 */
import { Worker } from 'node:worker_threads'

import { fromFault, NanoError, toFault, toStackText } from '../errors.ts'
import type { Fault } from '../errors.ts'

/** What can be asked for, with the answer to each. */
export type Questions<Of> = {
  readonly [Type in keyof Of]: { readonly ask: unknown; readonly answer: unknown }
}

/** What came of a question. */
export type Outcome = { readonly answer: unknown } | { readonly fault: Fault }

/** One question. */
export interface Asked {
  readonly id: number
  readonly type: string
  readonly ask: unknown
}

export type FromThread<Note> =
  | { readonly id: number; readonly note: Note }
  | { readonly id: number; readonly outcome: Outcome }

/** What was asked for, and who waits for it. */
interface Waiting<Note> {
  readonly asked: Asked
  onNote(note: Note): void
  settle(outcome: Outcome): void
}

export interface ThreadOptions {
  readonly script: URL
  readonly name: string
  readonly data: unknown
  /** Under way at once. */
  readonly atOnce: number
  /** The most MiB of JavaScript objects of the thread; what is shared is not among them. */
  readonly heapMb: number
  /** It waits for the next who asks, however long that takes. */
  readonly stays: boolean
}

/** A part of the heap that never shrinks once it has grown. */
const YOUNG_MB = 8

/** How long the thread stays when there is nothing to do. */
const IDLE_MS = 5000

export class AskedThread<Of extends Questions<Of>, Note = never> implements Disposable, AsyncDisposable {
  readonly #options: ThreadOptions
  /** What is under way, by number. */
  readonly #waiting = new Map<number, Waiting<Note>>()
  /** What comes next. */
  readonly #queue: Waiting<Note>[] = []
  #worker: Worker | undefined
  #idle: NodeJS.Timeout | undefined
  #isOver = false
  #asked = 0
  /** Of the last thread that was ended. */
  #ended: Promise<unknown> = Promise.resolve()

  constructor(options: ThreadOptions) {
    this.#options = options
  }

  /** Rejects with the thread's error, or INTERNAL when the thread ends. `onNote`: told what happens on the way. */
  ask<Type extends keyof Of & string>(
    type: Type,
    ask: Of[Type]['ask'],
    onNote: (note: Note) => void = () => {},
  ): Promise<Of[Type]['answer']> {
    if (this.#isOver) return Promise.reject(toClosing())
    return new Promise((resolve, reject) => {
      const asked = { id: ++this.#asked, type, ask }
      const settle = (outcome: Outcome): void => {
        if ('answer' in outcome) resolve(outcome.answer)
        else reject(fromFault(outcome.fault))
      }
      this.#queue.push({ asked, onNote, settle })
      this.#sendNext()
    })
  }

  /** Ends it; resolves when it has nothing open any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]()
    await this.#ended
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    const reason = toClosing()
    fail(this.#queue.splice(0), reason)
    this.#end(reason)
  }

  #sendNext(): void {
    while (this.#waiting.size < this.#options.atOnce) {
      const next = this.#queue.shift()
      if (next === undefined) break
      this.#send(next)
    }
    if (this.#waiting.size === 0 && this.#worker !== undefined) this.#rest(this.#worker)
  }

  #send(next: Waiting<Note>): void {
    const worker = (this.#worker ??= this.#start())
    clearTimeout(this.#idle)
    worker.ref()
    this.#waiting.set(next.asked.id, next)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    worker.postMessage(next.asked)
  }

  #start(): Worker {
    const { script, name, data, heapMb } = this.#options
    const worker = new Worker(script, {
      workerData: data,
      name,
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: YOUNG_MB },
    })
    worker.on('message', (message: FromThread<Note>) => {
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
      this.#end(new NanoError('INTERNAL', `the thread "${name}" ended: ${toStackText(fault)}`))
      this.#sendNext()
    })
    return worker
  }

  /** Nothing is asked for: the thread keeps nobody from exiting, and goes after a while, unless it stays. */
  #rest(worker: Worker): void {
    worker.unref()
    clearTimeout(this.#idle)
    if (this.#options.stays) return
    this.#idle = setTimeout(() => this.#end(), IDLE_MS).unref()
  }

  /** No thread any more; who waits for what it had under way gets the reason. */
  #end(reason?: NanoError): void {
    clearTimeout(this.#idle)
    const worker = this.#worker
    this.#worker = undefined
    if (worker !== undefined) this.#ended = worker.terminate()
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    if (reason !== undefined) fail(waiting, reason)
  }
}

function fail<Note>(waiting: readonly Waiting<Note>[], reason: NanoError): void {
  for (const each of waiting) each.settle({ fault: toFault(reason) })
}

function toClosing(): NanoError {
  return new NanoError('SHUTTING_DOWN', 'the server is shutting down')
}
