/**
 * Which database has a process next. A running statement can be stopped only by killing its process, so that a database never
 * waits behind one that runs: it has a process to itself for as long as its calls of the moment take.
 *
 *     call  >  the line of its database  >  a process that is idle, or a new one  >  answered
 *                 [too many, too long]       [killed: time, memory; the calls behind it stand in line again]
 *
 * Databases have their turns one after the other. Those whose calls take long, or of which nobody knows yet, leave one of the
 * processes to the others. Whatever happens to a process, calls that have not begun are made by another one.
 */
import { MOST_OPEN, type SqlCall, type SqlOutcome } from './call.ts'
import { type PendingCall, SqlProcess } from './sql-process.ts'

/** At once; each has some 50 MB. */
const MOST_PROCESSES = 4
/** Of them, those for databases whose calls take long. */
const MOST_LONG = MOST_PROCESSES - 1
/** In milliseconds: a call that takes longer, on average, is a long one. */
const LONG_MS = 50
/** What the latest call counts in the average. */
const WEIGHT = 0.2
/** Calls of one database that wait. */
const MOST_WAITING = 1000
/** Calls of one database that a process gets at once. */
const MOST_AT_ONCE = 32
/** How long a call may wait for its turn. */
const MOST_WAIT_MS = 15_000
/** How long a process stays without a call. */
const IDLE_MS = 30_000

const TOO_MANY = 'D1 DB is overloaded. Too many requests queued.'
const TOO_LONG = 'D1 DB is overloaded. Requests queued for too long.'
const CLOSED = 'Network connection lost.'

/** The calls of one database, in order. */
interface Line {
  readonly path: string
  readonly waiting: Waiting[]
  process: Place | undefined
  /** Its calls wait: nobody may have the file. */
  isHeld: boolean
  /** Milliseconds that a call takes on average; undefined: none was made. */
  averageMs: number | undefined
}

interface Waiting extends PendingCall {
  readonly since: number
}

interface Place {
  readonly process: SqlProcess
  /** Whose calls it has. */
  line: Line | undefined
  isLong: boolean
  /** Files that it has open, the one that was used last at the end. */
  readonly paths: Set<string>
  /** It gets no more calls. */
  isDismissed: boolean
  readonly gone: PromiseWithResolvers<void>
  idle: NodeJS.Timeout | undefined
}

export interface SqlPoolOptions {
  readonly idleMs?: number
  /** How many processes run now. */
  readonly onProcesses?: (count: number) => void
}

export class SqlPool implements AsyncDisposable {
  readonly #options: SqlPoolOptions
  readonly #lines = new Map<string, Line>()
  /** Those that wait for a process, the next one first. */
  readonly #turns = new Set<Line>()
  readonly #places = new Set<Place>()
  /** Those that were told to go. */
  readonly #leaving = new Set<Place>()
  #patience: NodeJS.Timeout | undefined
  #isClosed = false
  #onClosed: (() => void) | undefined

  constructor(options: SqlPoolOptions = {}) {
    this.#options = options
  }

  /** The processes that run. */
  get pids(): number[] {
    return [...this.#places].flatMap(({ process: { pid } }) => (pid === undefined ? [] : [pid]))
  }

  /** What comes of the call. Calls of one database are made in order. `signal`: nobody waits for it any more. */
  run(call: SqlCall, signal?: AbortSignal): Promise<SqlOutcome> {
    const { promise, resolve } = Promise.withResolvers<SqlOutcome>()
    const line = this.#lineOf(call.database.path)
    const onOutcome = (outcome: SqlOutcome, ms?: number) => {
      signal?.removeEventListener('abort', onAbort)
      if (ms !== undefined) learn(line, ms)
      resolve(outcome)
    }
    const waiting = { call, onOutcome, since: performance.now() }
    const onAbort = () => {
      const index = line.waiting.indexOf(waiting)
      if (index < 0) return
      line.waiting.splice(index, 1)
      onOutcome(failed(CLOSED))
    }
    if (this.#isClosed || signal?.aborted === true) onOutcome(failed(CLOSED))
    else if (line.waiting.length >= MOST_WAITING) onOutcome(failed(TOO_MANY))
    else {
      signal?.addEventListener('abort', onAbort)
      line.waiting.push(waiting)
      this.#queue(line)
      this.#fill()
    }
    return promise
  }

  /** No process has the file open while `work` runs; calls that come meanwhile wait. */
  async hold(path: string, work: () => Promise<void>): Promise<void> {
    const line = this.#lineOf(path)
    line.isHeld = true
    this.#turns.delete(line)
    try {
      const holders = [...this.#places, ...this.#leaving].filter(({ paths }) => paths.has(path))
      for (const place of holders) {
        place.isDismissed = true
        if (place.line === undefined && this.#places.has(place)) this.#release(place)
      }
      await Promise.all(holders.map(({ gone }) => gone.promise))
      await work()
    } finally {
      line.isHeld = false
      this.#queue(line)
      this.#fill()
    }
  }

  /** Calls that a process has come to their end; those that wait fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#patience)
    for (const line of this.#lines.values()) {
      for (const { onOutcome } of line.waiting.splice(0)) onOutcome(failed(CLOSED))
    }
    this.#turns.clear()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onClosed = resolve
    for (const place of this.#places) if (place.line === undefined) this.#release(place)
    if (this.#places.size === 0) resolve()
    await promise
  }

  #lineOf(path: string): Line {
    const known = this.#lines.get(path)
    if (known !== undefined) return known
    const line: Line = { path, waiting: [], process: undefined, isHeld: false, averageMs: undefined }
    this.#lines.set(path, line)
    return line
  }

  #queue(line: Line): void {
    if (line.waiting.length === 0 || line.process !== undefined || line.isHeld) return
    this.#turns.add(line)
    this.#patience ??= setInterval(() => this.#giveUp(), MOST_WAIT_MS / 10)
  }

  #fill(): void {
    for (const line of this.#turns) {
      const isLong = line.averageMs === undefined || line.averageMs > LONG_MS
      if (isLong && this.#count((place) => place.isLong) >= MOST_LONG) continue
      const place = this.#takePlace(line.path)
      if (place === undefined) return
      this.#turns.delete(line)
      this.#give(place, line, isLong)
    }
    if (this.#turns.size > 0) return
    clearInterval(this.#patience)
    this.#patience = undefined
  }

  /** One that has the file open, or another idle one, or a new one. */
  #takePlace(path: string): Place | undefined {
    const idle = [...this.#places].filter(({ line }) => line === undefined)
    const place = idle.find(({ paths }) => paths.has(path)) ?? idle.at(-1)
    if (place !== undefined || this.#places.size >= MOST_PROCESSES) return place
    return this.#start()
  }

  #start(): Place {
    const place: Place = {
      process: new SqlProcess({ onIdle: () => this.#rest(place), onGone: (left) => this.#gone(place, left) }),
      line: undefined,
      isLong: false,
      paths: new Set(),
      isDismissed: false,
      gone: Promise.withResolvers(),
      idle: undefined,
    }
    this.#places.add(place)
    this.#options.onProcesses?.(this.#places.size)
    return place
  }

  #give(place: Place, line: Line, isLong: boolean): void {
    clearTimeout(place.idle)
    place.line = line
    place.isLong = isLong
    place.paths.delete(line.path)
    place.paths.add(line.path)
    if (place.paths.size > MOST_OPEN) place.paths.delete(place.paths.values().next().value!)
    line.process = place
    place.process.run(line.waiting.splice(0, MOST_AT_ONCE))
  }

  #rest(place: Place): void {
    this.#free(place)
    if (this.#isClosed) return this.#release(place)
    if (place.isDismissed) this.#release(place)
    this.#fill()
    if (place.line !== undefined || place.isDismissed) return
    place.idle = setTimeout(() => this.#release(place), this.#options.idleMs ?? IDLE_MS)
    place.idle.unref()
  }

  /** It goes, and gets nothing more. */
  #release(place: Place): void {
    clearTimeout(place.idle)
    place.process.end()
    if (this.#isClosed) return
    this.#leaving.add(place)
    this.#forget(place)
  }

  #gone(place: Place, left: readonly PendingCall[]): void {
    const { line } = place
    clearTimeout(place.idle)
    this.#leaving.delete(place)
    place.gone.resolve()
    line?.waiting.unshift(...(left as readonly Waiting[]))
    this.#free(place)
    this.#forget(place)
    if (this.#isClosed) {
      if (this.#places.size === 0) this.#onClosed?.()
    } else this.#fill()
  }

  #free(place: Place): void {
    const { line } = place
    place.line = undefined
    place.isLong = false
    if (line === undefined) return
    line.process = undefined
    this.#queue(line)
  }

  #forget(place: Place): void {
    if (this.#places.delete(place)) this.#options.onProcesses?.(this.#places.size)
  }

  #giveUp(): void {
    const before = performance.now() - MOST_WAIT_MS
    for (const line of this.#turns) {
      const end = line.waiting.findIndex(({ since }) => since > before)
      const late = line.waiting.splice(0, end < 0 ? line.waiting.length : end)
      for (const { onOutcome } of late) onOutcome(failed(TOO_LONG))
      if (line.waiting.length === 0) this.#turns.delete(line)
    }
  }

  #count(is: (place: Place) => boolean): number {
    return [...this.#places].filter(is).length
  }
}

const failed = (message: string): SqlOutcome => ({ type: 'failed', message })

function learn(line: Line, ms: number): void {
  line.averageMs = line.averageMs === undefined ? ms : (1 - WEIGHT) * line.averageMs + WEIGHT * ms
}
