/** Who comes next: turns on a clock of the test's own, on the real event loop. */
import { setImmediate as nextLoop } from 'node:timers/promises'
import { array, assert, asyncProperty, integer, record } from 'fast-check'
import { describe, it } from 'vitest'
import { CpuClock } from './cpu-clock.ts'
import { Scheduler, type Share } from './scheduler.ts'

const LIMIT_MS = 200
/** What a tenant may have had more than others. */
const SLACK_MS = 50

/** Time passes when a turn says so. */
class TestClock extends CpuClock {
  ms = 0

  override now(): number {
    return this.ms
  }

  override begin(): void {}

  override measure(elapsed: number): number {
    return elapsed
  }
}

/** One tenant: its turns, and how many of them are left. */
interface Tenant {
  readonly share: Share
  readonly name: string
  /** Milliseconds of the next turns. */
  turnMs: number
  left: number
  /** When each turn ended. */
  readonly ends: number[]
  usedMs: number
}

function open() {
  const clock = new TestClock()
  const scheduler = new Scheduler(clock)
  const order: string[] = []
  const add = (name: string, turnMs: number): Tenant => {
    const run = (): boolean => {
      order.push(name)
      clock.ms += tenant.turnMs
      tenant.usedMs += tenant.turnMs
      tenant.ends.push(clock.ms)
      return --tenant.left > 0
    }
    const tenant: Tenant = {
      share: scheduler.open(run, LIMIT_MS),
      name,
      turnMs,
      left: 0,
      ends: [],
      usedMs: 0,
    }
    return tenant
  }
  const ask = (tenant: Tenant, turns = 1): void => {
    tenant.left += turns
    tenant.share.wake()
  }
  /** It has shown so many turns. */
  const warm = async (tenant: Tenant, turns: number): Promise<void> => {
    ask(tenant, turns)
    while (tenant.left > 0) await nextLoop()
  }
  return { clock, scheduler, order, add, ask, warm }
}

describe('a turn', () => {
  it('is never had at once, and once for many wakes', async ({ expect }) => {
    const { add, ask, order } = open()
    const tenant = add('a', 1)
    for (let i = 0; i < 3; i++) tenant.share.wake()
    ask(tenant, 0)
    tenant.left = 1
    expect(order).toEqual([])
    for (let i = 0; i < 5; i++) await nextLoop()
    expect(order).toEqual(['a'])
  })

  it('is followed by the next one until the round is over; then the event loop comes in', async ({
    expect,
  }) => {
    const { add, ask, order, scheduler } = open()
    const short = ['a', 'b', 'c'].map((name) => add(name, 0.1))
    for (const tenant of short) ask(tenant)
    await nextLoop()
    expect(order).toEqual(['a', 'b', 'c'])
    const long = ['d', 'e'].map((name) => add(name, 50))
    for (const tenant of long) ask(tenant)
    await nextLoop()
    expect(order.slice(3)).toEqual(['d'])
    // connections come one at a time, and the request on each one later
    for (let i = 0; i < 10; i++) {
      scheduler.greet()
      await nextLoop()
    }
    expect(order.slice(3)).toEqual(['d'])
    for (let i = 0; i < 3; i++) await nextLoop()
    expect(order.slice(3)).toEqual(['d', 'e'])
  })

  it('is had by nobody whose share is closed: while it waits, at its turn, and when it wakes', async ({
    expect,
  }) => {
    const { add, ask, order, scheduler } = open()
    const [waits, wakes, rest] = ['waits', 'wakes', 'rest'].map((name) => add(name, 0.1))
    ask(waits!)
    waits!.share.close()
    wakes!.share.close()
    ask(wakes!)
    let turns = 0
    const last = scheduler.open(() => {
      turns++
      last.close()
      return true
    }, LIMIT_MS)
    last.wake()
    ask(rest!)
    for (let i = 0; i < 5; i++) await nextLoop()
    expect([order, turns]).toEqual([['rest'], 1])
  })

  it('does not wait for connections for ever', async ({ expect }) => {
    const { clock, add, ask, order, scheduler } = open()
    for (const name of ['a', 'b']) ask(add(name, 50))
    while (order.length < 1) await nextLoop()
    const end = clock.ms
    while (order.length < 2) {
      scheduler.greet()
      clock.ms += 1
      await nextLoop()
    }
    expect(clock.ms - end - 50).toBeGreaterThan(20)
    expect(clock.ms - end - 50).toBeLessThan(40)
  })
})

describe('tenants that always have something to do', () => {
  it('have equal parts of the time, however long their turns are', async ({ expect }) => {
    const lengths = array(integer({ min: 3, max: 80 }), { minLength: 2, maxLength: 8 })
    await assert(
      asyncProperty(lengths, async (all) => {
        const { clock, add, ask } = open()
        const tenants = all.map((ms, i) => add(String(i), ms))
        for (const tenant of tenants) ask(tenant, Infinity)
        const end = 1000 * tenants.length
        while (clock.ms < end) await nextLoop()
        const used = tenants.map(({ usedMs }) => usedMs)
        // of a second each, to within what is known of them at first and a turn
        expect(Math.max(...used) - Math.min(...used)).toBeLessThan(LIMIT_MS + 2 * Math.max(...all))
        for (const tenant of tenants) tenant.left = 0
      }),
      { numRuns: 25 },
    )
  })

  it('have half of the time if their turns are short, and half if they are not', async ({ expect }) => {
    const { clock, add, ask, warm } = open()
    const short = [0.5, 1].map((ms) => add(`short ${ms}`, ms))
    const long = [5, 20, 50].map((ms) => add(`long ${ms}`, ms))
    for (const tenant of [...short, ...long]) await warm(tenant, 300)
    const used = [short, long].map((all) => all.reduce((sum, { usedMs }) => sum + usedMs, 0))
    for (const tenant of [...short, ...long]) ask(tenant, Infinity)
    const end = clock.ms + 2000
    while (clock.ms < end) await nextLoop()
    const had = [short, long].map((all, i) => all.reduce((sum, { usedMs }) => sum + usedMs, 0) - used[i]!)
    expect(Math.abs(had[0]! - had[1]!)).toBeLessThan(150)
    for (const tenant of [...short, ...long]) tenant.left = 0
  })

  it('let one that is idle most of the time come next', async ({ expect }) => {
    const { clock, add, ask, warm, order } = open()
    const quiet = add('quiet', 0.1)
    await warm(quiet, 100)
    const busy = Array.from({ length: 60 }, (_, i) => add(`busy ${i}`, 4))
    for (const tenant of busy) await warm(tenant, 20)
    for (const tenant of busy) ask(tenant, Infinity)
    const overtaking: number[] = []
    for (let i = 0; i < 50; i++) {
      const until = clock.ms + 37
      while (clock.ms < until) await nextLoop()
      const before = order.length
      ask(quiet)
      while (quiet.left > 0) await nextLoop()
      overtaking.push(order.indexOf('quiet', before) - before)
    }
    expect(Math.max(...overtaking)).toBe(0)
    for (const tenant of busy) tenant.left = 0
  })
})

describe('many that take all that they may', () => {
  it.for([1, 5, 40])(
    '%i of them at the same moment: a neighbour waits for one turn',
    async (count, { expect }) => {
      const { clock, add, ask, warm } = open()
      const neighbour = add('neighbour', 0.2)
      await warm(neighbour, 50)
      const loops = Array.from({ length: count }, (_, i) => add(`loop ${i}`, 1))
      for (const tenant of loops) {
        await warm(tenant, 1)
        tenant.turnMs = LIMIT_MS
      }
      for (const tenant of loops) ask(tenant)
      const waits: number[] = []
      while (loops.some(({ left }) => left > 0)) {
        const since = clock.ms
        ask(neighbour)
        while (neighbour.left > 0) await nextLoop()
        waits.push(neighbour.ends.at(-1)! - since)
        await nextLoop()
      }
      expect(Math.max(...waits)).toBeLessThan(1.5 * LIMIT_MS)
      expect(waits.length).toBeGreaterThan(count / 2)
    },
  )
})

describe('waiting', () => {
  it('saves up nothing: an idle tenant has no more of the next second than others', async ({ expect }) => {
    const { clock, add, ask, warm } = open()
    const [early, late] = [add('early', 10), add('late', 10)]
    for (const tenant of [early, late]) await warm(tenant, 20)
    ask(early, Infinity)
    while (clock.ms < 5000) await nextLoop()
    ask(late, Infinity)
    const before = [early.usedMs, late.usedMs]
    const end = clock.ms + 1000
    while (clock.ms < end) await nextLoop()
    expect(Math.abs(early.usedMs - before[0]! - (late.usedMs - before[1]!))).toBeLessThanOrEqual(SLACK_MS)
    for (const tenant of [early, late]) tenant.left = 0
  })

  it('comes to its end, however many short ones keep coming', async ({ expect }) => {
    const { clock, add, ask } = open()
    const slow = add('slow', 100)
    ask(slow)
    // each of them is new, and has used nothing
    for (let i = 0; slow.left > 0; i++) {
      const other = add(`new ${i}`, 1)
      other.share.took(0)
      ask(other)
      await nextLoop()
      expect(clock.ms).toBeLessThan(2500)
    }
  })

  it('is for no more of another tenant than what is expected of its own turn, or one of the other’s', async ({
    expect,
  }) => {
    const tenants = array(
      record({ turnMs: integer({ min: 3, max: 50 }), pauseMs: integer({ min: 0, max: 200 }) }),
      { minLength: 2, maxLength: 6 },
    )
    await assert(
      asyncProperty(tenants, async (specs) => {
        const { clock, add, ask, warm } = open()
        const nextAt = specs.map(() => 0)
        const real = specs.map(({ turnMs }, i) => add(`${i}`, turnMs))
        for (const tenant of real) await warm(tenant, 10)
        const begin = clock.ms
        const usedAtAsk: number[][] = []
        const expectedMs: number[] = []
        while (clock.ms - begin < 3000) {
          for (const [i, tenant] of real.entries()) {
            if (tenant.left > 0 || nextAt[i]! > clock.ms) continue
            usedAtAsk[i] = real.map(({ usedMs }) => usedMs)
            expectedMs[i] = tenant.share.expectedMs
            ask(tenant)
          }
          const waiting = real.map(({ left }) => left > 0)
          clock.ms += waiting.includes(true) ? 0 : 1
          await nextLoop()
          for (const [i, tenant] of real.entries()) {
            if (!waiting[i] || tenant.left > 0) continue
            nextAt[i] = clock.ms + specs[i]!.pauseMs
            for (const [j, other] of real.entries()) {
              if (j === i) continue
              const used = other.usedMs - usedAtAsk[i]![j]!
              // what it owes from its own last turn counts as its own
              expect(used).toBeLessThanOrEqual(SLACK_MS + expectedMs[i]! + tenant.turnMs + 2 * other.turnMs)
            }
          }
        }
      }),
      { numRuns: 20 },
    )
  })
})
