/** Leases of Durable Objects: never two holders of one key, whatever shards claim, release and die. */

import { describe, test } from 'vitest'

import { LeaseClient } from './lease-client.ts'
import type { Lease } from './lease-client.ts'
import { Leases } from './leases.ts'
import type { LeaseHolder } from './leases.ts'

/** A shard whose messages arrive when the test says so, each way in order. */
class Shard implements LeaseHolder {
  readonly inbox: (() => void)[] = []
  readonly outbox: (() => void)[] = []
  readonly client: LeaseClient
  readonly held = new Map<string, Lease>()
  readonly claimed = new Set<string>()
  readonly wantedKeys: string[] = []
  isDead = false

  constructor(leases: Leases) {
    this.client = new LeaseClient(({ type, key }) => {
      this.outbox.push(() => leases[type](key, this))
    })
  }

  granted(key: string, number: number): void {
    this.inbox.push(() => this.client.granted(key, number))
  }

  wanted(key: string): void {
    this.inbox.push(() => this.client.wanted(key))
  }

  claim(key: string): void {
    this.claimed.add(key)
    void this.client
      .claim(key, () => this.wantedKeys.push(key))
      .then((lease) => {
        this.claimed.delete(key)
        this.held.set(key, lease)
      })
  }

  release(key: string): void {
    const lease = this.held.get(key)!
    this.held.delete(key)
    lease.release()
  }
}

/** Numbers that are the same in each run. */
function toRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const KEYS = ['a', 'b', 'c']

describe('a lease', () => {
  test('is one shard’s at a time, through 60 histories of claims, releases and deaths', async ({
    expect,
  }) => {
    let granted = 0
    for (let seed = 1; seed <= 60; seed++) {
      const random = toRandom(seed)
      const leases = new Leases()
      const shards = [new Shard(leases), new Shard(leases), new Shard(leases)]
      const last = new Map<string, number>()
      for (let step = 0; step < 300; step++) {
        const at = random(shards.length)
        const shard = shards[at]!
        const key = KEYS[random(KEYS.length)]!
        const act = random(20)
        if (act < 8) shard.outbox.shift()?.()
        else if (act < 14) shard.inbox.shift()?.()
        else if (act < 17 && !shard.claimed.has(key)) shard.claim(key)
        else if (act < 19 && shard.held.has(key)) shard.release(key)
        else if (act === 19) {
          // what it has said before it died still arrives, its exit after that
          for (const say of shard.outbox.splice(0)) say()
          shard.isDead = true
          leases.gone(shard)
          shards[at] = new Shard(leases)
        }
        // oxlint-disable-next-line no-await-in-loop -- what was granted is taken
        await Promise.resolve()
        for (const each of KEYS) {
          const holders = shards.filter(({ held }) => held.has(each))
          expect(holders.length).toBeLessThanOrEqual(1)
          const number = holders[0]?.held.get(each)?.number ?? 0
          if (number === 0) continue
          expect(number).toBeGreaterThanOrEqual(last.get(each) ?? 0)
          if (number !== last.get(each)) granted++
          last.set(each, number)
        }
      }
      // when all that is held is released, all that was claimed has been granted
      for (let round = 0; round < 50; round++) {
        for (const { held, outbox, inbox } of shards) {
          for (const say of [...outbox.splice(0), ...inbox.splice(0)]) say()
          // oxlint-disable-next-line no-await-in-loop -- what was granted is taken
          await Promise.resolve()
          for (const lease of held.values()) lease.release()
          held.clear()
        }
      }
      expect(shards.flatMap(({ claimed }) => [...claimed])).toEqual([])
      expect(leases.size).toBe(0)
    }
    expect(granted).toBeGreaterThan(500)
  })

  test('that somebody waits for is asked for once, and again of the next who has it', async ({ expect }) => {
    const leases = new Leases()
    const [one, two, three] = [new Shard(leases), new Shard(leases), new Shard(leases)]
    const settle = async (): Promise<void> => {
      for (const { inbox, outbox } of [one, two, three, one, two, three]) {
        for (const say of [...outbox.splice(0), ...inbox.splice(0)]) say()
        // oxlint-disable-next-line no-await-in-loop -- what was granted is taken
        await Promise.resolve()
      }
    }
    for (const shard of [one, two, three]) shard.claim('a')
    await settle()
    expect([one.held.size, two.held.size, one.wantedKeys]).toEqual([1, 0, ['a']])
    one.release('a')
    await settle()
    expect([two.held.size, three.held.size, two.wantedKeys]).toEqual([1, 0, ['a']])
    leases.gone(two)
    await settle()
    expect([three.held.size, three.wantedKeys]).toEqual([1, []])
  })
})
