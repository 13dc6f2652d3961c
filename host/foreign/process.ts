/**
 * A process with a component from elsewhere, as its app has it.
 *
 *     starting  --ready-->  idle  --serve-->  busy  --done-->  idle
 *        any  --exit, end, kill-->  gone
 *
 * - starting: it instantiates the component, for a while and for so much processor time at the most.
 * - busy: it has one request, whose processor time and memory are looked at; beyond them, or when whoever has the request says
 *   so, it is killed. A process is never asked to stop: it may not be able to hear that.
 * - gone: it gets nothing more.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { realpathSync, utimes } from 'node:fs'
import { extname, join } from 'node:path'
import type { Duplex } from 'node:stream'

import type { ErrorCode } from '../errors.ts'
import { watchMemory } from '../limits/process-memory.ts'
import { encodeFrame, type Frame, FROM_GUEST, FrameReader, type GuestSettings, TO_GUEST } from './frame.ts'
import { readProcessMs } from './watch.ts'

const START_MS = 30_000
/** Processor time of a start: of an interpreter in it some megabytes are compiled. */
const START_CPU_MS = 5000
const LOOK_MS = 50
/** It asks for each chunk, so that far less waits for it. */
const MOST_UNREAD_BYTES = 64 * 1024 * 1024
/** What Node and the generated code take beside the component's own memory. */
const BASE_MB = 256
const HEAP_MB = 128
const PAGES_PER_MB = 16
/** Of the time that passes, what a request has of the processor beyond `cpu_ms` (docs/limits.md). */
const REFILL = 0.25

export interface ProcessLimits {
  readonly memoryMb: number
  readonly cpuMs: number
}

export interface ProcessListener {
  onReady(): void
  onLog(text: string, isError: boolean): void
  /** `code`: why it was killed; undefined: it ended by itself. */
  onGone(code: ErrorCode | undefined, wasReady: boolean): void
}

/** Whose request it has. */
export interface RequestListener {
  frame(frame: Frame): void
  /** It is gone. */
  lost(code: ErrorCode): void
}

export class ForeignProcess {
  readonly #child: ChildProcess
  readonly #pipe: Duplex
  readonly #limits: ProcessLimits
  readonly #listener: ProcessListener
  readonly #reader = new FrameReader()
  #state: 'starting' | 'idle' | 'busy' | 'gone' = 'starting'
  #request: RequestListener | undefined
  #code: ErrorCode | undefined
  #wasReady = false
  #timer: NodeJS.Timeout
  #alarm: NodeJS.Timeout | undefined
  #look: NodeJS.Timeout | undefined
  #memory: Disposable | undefined
  /** Processor time and the moment when the request came. */
  #since = { cpuMs: 0, at: 0 }
  /** Requests that it has had. */
  served = 0
  /** Processor time of the last one. */
  lastCpuMs = 0

  constructor(settings: GuestSettings, limits: ProcessLimits, listener: ProcessListener) {
    this.#limits = limits
    this.#listener = listener
    const own = import.meta.dirname
    const now = new Date()
    // what is used is kept (transpile/transpile.ts)
    utimes(settings.code, now, now, () => {})
    const directories = settings.directories.map((each) => ({ ...each, host: toReal(each.host) }))
    const readable = [own, settings.code, ...directories.map(({ host }) => host)]
    const writable = directories.filter((each) => each.writable).map(({ host }) => host)
    this.#child = spawn(
      process.execPath,
      [
        // no network, no process, no thread, no addon, and files as far as they are named
        '--permission',
        ...readable.flatMap((path) => [`--allow-fs-read=${path}`, `--allow-fs-read=${path}/*`]),
        ...writable.flatMap((path) => [`--allow-fs-write=${path}`, `--allow-fs-write=${path}/*`]),
        '--no-warnings',
        '--disallow-code-generation-from-strings',
        // between two requests (guest-main.ts)
        '--expose-gc',
        `--max-old-space-size=${HEAP_MB}`,
        `--wasm-max-mem-pages=${limits.memoryMb * PAGES_PER_MB}`,
        '--wasm-max-table-size=1000000',
        join(own, `guest-main${extname(import.meta.filename)}`),
      ],
      // nothing of the host's environment
      { env: {}, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
    )
    this.#pipe = this.#child.stdio[3] as Duplex
    this.#pipe.on('data', (bytes: Buffer) => this.#hear(bytes))
    this.#pipe.on('error', () => {})
    // what it has said comes before the pipe's end, in whatever order the two ends are seen
    let missing = 2
    const onEnd = (): void => void (--missing === 0 && this.#end())
    this.#child.once('exit', onEnd)
    this.#pipe.once('close', onEnd)
    // one that could not be started has neither
    this.#child.once('error', () => this.#child.pid === undefined && this.#end())
    this.#timer = setTimeout(() => this.kill('APP_UNAVAILABLE'), START_MS)
    this.#memory = this.#watchMemory()
    this.#look = setInterval(() => this.#lookAtStart(), LOOK_MS)
    this.#say(TO_GUEST.start, 0, JSON.stringify({ ...settings, directories } satisfies GuestSettings))
  }

  get state(): 'starting' | 'idle' | 'busy' | 'gone' {
    return this.#state
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Since the request came. */
  get cpuMs(): number {
    return this.#state === 'busy' ? readProcessMs(this.#child.pid ?? 0) - this.#since.cpuMs : 0
  }

  /** It is idle. */
  serve(request: RequestListener): void {
    this.#state = 'busy'
    this.#request = request
    this.served++
    this.#since = { cpuMs: readProcessMs(this.#child.pid ?? 0), at: performance.now() }
    this.#memory ??= this.#watchMemory()
    this.#look = setInterval(() => this.#lookAtTime(), LOOK_MS)
  }

  say(kind: number, id: number, payload?: Uint8Array | string): void {
    this.#say(kind, id, payload)
  }

  /** It goes, as soon as it hears that. It is idle. */
  end(): void {
    this.#state = 'gone'
    this.#pipe.end()
    // who does not hear it is not asked twice
    this.#timer = setTimeout(() => this.#child.kill('SIGKILL'), START_MS)
  }

  /** At once. `code`: what its request is told. */
  kill(code: ErrorCode): void {
    this.#code ??= code
    this.#child.kill('SIGKILL')
  }

  #say(kind: number, id: number, payload?: Uint8Array | string): void {
    if (!this.#pipe.writable) return
    this.#pipe.write(encodeFrame(kind, id, payload))
    // it asks, and does not read
    if (this.#pipe.writableLength > MOST_UNREAD_BYTES) this.kill('APP_TRAPPED')
  }

  #hear(bytes: Buffer): void {
    let frames: Frame[]
    try {
      frames = this.#reader.take(bytes)
    } catch {
      return this.kill('APP_TRAPPED')
    }
    for (const frame of frames) this.#take(frame)
  }

  #take(frame: Frame): void {
    const { kind, id, payload } = frame
    if (kind === FROM_GUEST.log) this.#listener.onLog(payload.toString(), id === 1)
    else if (kind === FROM_GUEST.alarm) this.#setAlarm(payload.length === 8 ? payload.readDoubleLE() : 0)
    else if (kind === FROM_GUEST.ready && this.#state === 'starting') {
      clearTimeout(this.#timer)
      clearInterval(this.#look)
      this.#state = 'idle'
      this.#wasReady = true
      this.#listener.onReady()
    } else if (this.#state === 'busy') this.#takeOfRequest(frame)
  }

  #takeOfRequest(frame: Frame): void {
    const request = this.#request
    if (frame.kind === FROM_GUEST.done) this.#rest()
    request?.frame(frame)
  }

  #setAlarm(ms: number): void {
    clearTimeout(this.#alarm)
    const wait = Number.isFinite(ms) ? Math.min(Math.max(0, ms), 2 ** 31 - 1) : 0
    this.#alarm = setTimeout(() => this.#say(TO_GUEST.tick, 0), wait)
  }

  #rest(): void {
    this.lastCpuMs = this.cpuMs
    this.#state = 'idle'
    this.#request = undefined
    clearInterval(this.#look)
    clearTimeout(this.#alarm)
    this.#memory?.[Symbol.dispose]()
    this.#memory = undefined
  }

  #watchMemory(): Disposable {
    return watchMemory(
      () => [this.#child.pid ?? 0],
      this.#limits.memoryMb + BASE_MB,
      () => this.kill('APP_MEMORY_LIMIT'),
    )
  }

  #lookAtStart(): void {
    if (readProcessMs(this.#child.pid ?? 0) > START_CPU_MS) this.kill('APP_UNAVAILABLE')
  }

  #lookAtTime(): void {
    const { cpuMs } = this.#limits
    this.lastCpuMs = this.cpuMs
    if (this.lastCpuMs > cpuMs + REFILL * (performance.now() - this.#since.at)) this.kill('APP_CPU_LIMIT')
  }

  #end(): void {
    const request = this.#request
    const { lastCpuMs } = this
    this.#rest()
    // there is nothing to be read any more
    this.lastCpuMs = lastCpuMs
    this.#state = 'gone'
    clearTimeout(this.#timer)
    request?.lost(this.#code ?? 'APP_TRAPPED')
    this.#listener.onGone(this.#code, this.#wasReady)
  }
}

/** One that is not there is as it was: nothing is found in it. */
function toReal(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
