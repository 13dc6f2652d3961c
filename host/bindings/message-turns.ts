/**
 * Whose message an app gets next: clients by turns, and of one client its sides by turns, so that it gains nothing by having
 * many. A few at a time are on their way; the others wait with their sides, which hold up who sends them. Pure.
 */

/** What has messages. */
export interface Sender {
  readonly client: string
}

/** Enough that the guest never waits for the host. */
const MOST_POSTED = 8

export class MessageTurns<Side extends Sender> {
  /** Sides of which something waits and nothing is on its way, by client; the next one first. */
  readonly #lines = new Map<string, Set<Side>>()
  #posted = 0

  add(side: Side): void {
    const line = this.#lines.get(side.client)
    if (line === undefined) this.#lines.set(side.client, new Set([side]))
    else line.add(side)
  }

  delete(side: Side): void {
    const line = this.#lines.get(side.client)
    if (line?.delete(side) === true && line.size === 0) this.#lines.delete(side.client)
  }

  /** The side whose turn it is, if there may be one more on its way. */
  take(): Side | undefined {
    if (this.#posted >= MOST_POSTED) return undefined
    for (const [client, line] of this.#lines) {
      this.#lines.delete(client)
      for (const side of line) {
        line.delete(side)
        if (line.size > 0) this.#lines.set(client, line)
        this.#posted++
        return side
      }
    }
    return undefined
  }

  /** What it was taken for has come to the app. */
  delivered(): void {
    this.#posted--
  }
}
