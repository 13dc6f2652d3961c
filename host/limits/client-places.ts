/**
 * Places of which clients share out what is free: one client may hold so many times what is free, so that whoever comes next still finds
 * some (dynamic thresholds, Choudhury and Hahne 1998): a first one seven eighths, a second one less, and so on. Pure.
 */

/** What a client may hold, in times of what is free. */
const SHARE = 7

/** Fewer places than this are not shared out. */
const FEW = 16

/** Whether somebody who holds so many of `most`, of which `taken` are not free, may have one more. */
export function mayHold(held: number, taken: number, most: number): boolean {
  const free = most - taken
  return free > 0 && (most < FEW || held < SHARE * free)
}

export class ClientPlaces {
  readonly #most: number
  readonly #held = new Map<string, number>()
  #taken = 0

  constructor(most: number) {
    this.#most = most
  }

  get taken(): number {
    return this.#taken
  }

  /** Undefined: the client gets no further one. */
  take(client: string): ClientPlace | undefined {
    if (!mayHold(this.#held.get(client) ?? 0, this.#taken, this.#most)) return undefined
    this.#taken++
    this.#add(client, 1)
    return new ClientPlace(client, (from, to) => this.#move(from, to))
  }

  /** `to`: undefined: it is free. */
  #move(from: string, to: string | undefined): void {
    this.#add(from, -1)
    if (to === undefined) this.#taken--
    else this.#add(to, 1)
  }

  #add(client: string, count: number): void {
    const held = (this.#held.get(client) ?? 0) + count
    if (held > 0) this.#held.set(client, held)
    else this.#held.delete(client)
  }
}

/** One that is taken. */
export class ClientPlace {
  #client: string
  #isFree = false
  readonly #move: (from: string, to: string | undefined) => void

  constructor(client: string, move: (from: string, to: string | undefined) => void) {
    this.#client = client
    this.#move = move
  }

  get client(): string {
    return this.#client
  }

  /** It is known whose it is. */
  set client(client: string) {
    if (!this.#isFree) this.#move(this.#client, client)
    this.#client = client
  }

  release(): void {
    if (!this.#isFree) this.#move(this.#client, undefined)
    this.#isFree = true
  }
}
