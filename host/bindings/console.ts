/**
 * The app's log (wit/console.wit). A guest can call this as fast as it can loop, so no more is kept than the log takes,
 * and what was dropped is said once a second.
 */
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-console.d.ts'
import { type ByteBudget, Holding, QUEUED_COST } from '../limits/byte-budget.ts'
import type { Accounts } from '../limits/accounts.ts'
import { LOG_RATE, RateLimit } from '../limits/rate-limit.ts'
import type { Binding, BindingContext, Meter } from './binding.ts'

export type ConsoleLevel = 'debug' | 'info' | 'warn' | 'error'

/** Where an app's lines go. */
export interface ConsolePort {
  /** `request`: the one for which it was written, when that can be said. */
  line(level: ConsoleLevel, text: string, request?: string): void
  /** An error that fails no request; its first line names it, the stack follows. */
  report(error: string, request?: string): void
  /** Places of the bundle, a line each, to those of the app's sources. */
  mapPlaces(places: string): string
}

/** What the guest said in the turn. */
interface Line {
  readonly level: ConsoleLevel | 'report'
  readonly text: Uint8Array
  readonly request: string | undefined
}

/** The most bytes of one line that are kept. */
const LINE_BYTES = 16 * 1024

const DECODER = new TextDecoder()
const ENCODER = new TextEncoder()

/** An instance's console. */
export class ConsoleBinding implements Binding {
  readonly #port: ConsolePort
  readonly #meter: Meter
  readonly #rate = new RateLimit(LOG_RATE)
  /** What the lines of this turn cost. */
  readonly #turn: Holding
  readonly #accounts: Pick<Accounts, 'request'>
  #lines: Line[] = []

  constructor(port: ConsolePort, meter: Meter, budget: ByteBudget, accounts: Pick<Accounts, 'request'>) {
    this.#port = port
    this.#meter = meter
    this.#accounts = accounts
    this.#turn = new Holding(budget)
  }

  /** The functions that the guest calls. */
  readonly imports = {
    log: (level: ConsoleLevel, text: Uint8Array): void => this.#keep(level, text),
    report: (error: Uint8Array): void => this.#keep('report', error),
    mapPlaces: (places: Uint8Array): Uint8Array => {
      this.#meter.crossings++
      return ENCODER.encode(this.#port.mapPlaces(DECODER.decode(places)))
    },
  } satisfies typeof Wit

  flush(): void {
    if (this.#lines.length === 0) return
    this.#sayDropped(this.#rate.takeDropped())
    const lines = this.#lines
    this.#lines = []
    this.#turn.release()
    for (const { level, text, request } of lines) {
      if (level === 'report') this.#port.report(DECODER.decode(text), request)
      else this.#port.line(level, DECODER.decode(text), request)
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
    const kept = size === text.byteLength ? text : text.slice(0, size)
    this.#lines.push({ level, text: kept, request: this.#accounts.request })
  }

  #sayDropped(count: number): void {
    if (count > 0) this.#port.line('warn', `${count} lines were dropped: the app logs faster than it may`)
  }
}

export const bind = ({ console, meter, buffers, accounts }: BindingContext): ConsoleBinding =>
  new ConsoleBinding(console, meter, buffers, accounts)
