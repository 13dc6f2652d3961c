/**
 * The place of one shard: who runs in it, and what comes after a thread that died.
 *
 *     empty  --open-->  starting  --ready-->  listening  --close-->  draining
 *                          |                      |                     |
 *              failed, silent, closed       silent too long       took too long
 *                          |                      v                     |
 *                          '------------->    condemned    <------------'
 *
 *     each of these four  --exit-->  waiting    or empty: when it is closed, or no thread of it has ever listened
 *     waiting  --pause over-->  starting        waiting  --close-->  empty
 *
 * Holds: a slot has one thread at most. The next one is started when the one before has exited, however late that is, so
 * that the two never share a port, a memory of the ticker or this slot. What a thread says that is not the slot's, or
 * not in a state to say it, is not heard.
 */

import { NanoError, toNanoError } from '../errors.ts'
import { Backoff } from './backoff.ts'

/** How long open requests may go on when the slot is closed. */
export const GRACE_MS = 10_000
/** How long a thread may take to end, beyond that or when it is ended at once. */
export const STOP_MS = 5000

/** A thread as its slot sees it. */
export interface SlotThread {
  /** Milliseconds without a sign of life; `elapsed` since it was asked last. */
  measureSilence(elapsed: number): number
  /** Drain and end. */
  stop(graceMs: number): void
  /** End it at once. */
  terminate(): void
}

/** What a thread tells its slot. */
export interface SlotWatcher {
  onReady(port: number): void
  /** It cannot start. */
  onFailed(cause: NanoError): void
  onExit(): void
}

export interface SlotOptions<Thread extends SlotThread> {
  readonly name: string
  /** Starts a thread that listens on the port, or on one of its own choice when that is 0. */
  begin(port: number, watcher: SlotWatcher): Thread
  /** How long a thread that listens, or one that starts, may give no sign of life. */
  silenceMs(): number
  readonly startSilenceMs: number
  onError(text: string): void
}

type State<Thread> =
  /** Nothing runs, and nothing is going to. */
  | { readonly name: 'empty' }
  /** It may become ready. */
  | { readonly name: 'starting'; readonly thread: Thread }
  /** It takes requests. */
  | { readonly name: 'listening'; readonly thread: Thread }
  /** It takes no more requests, and ends by itself or is condemned. */
  | { readonly name: 'draining'; readonly thread: Thread; readonly timer: NodeJS.Timeout }
  /** It was told to end at once; nothing but its exit is of interest. */
  | { readonly name: 'condemned'; readonly thread: Thread; readonly timer: NodeJS.Timeout }
  /** A thread is going to start. */
  | { readonly name: 'waiting'; readonly timer: NodeJS.Timeout; readonly pause: number }

/** One slot. */
export class Slot<Thread extends SlotThread> {
  readonly #options: SlotOptions<Thread>
  readonly #backoff = new Backoff()
  readonly #opened = Promise.withResolvers<number>()
  #state: State<Thread> = { name: 'empty' }
  /** Resolves when the thread has exited, or does not although it was told to. */
  #over = Promise.withResolvers<void>()
  /** Where its threads listen, once one did. */
  #port: number | undefined
  /** When the thread became ready. */
  #readyAt: number | undefined
  /** Why the thread did not become ready, if it said so. */
  #cause: NanoError | undefined
  #restarts = 0
  #isClosed = false

  constructor(options: SlotOptions<Thread>) {
    this.#options = options
    // whoever opens it is told
    this.#opened.promise.catch(() => undefined)
  }

  /** How often a thread was started again. */
  get restarts(): number {
    return this.#restarts
  }

  /** Whether requests are taken, as far as anybody knows. */
  get isListening(): boolean {
    return this.#state.name === 'listening'
  }

  /** The thread that works at requests and can be asked what it does. */
  get working(): Thread | undefined {
    const { name } = this.#state
    return name === 'listening' || name === 'draining' ? this.#state.thread : undefined
  }

  /** The thread that is to be told what changes: it serves, or is about to. */
  get served(): Thread | undefined {
    const { name } = this.#state
    return name === 'listening' || name === 'starting' ? this.#state.thread : undefined
  }

  /** How many milliseconds lie between the thread that has exited and the next one. */
  get pauseMs(): number {
    return this.#state.name === 'waiting' ? this.#state.pause : 0
  }

  /** Start the first thread. Resolves to its port; rejects when it does not become ready, and nothing runs then. */
  open(port: number): Promise<number> {
    this.#begin(port)
    return this.#opened.promise
  }

  /** End the thread when it has given no sign of life for too long; `elapsed` milliseconds after the last look. */
  expectLife(elapsed: number): void {
    if (this.#state.name !== 'starting' && this.#state.name !== 'listening') return
    const { name, thread } = this.#state
    const mostMs = name === 'starting' ? this.#options.startSilenceMs : this.#options.silenceMs()
    if (thread.measureSilence(elapsed) < mostMs) return
    this.#cause = new NanoError('INTERNAL', `${this.#options.name} has not answered for ${mostMs} ms`)
    this.#options.onError(`${this.#cause.message} and is ended`)
    this.#condemn(thread)
  }

  /** Drain and stay empty. Resolves when nothing runs any more, or something that cannot be ended. */
  async close(): Promise<void> {
    this.#isClosed = true
    const state = this.#state
    if (state.name === 'waiting') clearTimeout(state.timer)
    if (state.name === 'waiting' || state.name === 'empty') {
      this.#state = { name: 'empty' }
      return
    }
    if (state.name === 'starting') this.#condemn(state.thread)
    if (state.name === 'listening') {
      const timer = setTimeout(() => this.#condemn(state.thread), GRACE_MS + STOP_MS)
      this.#state = { name: 'draining', thread: state.thread, timer }
      state.thread.stop(GRACE_MS)
    }
    await this.#over.promise
  }

  #begin(port: number): void {
    this.#over = Promise.withResolvers()
    this.#readyAt = undefined
    this.#cause = undefined
    let thread: Thread | undefined
    const isHeard = (): boolean => 'thread' in this.#state && this.#state.thread === thread
    try {
      thread = this.#options.begin(port, {
        onReady: (listenedOn) => {
          if (isHeard() && this.#state.name === 'starting') this.#listen(this.#state.thread, listenedOn)
        },
        onFailed: (cause) => {
          if (!isHeard() || this.#state.name !== 'starting') return
          this.#cause = cause
          this.#condemn(this.#state.thread)
        },
        onExit: () => {
          if (isHeard()) this.#exited()
        },
      })
      this.#state = { name: 'starting', thread }
    } catch (thrown) {
      // the system has no thread to give
      this.#cause = toNanoError(thrown)
      this.#exited()
    }
  }

  #listen(thread: Thread, port: number): void {
    this.#state = { name: 'listening', thread }
    this.#readyAt = performance.now()
    this.#port = port
    this.#opened.resolve(port)
  }

  #condemn(thread: Thread): void {
    if (this.#state.name === 'draining') clearTimeout(this.#state.timer)
    const timer = setTimeout(() => {
      this.#options.onError(`${this.#options.name} cannot be ended: start the process again`)
      this.#over.resolve()
    }, STOP_MS)
    this.#state = { name: 'condemned', thread, timer }
    thread.terminate()
  }

  #exited(): void {
    if ('timer' in this.#state) clearTimeout(this.#state.timer)
    const { name } = this.#options
    this.#over.resolve()
    const port = this.#port
    if (this.#isClosed || port === undefined) {
      this.#state = { name: 'empty' }
      this.#opened.reject(this.#cause ?? new NanoError('INTERNAL', `${name} ended while it started`))
      return
    }
    const isReady = this.#readyAt !== undefined
    const pause = this.#backoff.after(isReady ? performance.now() - this.#readyAt! : 0)
    const reason = isReady || this.#cause === undefined ? '' : ` (${this.#cause.message})`
    const what = isReady ? 'died' : `did not start${reason}`
    this.#options.onError(`${name} ${what} and is started again in ${pause} ms`)
    const timer = setTimeout(() => {
      this.#restarts++
      this.#begin(port)
    }, pause)
    this.#state = { name: 'waiting', timer, pause }
  }
}
