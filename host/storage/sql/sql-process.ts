/**
 * A process for SQL, as its pool has it.
 *
 *     starting  --ready-->  idle  --run-->  busy  --all answered-->  idle
 *        any  --exit, killed, end-->  gone
 *
 * - starting: calls wait for it; a process that does not start is gone.
 * - busy: it has calls and answers them in order. The first that is not answered is the one that runs. When that takes longer
 *   than it may, or memory runs full, the process is killed: the call fails, and those behind it have not begun.
 * - gone: it gets nothing more.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { extname, join } from 'node:path'
import { watchMemory } from '../../limits/process-memory.ts'
import type { FromSqlProcess, SqlCall, SqlOutcome } from './call.ts'

/** JavaScript objects: a result, once as text and once as bytes. */
const HEAP_MB = 128
/** All of a process. */
const MOST_MB = 384
const START_MS = 30_000

/** What D1 says; retries of libraries look for it. */
const OUT_OF_TIME = 'D1 DB exceeded its CPU time limit and was reset.'
const OUT_OF_MEMORY = "D1 DB's isolate exceeded its memory limit and was reset."
const DIED = 'Internal error in D1 DB storage caused object to be reset.'
const NOT_STARTED = 'Internal error while starting up D1 DB storage caused object to be reset.'

/** A call, and who is told what came of it. */
export interface PendingCall {
  readonly call: SqlCall
  /** `ms`: how long it ran; undefined: it did not. */
  readonly onOutcome: (outcome: SqlOutcome, ms?: number) => void
}

export interface SqlProcessListener {
  /** Nothing is left to do. */
  onIdle(): void
  /** `left`: calls that have not begun. */
  onGone(left: readonly PendingCall[]): void
}

export class SqlProcess {
  readonly #child: ChildProcess
  readonly #listener: SqlProcessListener
  #calls: PendingCall[] = []
  #isReady = false
  #timer: NodeJS.Timeout
  /** When the call that runs began. */
  #since = 0
  #memory: Disposable | undefined
  /** Why the process was killed, as the call that ran is told. */
  #reason: string | undefined

  constructor(listener: SqlProcessListener) {
    this.#listener = listener
    this.#child = fork(join(import.meta.dirname, `process-main${extname(import.meta.filename)}`), [], {
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      // nothing of the host's environment
      env: {},
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    this.#child.on('message', (message: FromSqlProcess) => this.#hear(message))
    // what it has said comes before `disconnect`, and its files are free with `exit`
    let missing = 2
    for (const event of ['disconnect', 'exit']) this.#child.once(event, () => --missing === 0 && this.#end())
    // a process that could not be started has neither
    this.#child.once('error', () => this.#child.pid === undefined && this.#end())
    this.#timer = setTimeout(() => this.#kill(NOT_STARTED), START_MS)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** In order. The process is idle. */
  run(calls: readonly PendingCall[]): void {
    this.#calls = [...calls]
    this.#memory = watchMemory(
      () => [this.#child.pid ?? 0],
      MOST_MB,
      () => this.#kill(OUT_OF_MEMORY),
    )
    for (const { call } of calls) this.#say(call)
    if (this.#isReady) this.#giveTime()
  }

  /** Its files are closed, and it goes; calls that it has fail. */
  end(): void {
    if (this.#child.connected) this.#child.disconnect()
  }

  #hear(message: FromSqlProcess): void {
    if (message.type === 'ready') {
      this.#isReady = true
      this.#giveTime()
      return
    }
    const answered = this.#calls.shift()
    const ms = performance.now() - this.#since
    this.#giveTime()
    answered?.onOutcome(message, ms)
    if (this.#calls.length === 0) this.#rest()
  }

  #rest(): void {
    this.#memory?.[Symbol.dispose]()
    this.#listener.onIdle()
  }

  /** To the call that runs now. */
  #giveTime(): void {
    this.#since = performance.now()
    clearTimeout(this.#timer)
    const [running] = this.#calls
    if (running !== undefined) this.#timer = setTimeout(() => this.#kill(OUT_OF_TIME), running.call.timeMs)
  }

  #kill(reason: string): void {
    this.#reason = reason
    this.#child.kill('SIGKILL')
  }

  #end(): void {
    clearTimeout(this.#timer)
    this.#memory?.[Symbol.dispose]()
    const [running, ...left] = this.#calls
    this.#calls = []
    const message = this.#reason ?? (this.#isReady ? DIED : NOT_STARTED)
    running?.onOutcome(
      { type: 'failed', message },
      this.#isReady ? performance.now() - this.#since : undefined,
    )
    this.#listener.onGone(left)
  }

  #say(call: SqlCall): void {
    // one that has gone is told by its exit
    if (this.#child.connected) this.#child.send(call, () => {})
  }
}
