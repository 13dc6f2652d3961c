/** Work of which only so much is done at once; the rest waits in line, and only so much of it. */
export class Gate {
  readonly #places: number
  readonly #queue: number
  readonly #waiting: (() => void)[] = []
  #busy = 0

  constructor(places: number, queue: number) {
    this.#places = places
    this.#queue = queue
  }

  /** Do the work when there is a place; throws when the line is too long. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy < this.#places) this.#busy++
    else {
      if (this.#waiting.length >= this.#queue) throw new Error('too many names are being looked up')
      // whoever leaves hands over the place
      await new Promise<void>((enter) => this.#waiting.push(enter))
    }
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#busy--
      else next()
    }
  }
}
