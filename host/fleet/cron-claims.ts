/**
 * One run for all hosts of a fleet. Each expression of an app has a record: for which time the latest run was claimed, and who is at it.
 *
 *     a time comes, on each host  >  is the record's time earlier? [others have it]  >  the run's record is made [others made it]
 *                                 >  compare-and-set to this time  >  ours
 *                                                                   '--one is not done--> busy
 *     ours  --every BEAT_MS: still at it-->  ours  --done-->  nobody is at it
 *           --the host dies: nothing is heard for LEASE_MS-->  nobody is at it
 *
 * Holds: a time is claimed once, for the record's time only grows, whatever the hosts' clocks say, and a run's record is made once. So a run
 * is begun once, or, if its host dies before, not at all. The record alone would not do: in a cluster, servers of 2.9 may let two changes
 * of it through that come at the same time.
 */

import { randomUUID } from 'node:crypto'

import type { Claim, RunClaims } from '../cron/claims.ts'
import type { CronKey } from '../cron/memory.ts'
import type { FleetConnection } from './connection.ts'
import { Records } from './records.ts'
import type { Found } from './records.ts'

/** What a record says. */
interface Claimed {
  /** For which time, in milliseconds since 1970. */
  readonly time: number
  /** Names the claim. */
  readonly claim: string
  /** Runs that are not done, by their claims. */
  readonly open: readonly string[]
}

const BEAT_MS = 10_000
/** Clocks may differ by seconds. */
const LEASE_MS = 40_000
const DAY_MS = 86_400_000
/** An expression that comes less often is new each time. */
const KEPT_MS = 400 * DAY_MS

export class CronClaims implements RunClaims, Disposable {
  readonly #records: Records<Claimed>
  /** By their times: which claim each run is of. */
  readonly #runs: Records<string>
  /** Claims of which is not known whether they were written. */
  readonly #unsure = new Set<string>()
  readonly #beats = new Set<NodeJS.Timeout>()
  readonly #id = randomUUID()

  constructor(connection: FleetConnection) {
    this.#records = new Records(connection, { kind: 'cron', keptMs: KEPT_MS })
    this.#runs = new Records(connection, { kind: 'runs', keptMs: DAY_MS })
  }

  async claim({ app, cron, timeZone }: CronKey, time: number, overlap: boolean): Promise<Claim> {
    const names = [app, `${cron}\n${timeZone}`]
    const claim = [this.#id, time, ...names].join('\n')
    const isUnsure = this.#unsure.delete(claim)
    let isBusy = false
    const change = (found: Found<Claimed> | undefined): Claimed | undefined => {
      if (found !== undefined && found.value.time >= time) return undefined
      const open = toOpen(found)
      isBusy = open.length > 0 && !overlap
      return { time, claim, open: isBusy ? open : [...open, claim] }
    }
    const { before, isChanged } = await this.#move(names, { time, claim }, change).catch((error: unknown) => {
      this.#unsure.add(claim)
      throw error
    })
    const isOurs = isUnsure && before?.value.claim === claim
    if (!isChanged && !isOurs) return { outcome: 'others' }
    const earlier = isOurs ? time : before?.value.time
    if (isOurs) isBusy = !before.value.open.includes(claim)
    if (isBusy) return { outcome: 'busy', before: earlier }
    const beat = setInterval(() => this.#touch(names, claim), BEAT_MS).unref()
    this.#beats.add(beat)
    return { outcome: 'ours', before: earlier, done: () => this.#done(names, claim, beat) }
  }

  [Symbol.dispose](): void {
    for (const beat of this.#beats) clearInterval(beat)
  }

  /** Makes of the record what `change` says, if the run is this claim's. */
  async #move(
    names: readonly string[],
    { time, claim }: Pick<Claimed, 'time' | 'claim'>,
    change: (found: Found<Claimed> | undefined) => Claimed | undefined,
  ): ReturnType<Records<Claimed>['change']> {
    const before = await this.#records.read(...names)
    if (before !== undefined && before.value.time >= time) return { before, isChanged: false }
    const run = await this.#runs.change([...names, String(time)], (other) => (other ? undefined : claim))
    const isOurs = run.isChanged || run.before?.value === claim
    return isOurs ? await this.#records.change(names, change) : { before: undefined, isChanged: false }
  }

  #touch(names: readonly string[], claim: string): void {
    this.#change(names, ({ value }) => (value.open.includes(claim) ? value : undefined))
  }

  #done(names: readonly string[], claim: string, beat: NodeJS.Timeout): void {
    clearInterval(beat)
    this.#beats.delete(beat)
    this.#change(names, ({ value }) =>
      value.open.includes(claim)
        ? { ...value, open: value.open.filter((each) => each !== claim) }
        : undefined,
    )
  }

  /** When that fails, nothing is heard of the run for a while, and it counts as done. */
  #change(names: readonly string[], change: (found: Found<Claimed>) => Claimed | undefined): void {
    this.#records.change(names, (found) => found && change(found)).catch(() => undefined)
  }
}

/** Those that are still worked at. */
function toOpen(found: Found<Claimed> | undefined): readonly string[] {
  return found === undefined || Date.now() - found.writtenAt > LEASE_MS ? [] : found.value.open
}
