/**
 * The guest's one alarm (wit/timer.wit). Its delay counts from the start of the turn that set it, on the clock that
 * stood still in that turn; it never goes off before that clock says that it is due.
 */
import { performance } from 'node:perf_hooks'
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-timer.d.ts'
import type { Binding, BindingContext, Mailbox, Meter } from './binding.ts'

/** The longest delay that a Node timer takes; a longer alarm is set anew on the way. */
const LONGEST = 2 ** 31 - 1

/** An instance's alarm. */
export class TimerBinding implements Binding {
  readonly #mailbox: Mailbox
  readonly #meter: Meter
  readonly #turnStart: () => number
  /** Whom the alarm is for. */
  #source = 0
  /** What the turn asked for: a time, `undefined` for no alarm, 'same' for no change. */
  #asked: number | undefined | 'same' = 'same'
  #due: number | undefined
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined

  /** `turnStart` is the start of the current turn in milliseconds of `performance.now()`. */
  constructor(mailbox: Mailbox, meter: Meter, turnStart: () => number) {
    this.#mailbox = mailbox
    this.#meter = meter
    this.#turnStart = turnStart
  }

  /** The functions that the guest calls. */
  readonly imports = {
    wakeIn: (delay: number, source: number): void => {
      this.#meter.crossings++
      if (Number.isNaN(delay)) {
        this.#meter.ignored++
        return
      }
      this.#source = source
      this.#asked = delay < 0 || delay === Infinity ? undefined : this.#turnStart() + delay
    },
  } satisfies typeof Wit

  flush(): void {
    if (this.#asked === 'same') return
    this.#disarm()
    this.#due = this.#asked
    this.#asked = 'same'
    if (this.#due !== undefined) this.#arm(this.#due)
  }

  isPending(): boolean {
    return this.#due !== undefined
  }

  /** Nobody is there to be woken for: the alarm stays set and does not go off before `wake`. */
  rest(): void {
    this.#disarm()
  }

  wake(): void {
    if (this.#due !== undefined) this.#arm(this.#due)
  }

  [Symbol.dispose](): void {
    this.#disarm()
    this.#due = undefined
    this.#asked = 'same'
  }

  #arm(due: number): void {
    const rest = due - performance.now()
    // an immediate lets sockets have their say between the turns of an app that never sleeps
    if (rest <= 0) this.#immediate = setImmediate(this.#ring)
    else this.#timer = setTimeout(this.#ring, Math.min(Math.ceil(rest), LONGEST))
  }

  readonly #ring = (): void => {
    if (this.#due === undefined) return
    if (performance.now() < this.#due) return this.#arm(this.#due)
    this.#due = undefined
    this.#mailbox.post({ tag: 'timer-due' }, this.#source)
  }

  #disarm(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
  }
}

export const bind = ({ mailbox, meter, turnStart }: BindingContext): TimerBinding =>
  new TimerBinding(mailbox, meter, turnStart)
