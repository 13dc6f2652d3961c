/** Sums by name, of amounts that are taken for a while. */
export class Tally {
  readonly #sums = new Map<string, number>()

  of(name: string): number {
    return this.#sums.get(name) ?? 0
  }

  /** Gives what takes it back. */
  take(name: string, amount: number): () => void {
    this.#add(name, amount)
    return () => this.#add(name, -amount)
  }

  #add(name: string, amount: number): void {
    const sum = this.of(name) + amount
    if (sum === 0) this.#sums.delete(name)
    else this.#sums.set(name, sum)
  }
}
