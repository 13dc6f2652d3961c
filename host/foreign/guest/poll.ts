/** wasi:io/poll: what is waited for. The one place where a component waits. */

import { wait } from './pipe.ts'

export class Pollable {
  readonly #isReady: () => boolean
  /** Milliseconds of `performance.now()` at which it is going to be ready; Infinity: something has to happen. */
  readonly #due: number

  constructor(isReady: () => boolean, due = Infinity) {
    this.#isReady = isReady
    this.#due = due
  }

  ready(): boolean {
    return this.#isReady()
  }

  block(): void {
    while (!this.#isReady()) wait(this.#due)
  }

  static dueOf(pollable: Pollable): number {
    return pollable.#due
  }
}

export function poll(list: readonly Pollable[]): Uint32Array {
  if (list.length === 0) throw new Error('poll: expected something to wait for')
  for (;;) {
    const ready = list.flatMap((pollable, index) => (pollable.ready() ? [index] : []))
    if (ready.length > 0) return Uint32Array.from(ready)
    wait(Math.min(...list.map((pollable) => Pollable.dueOf(pollable))))
  }
}
