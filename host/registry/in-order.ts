/** Steps that concern one thing, one after the other, in the order in which they were asked for. Others do not wait. */

export class InOrder {
  /** Of each thing, the last that was asked for. */
  readonly #last = new Map<string, Promise<unknown>>()

  run<T>(key: string, steps: () => Promise<T>): Promise<T> {
    const done = (this.#last.get(key) ?? Promise.resolve()).then(steps)
    const settled = done
      .catch(() => undefined)
      .finally(() => {
        if (this.#last.get(key) === settled) this.#last.delete(key)
      })
    this.#last.set(key, settled)
    return done
  }
}
