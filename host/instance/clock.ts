/**
 * The guest's clock. It stands still while the guest runs: a turn sees one moment, which is cheap, for the engine asks
 * some eight times a turn, and leaves an app nothing to time its neighbours with.
 */
import { performance } from 'node:perf_hooks'

const NS_PER_MS = 1_000_000

/** The moment of the current turn. */
export class TurnClock {
  /** Milliseconds of `performance.now()`. */
  now = performance.now()
  #wall: bigint | undefined
  #monotonic: bigint | undefined
  #epoch = Date.now()

  /** A turn begins. */
  advance(): void {
    this.now = performance.now()
    this.#epoch = Date.now()
    this.#wall = undefined
    this.#monotonic = undefined
  }

  readonly wallNs = (): bigint => (this.#wall ??= BigInt(this.#epoch) * BigInt(NS_PER_MS))

  readonly monotonicNs = (): bigint => (this.#monotonic ??= BigInt(Math.round(this.now * NS_PER_MS)))
}
