/**
 * Processor time of an instance's requests. A turn is paid for by the requests that had an event in it, in equal
 * parts; one that no request can be named for (a timer, an answer to a fetch) by all that are open. Pure.
 *
 *     allow: the most that any of the payers has left  >  turn  >  charge: elapsed / payers
 */

/** What a turn gets at the least: a request that has used up its time is over after a turn, not in the middle. */
const LEAST_MS = 5

/** The open requests of one instance and what they have used. */
export class CpuBudget {
  readonly #limitMs: number
  readonly #used = new Map<number, number>()

  /** `limitMs`: of each request, and the most that one turn may take. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs
  }

  open(id: number): void {
    this.#used.set(id, 0)
  }

  close(id: number): void {
    this.#used.delete(id)
  }

  /** Milliseconds that a turn with events of these requests may take. */
  allow(ids: Iterable<number>): number {
    const payers = this.#toPayers(ids)
    if (payers.length === 0) return this.#limitMs
    const least = Math.min(...payers.map((id) => this.#used.get(id)!))
    return Math.min(this.#limitMs, Math.max(LEAST_MS, this.#limitMs - least))
  }

  /** Charges a turn. */
  charge(ids: Iterable<number>, ms: number): void {
    const payers = this.#toPayers(ids)
    for (const id of payers) this.#used.set(id, this.#used.get(id)! + ms / payers.length)
  }

  /** Whether a request that is still open has used more than it may. */
  isOver(ids: Iterable<number>): boolean {
    return this.#toPayers(ids).some((id) => this.#used.get(id)! > this.#limitMs)
  }

  #toPayers(ids: Iterable<number>): readonly number[] {
    const named = new Set<number>()
    for (const id of ids) if (this.#used.has(id)) named.add(id)
    return [...(named.size > 0 ? named : this.#used.keys())]
  }
}
