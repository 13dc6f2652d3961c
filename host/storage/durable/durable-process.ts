/**
 * The process of a lane, as the storage thread has it.
 *
 *     starting  --ready-->  up  --exit, killed, end-->  gone          starting  --START_MS, exit-->  gone
 *
 * - starting, up: takes messages, which it works off in order. An operation that takes longer than it may, or more memory, has the
 *   process killed, for nothing else ends a statement.
 * - gone: its files are free. What was asked and not answered is told with `onGone`.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { extname, join } from 'node:path'

import { watchMemory } from '../../limits/process-memory.ts'
import { MOST_HELD } from './process-protocol.ts'
import type { FromProcess, ToProcess } from './process-protocol.ts'

/** JavaScript objects: an answer, as text and as bytes. */
const HEAP_MB = 128
/** All of a process. */
const MOST_MB = 384
const START_MS = 30_000
/** What is read of its processor time may be late by so much. */
const GRAIN_MS = 5
const SOON_MS = 10
const NS_PER_MS = 1e6

/** Why it is killed. */
export type Kill = 'time' | 'memory'

export interface ProcessListener {
  onMessage(message: Exclude<FromProcess, { type: 'ready' }>): void
  /** It is going: it was killed at the operation with this id. */
  onKill(id: number, kill: Kill): void
  onGone(): void
}

export class DurableProcess {
  readonly #child: ChildProcess
  readonly #listener: ProcessListener
  readonly #ready = Promise.withResolvers<void>()
  readonly #gone = Promise.withResolvers<void>()
  /** The operation that it works at. */
  #running: number | undefined
  #timer: NodeJS.Timeout | undefined
  #memory: Disposable | undefined
  readonly #start: NodeJS.Timeout

  constructor(listener: ProcessListener) {
    this.#listener = listener
    this.#child = fork(join(import.meta.dirname, `process-main${extname(import.meta.filename)}`), [], {
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      // nothing of the host's environment
      env: {},
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    this.#child.on('message', (message: FromProcess) => this.#hear(message))
    // what it has said comes before `disconnect`, and its files are free with `exit`
    let missing = 2
    for (const event of ['disconnect', 'exit']) this.#child.once(event, () => --missing === 0 && this.#end())
    // a process that could not be started has neither
    this.#child.once('error', () => this.#child.pid === undefined && this.#end())
    this.#start = setTimeout(() => this.#child.kill('SIGKILL'), START_MS)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Resolves when its files are free. */
  get gone(): Promise<void> {
    return this.#gone.promise
  }

  /** Resolves when it is up, or gone. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  /** One operation at a time. */
  say(message: ToProcess): void {
    if (message.type === 'perform') this.#watch(message)
    // one that has gone is told by its exit
    if (this.#child.connected) this.#child.send(message, () => {})
  }

  /** Its files are closed, and it goes. */
  end(): void {
    if (this.#child.connected) this.#child.disconnect()
  }

  /** At once: what it has not committed is gone. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #watch({ id, operation, timeMs }: ToProcess & { type: 'perform' }): void {
    this.#running = id
    // most are over before somebody has to look
    if (operation === 'query') this.#timer = setTimeout(() => this.#watchQuery(timeMs), SOON_MS)
    else this.#timer = setTimeout(() => this.#stop('time'), MOST_HELD * timeMs)
  }

  #watchQuery(timeMs: number): void {
    this.#memory = watchMemory(
      () => [this.#child.pid ?? 0],
      MOST_MB,
      () => this.#stop('memory'),
    )
    this.#awaitTime(timeMs, (MOST_HELD - 1) * timeMs, this.#readCpuMs())
  }

  /** Until it has had so much of the processor, and so much longer at the most. */
  #awaitTime(timeMs: number, moreMs: number, usedMs: number): void {
    this.#timer = setTimeout(
      () => {
        const now = this.#readCpuMs()
        const missing = timeMs - (now - usedMs)
        if (missing < GRAIN_MS || moreMs < GRAIN_MS) this.#stop('time')
        else this.#awaitTime(missing, moreMs - missing, now)
      },
      Math.min(timeMs, Math.max(moreMs, GRAIN_MS)),
    )
  }

  /** Milliseconds of its main thread, on Linux; elsewhere each moment counts. */
  #readCpuMs(): number {
    try {
      return Number.parseInt(readFileSync(`/proc/${this.pid}/schedstat`, 'latin1'), 10) / NS_PER_MS
    } catch {
      return performance.now()
    }
  }

  #stop(kill: Kill): void {
    const running = this.#running
    this.#child.kill('SIGKILL')
    if (running === undefined) return
    this.#rest()
    this.#listener.onKill(running, kill)
  }

  #hear(message: FromProcess): void {
    if (message.type === 'ready') {
      clearTimeout(this.#start)
      return this.#ready.resolve()
    }
    if (message.id === this.#running) this.#rest()
    this.#listener.onMessage(message)
  }

  #rest(): void {
    this.#running = undefined
    clearTimeout(this.#timer)
    this.#memory?.[Symbol.dispose]()
    this.#memory = undefined
  }

  #end(): void {
    clearTimeout(this.#start)
    this.#rest()
    this.#ready.resolve()
    this.#gone.resolve()
    this.#listener.onGone()
  }
}
