/**
 * The app's log (wit/console.wit). A guest can call this as fast as it can loop, so no more is kept than the log takes,
 * and what was dropped is said once a second.
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-console.d.ts'
import { type ByteBudget, Holding, QUEUED_COST } from '../limits/byte-budget.ts'
import { LOG_RATE, RateLimit } from '../limits/rate-limit.ts'
import type { Binding, BindingContext, Meter } from './binding.ts'

export type ConsoleLevel = 'debug' | 'info' | 'warn' | 'error'

/** Where an app's lines go. */
export interface ConsolePort {
  line(level: ConsoleLevel, text: string): void
  /** An error that belongs to no request; its first line names it, the stack follows. */
  report(error: string): void
}

/** The most bytes of one line that are kept. */
const LINE_BYTES = 16 * 1024

const DECODER = new TextDecoder()

/** An instance's console. */
export class ConsoleBinding implements Binding {
  readonly #port: ConsolePort
  readonly #meter: Meter
  readonly #rate = new RateLimit(LOG_RATE)
  /** What the lines of this turn cost. */
  readonly #turn: Holding
  #lines: { level: ConsoleLevel | 'report'; text: Uint8Array }[] = []

  constructor(port: ConsolePort, meter: Meter, budget: ByteBudget) {
    this.#port = port
    this.#meter = meter
    this.#turn = new Holding(budget)
  }

  /** The functions that the guest calls. */
  readonly imports = {
    log: (level: ConsoleLevel, text: Uint8Array): void => this.#keep(level, text),
    report: (error: Uint8Array): void => this.#keep('report', error),
  } satisfies typeof Wit

  flush(): void {
    if (this.#lines.length === 0) return
    this.#sayDropped(this.#rate.takeDropped())
    const lines = this.#lines
    this.#lines = []
    this.#turn.release()
    for (const { level, text } of lines) {
      if (level === 'report') this.#port.report(DECODER.decode(text))
      else this.#port.line(level, DECODER.decode(text))
    }
  }

  isPending(): boolean {
    return false
  }

  [Symbol.dispose](): void {
    this.flush()
    this.#sayDropped(this.#rate.takeAllDropped())
  }

  #keep(level: ConsoleLevel | 'report', text: Uint8Array): void {
    this.#meter.crossings++
    const size = Math.min(text.byteLength, LINE_BYTES)
    if (!this.#rate.admit(size)) return
    if (!this.#turn.add(QUEUED_COST + size)) return this.#rate.drop()
    // a part of a long line must not keep the whole of it
    this.#lines.push({ level, text: size === text.byteLength ? text : text.slice(0, size) })
  }

  #sayDropped(count: number): void {
    if (count > 0) this.#port.line('warn', `${count} lines were dropped: the app logs faster than it may`)
  }
}

export const bind = ({ console, meter, buffers }: BindingContext): ConsoleBinding =>
  new ConsoleBinding(console, meter, buffers)
