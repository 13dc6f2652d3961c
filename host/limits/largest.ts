/**
 * The largest of numbers that come and go. Equal ones are counted, so that it costs what there are different ones: of ten
 * thousand apps most say the same. Pure.
 */
export class Largest {
  readonly #counts = new Map<number, number>()

  /** 0 of none. */
  get value(): number {
    return Math.max(0, ...this.#counts.keys())
  }

  add(number: number): void {
    this.#counts.set(number, (this.#counts.get(number) ?? 0) + 1)
  }

  /** One that was added. */
  remove(number: number): void {
    const left = (this.#counts.get(number) ?? 0) - 1
    if (left > 0) this.#counts.set(number, left)
    else this.#counts.delete(number)
  }
}
