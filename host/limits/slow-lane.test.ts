/** Turns that are really run, on the real event loop: who gets how much of it. */
import { setImmediate as nextLoop, setTimeout as later } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { SlowLane, type Place } from './slow-lane.ts'

const LONG_MS = 25

function work(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

interface Run {
  turns: number
  /** How long they took together. */
  ms: number
}

/** One turn after the other until `until` says so. */
async function keepRunning(place: Place, ms: number, pauseMs: number, until: () => boolean): Promise<Run> {
  const run = { turns: 0, ms: 0 }
  while (!until()) {
    await new Promise<void>((resolve) => {
      place.schedule(() => {
        const start = performance.now()
        work(ms)
        const took = performance.now() - start
        place.took(took)
        run.ms += took
        resolve()
      })
    })
    run.turns++
    if (pauseMs > 0) await later(pauseMs)
  }
  return run
}

function after(ms: number): () => boolean {
  const end = performance.now() + ms
  return () => performance.now() >= end
}

describe('long turns', () => {
  it('have the whole of the time when nobody else is busy', async ({ expect }) => {
    const start = performance.now()
    const { ms } = await keepRunning(new SlowLane().open(), LONG_MS, 0, after(500))
    expect(ms).toBeGreaterThan((performance.now() - start) * 0.8)
  })

  it('have half of the time when others are busy, all together', async ({ expect }) => {
    const lane = new SlowLane()
    const places = [lane.open(), lane.open(), lane.open()]
    // they are known for it
    for (const place of places) place.took(10_000)
    lane.open().took(LONG_MS)
    const isOver = after(1000)
    const start = performance.now()
    const [short, ...long] = await Promise.all([
      keepRunning(lane.open(), 0.1, 3, isOver),
      ...places.map((place) => keepRunning(place, LONG_MS, 0, isOver)),
    ])
    const elapsed = performance.now() - start
    const taken = long.reduce((sum, { ms }) => sum + ms, 0)
    const turns = long.map((run) => run.turns)
    expect(taken).toBeLessThan(elapsed * 0.7)
    expect(taken).toBeGreaterThan(elapsed * 0.2)
    // all of them get on, and the other one in between
    expect(Math.max(...turns) - Math.min(...turns)).toBeLessThanOrEqual(3)
    expect(short.turns).toBeGreaterThan(Math.max(...turns))
  })

  it('are not hidden by short ones between them', async ({ expect }) => {
    const lane = new SlowLane()
    const hog = lane.open()
    hog.took(10 * LONG_MS)
    const isOver = after(1000)
    const start = performance.now()
    let taken = 0
    const alternate = async (): Promise<void> => {
      while (!isOver()) {
        taken += (await keepRunning(hog, LONG_MS, 0, once())).ms
        await keepRunning(hog, 0.1, 0, once())
      }
    }
    await Promise.all([alternate(), keepRunning(lane.open(), 0.1, 3, isOver)])
    expect(taken).toBeLessThan((performance.now() - start) * 0.7)
  })

  it('let others pass between two of them', async ({ expect }) => {
    const lane = new SlowLane()
    const places = [lane.open(), lane.open(), lane.open()]
    const order: string[] = []
    for (const place of places) {
      place.took(LONG_MS)
      place.schedule(() => {
        order.push('long')
        work(LONG_MS)
        place.took(LONG_MS)
      })
    }
    const other = lane.open()
    while (order.filter((kind) => kind === 'long').length < 3) {
      other.schedule(() => order.push('short'))
      await nextLoop()
    }
    expect(order.join()).not.toContain('long,long')
  })
})

describe('turns that are neither short nor long', () => {
  it('share a part of each round of the event loop', async ({ expect }) => {
    const lane = new SlowLane()
    const isOver = after(500)
    const rounds = { count: 0 }
    const other = lane.open()
    const count = async (): Promise<void> => {
      while (!isOver()) {
        await new Promise<void>((resolve) => other.schedule(resolve))
        rounds.count++
      }
    }
    const [, ...runs] = await Promise.all([
      count(),
      ...Array.from({ length: 10 }, () => keepRunning(lane.open(), 7, 0, isOver)),
    ])
    const turns = runs.map((run) => run.turns)
    const sum = turns.reduce((all, some) => all + some, 0)
    expect(Math.max(...turns) - Math.min(...turns)).toBeLessThanOrEqual(3)
    // three fit into what the lane has every few rounds; the first ones came before it knew them
    expect(sum).toBeGreaterThan(10)
    expect(rounds.count).toBeGreaterThan(sum / 4)
  })
})

describe('short turns', () => {
  it('do not wait, whoever else does', async ({ expect }) => {
    const lane = new SlowLane()
    const [hog, other] = [lane.open(), lane.open()]
    hog.took(10_000)
    other.took(1)
    const order: string[] = []
    hog.schedule(() => order.push('long'))
    for (const name of ['a', 'b', 'c']) other.schedule(() => order.push(name))
    expect(order).toEqual([])
    await nextLoop()
    await nextLoop()
    expect(order).toEqual(['a', 'b', 'c'])
    // nobody is busy for long enough: it need not rest to the end
    await expect.poll(() => order).toContain('long')
  })
})

/** True from the second time on. */
function once(): () => boolean {
  let times = 0
  return () => times++ > 0
}
