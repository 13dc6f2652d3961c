/**
 * What one tenant's names led to, for a while. One cache for each tenant: from the time that a fetch takes nobody learns
 * whether another tenant asked for the name.
 *
 *     unknown  --find-->  asking  --found, or is not there-->  kept  --its time is over, or others came-->  unknown
 *                           |
 *                           '--failed-->  unknown
 *
 * Holds: a name is asked for once however many wait for it; nothing is answered with what is out of date, also when the
 * name servers are silent; only so many names and addresses are kept, those that were used last.
 */

/** What a name server says of a name. */
export interface Found {
  readonly addresses: readonly string[]
  /** Seconds for which that is good. */
  readonly ttl: number
}

/** What is kept of a name. */
interface Kept {
  readonly until: number
  readonly found: readonly string[] | Error
}

/** Names that are kept. */
const MOST_NAMES = 128

/** A name with more addresses is not kept. */
const MOST_ADDRESSES = 16

/** Bounds of what a name server asks for, in seconds: neither a question for each connection nor a name for hours. */
const TTL = { least: 1, most: 60 } as const

/** How long a name is known not to be there, in seconds. */
const ABSENT_TTL = 1

/** What c-ares and the system say of a name that is not there or has no address. */
const ABSENCES: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA'])

const MS_PER_SECOND = 1000

/** One tenant's names. */
export class NameCache {
  readonly #now: () => number
  /** In the order of their use. */
  readonly #kept = new Map<string, Kept>()
  /** Bounded by whoever does the asking. */
  readonly #asking = new Map<string, Promise<readonly string[]>>()

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** The addresses of a name, which is asked for if need be. Rejects as `ask` does. */
  async find(name: string, ask: () => Promise<Found>): Promise<readonly string[]> {
    const kept = this.#kept.get(name)
    if (kept !== undefined && this.#now() < kept.until) {
      this.#keep(name, kept)
      if (kept.found instanceof Error) throw kept.found
      return kept.found
    }
    this.#kept.delete(name)
    const asking = this.#asking.get(name)
    if (asking !== undefined) return asking
    const asked = this.#ask(name, ask).finally(() => this.#asking.delete(name))
    this.#asking.set(name, asked)
    return asked
  }

  async #ask(name: string, ask: () => Promise<Found>): Promise<readonly string[]> {
    try {
      const { addresses, ttl } = await ask()
      const seconds = Math.min(Math.max(ttl, TTL.least), TTL.most)
      if (addresses.length <= MOST_ADDRESSES) this.#keep(name, this.#toKept(addresses, seconds))
      return addresses
    } catch (error) {
      if (error instanceof Error && 'code' in error && ABSENCES.has(error.code)) {
        this.#keep(name, this.#toKept(error, ABSENT_TTL))
      }
      throw error
    }
  }

  #toKept(found: Kept['found'], seconds: number): Kept {
    return { found, until: this.#now() + seconds * MS_PER_SECOND }
  }

  #keep(name: string, kept: Kept): void {
    this.#kept.delete(name)
    this.#kept.set(name, kept)
    if (this.#kept.size <= MOST_NAMES) return
    const [oldest] = this.#kept.keys()
    this.#kept.delete(oldest!)
  }
}
