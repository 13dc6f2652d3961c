/**
 * A shard's leases of Durable Objects (leases.ts), and its claims of others.
 *
 *     claim  >  "claim" to the main thread  ...  "granted"  >  Lease  ...  "wanted": `onWanted`  >  release
 */

/** What the main thread is told. */
export type LeaseMessage = { readonly type: 'claim' | 'release'; readonly key: string }

/** The right to have an object in memory. */
export interface Lease {
  /** Larger than that of whoever had one for the object before. */
  readonly number: number
  /** Nothing of the object is left here. */
  release(): void
}

interface Claim {
  readonly settle: (lease: Lease) => void
  readonly onWanted: () => void
}

export class LeaseClient {
  readonly #tell: (message: LeaseMessage) => void
  readonly #claims = new Map<string, Claim>()
  /** What to call when somebody waits for what is held. */
  readonly #held = new Map<string, () => void>()

  constructor(tell: (message: LeaseMessage) => void) {
    this.#tell = tell
  }

  /** Resolves when the object may begin; that may take as long as another one needs to end. One at a time for a key. */
  claim(key: string, onWanted: () => void): Promise<Lease> {
    const { promise, resolve } = Promise.withResolvers<Lease>()
    this.#claims.set(key, { settle: resolve, onWanted })
    this.#tell({ type: 'claim', key })
    return promise
  }

  granted(key: string, number: number): void {
    const claim = this.#claims.get(key)
    if (claim === undefined) return
    this.#claims.delete(key)
    this.#held.set(key, claim.onWanted)
    claim.settle({
      number,
      release: () => {
        this.#held.delete(key)
        this.#tell({ type: 'release', key })
      },
    })
  }

  wanted(key: string): void {
    this.#held.get(key)?.()
  }
}
