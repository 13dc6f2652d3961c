/**
 * The app's log (wit/console.wit). A guest can call this as fast as it can loop, so lines and bytes are counted per turn
 * and per second before anything is kept of them, and what was left out is said once.
 */
import { performance } from 'node:perf_hooks'
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-console.d.ts'
import type { Binding, Meter } from './binding.ts'

export type ConsoleLevel = 'debug' | 'info' | 'warn' | 'error'

/** Where an app's lines go. */
export interface ConsolePort {
  line(level: ConsoleLevel, text: string): void
  /** An error that belongs to no request; its first line names it, the stack follows. */
  report(error: string): void
}

/** The most lines that one turn may write. */
const TURN_LINES = 1000

/** The most lines that an app may write in one second. */
const SECOND_LINES = 2000

/** The most bytes that an app may write in one turn, and in one second. */
const SECOND_BYTES = 256 * 1024

/** The most bytes of one line that are kept. */
const LINE_BYTES = 16 * 1024

const DECODER = new TextDecoder()

/** An instance's console. */
export class ConsoleBinding implements Binding {
  readonly #port: ConsolePort
  readonly #meter: Meter
  #lines: { level: ConsoleLevel | 'report'; text: Uint8Array }[] = []
  /** Bytes of `#lines`. */
  #size = 0
  #dropped = 0
  #second = 0
  #inSecond = 0
  #bytesInSecond = 0

  constructor(port: ConsolePort, meter: Meter) {
    this.#port = port
    this.#meter = meter
  }

  /** The functions that the guest calls. */
  readonly imports = {
    log: (level: ConsoleLevel, text: Uint8Array): void => this.#keep(level, text),
    report: (error: Uint8Array): void => this.#keep('report', error),
  } satisfies typeof Wit

  flush(): void {
    if (this.#lines.length === 0) return
    const lines = this.#lines
    this.#lines = []
    this.#size = 0
    this.#startSecond()
    for (const { level, text } of lines) this.#write(level, text)
  }

  isPending(): boolean {
    return false
  }

  [Symbol.dispose](): void {
    this.flush()
    this.#sayDropped()
  }

  #keep(level: ConsoleLevel | 'report', text: Uint8Array): void {
    this.#meter.crossings++
    const size = Math.min(text.byteLength, LINE_BYTES)
    if (this.#lines.length >= TURN_LINES || this.#size + size > SECOND_BYTES) {
      this.#dropped++
      return
    }
    this.#size += size
    // a part of a long line must not keep the whole of it
    this.#lines.push({ level, text: size === text.byteLength ? text : text.slice(0, size) })
  }

  #write(level: ConsoleLevel | 'report', bytes: Uint8Array): void {
    if (this.#inSecond >= SECOND_LINES || this.#bytesInSecond + bytes.byteLength > SECOND_BYTES) {
      this.#dropped++
      return
    }
    this.#inSecond++
    this.#bytesInSecond += bytes.byteLength
    const text = DECODER.decode(bytes)
    if (level === 'report') this.#port.report(text)
    else this.#port.line(level, text)
  }

  #startSecond(): void {
    const second = Math.floor(performance.now() / 1000)
    if (second === this.#second) return
    this.#second = second
    this.#inSecond = 0
    this.#bytesInSecond = 0
    this.#sayDropped()
  }

  #sayDropped(): void {
    if (this.#dropped === 0) return
    this.#port.line('warn', `${this.#dropped} lines were left out: the app logs faster than it may`)
    this.#dropped = 0
  }
}
