/** Who is refused after stops, and who comes in first afterwards. */
import { describe, it } from 'vitest'
import { Breaker } from './breaker.ts'

/** With a new instance, a stop costs 200 ms. */
const STOP_MS = 190
const COST_MS = 200

/** Stops that can be blamed on nobody, until all are refused; for how long they are. */
function open(breaker: Breaker, now = 0): number {
  for (;;) {
    const { ms } = breaker.stopped(now)
    if (ms > 0) return ms
  }
}

describe('stops', () => {
  it('of one client refuse that client, and nobody else', ({ expect }) => {
    const breaker = new Breaker(STOP_MS)
    const stops = Array.from({ length: 4 }, () => breaker.stopped(0, 'a'))
    expect(stops.map(({ ms }) => ms > 0)).toEqual([false, false, true, true])
    expect(stops.map(({ isAll }) => isAll)).toEqual([false, false, false, false])
    expect(breaker.waitMs(0, 'a')).toBe(stops[3]!.ms)
    expect(breaker.waitMs(0, 'b')).toBe(0)
  })

  it('of one client that comes back whenever it may never refuse the others', ({ expect }) => {
    const breaker = new Breaker(STOP_MS)
    let now = 0
    for (let i = 0; i < 100; i++) {
      now += breaker.waitMs(now, 'a') + COST_MS
      breaker.stopped(now, 'a')
      expect(breaker.waitMs(now, 'b')).toBe(0)
    }
  })

  it('of many clients refuse all', ({ expect }) => {
    const breaker = new Breaker(STOP_MS)
    const stops = Array.from({ length: 9 }, (_, i) => breaker.stopped(0, `client ${i}`))
    expect(stops.map(({ isAll }) => isAll)).toEqual([...Array.from({ length: 8 }, () => false), true])
    expect(breaker.waitMs(0, 'another')).toBe(stops[8]!.ms)
  })

  it('weigh less when the guest ran for less', ({ expect }) => {
    const breaker = new Breaker(STOP_MS)
    const waits = Array.from({ length: 80 }, () => breaker.stopped(0, 'a', 0).ms)
    // some twenty traps for each stop
    expect(waits.findIndex((ms) => ms > 0)).toBeGreaterThan(37)
    expect(breaker.stopped(0, 'a', 10 * STOP_MS).ms).toBeLessThan(250 * COST_MS + 1)
  })

  it('are known of so many clients and no more', ({ expect }) => {
    const breaker = new Breaker(STOP_MS)
    for (let i = 0; i < 3; i++) breaker.stopped(0, 'a')
    for (let i = 0; i < 1000; i++) breaker.stopped(100_000_000 * (i + 1), `client ${i}`)
    expect(breaker.waitMs(0, 'a')).toBe(0)
  })
})

describe('after a back-off', () => {
  it('one request comes in, and the rest when it was answered', ({ expect }) => {
    const breaker = new Breaker(STOP_MS)
    const [early, probe, late] = [{}, {}, {}]
    const now = open(breaker)
    breaker.answered(early)
    expect(breaker.waitMs(now, 'a')).toBe(0)
    breaker.entered(probe)
    expect(breaker.waitMs(now, 'a')).toBeGreaterThan(0)
    breaker.answered(late)
    breaker.left(late)
    expect(breaker.waitMs(now, 'a')).toBeGreaterThan(0)
    breaker.answered(probe)
    breaker.entered(late)
    expect(breaker.waitMs(now, 'a')).toBe(0)
  })

  it('the next one comes in when the first has left', ({ expect }) => {
    const breaker = new Breaker(STOP_MS)
    const now = open(breaker)
    for (const probe of [{}, {}]) {
      expect(breaker.waitMs(now, 'a')).toBe(0)
      breaker.entered(probe)
      expect(breaker.waitMs(now, 'a')).toBeGreaterThan(0)
      breaker.left(probe)
    }
  })

  it('it is none of a client that is refused by itself', ({ expect }) => {
    const breaker = new Breaker(STOP_MS)
    for (let i = 0; i < 6; i++) breaker.stopped(0, 'a')
    const now = open(breaker)
    expect([breaker.waitMs(now, 'a') > 0, breaker.waitMs(now, 'b')]).toEqual([true, 0])
  })

  it('a stop opens it again, for longer, answers or not', ({ expect }) => {
    const breaker = new Breaker(STOP_MS)
    const probe = {}
    let now = open(breaker)
    breaker.entered(probe)
    breaker.answered(probe)
    const { ms } = breaker.stopped(now)
    expect(ms).toBeGreaterThan(35 * COST_MS)
    now += ms
    expect([breaker.waitMs(now - 1, 'a'), breaker.waitMs(now, 'a')]).toEqual([1, 0])
  })

  it('a probe that is stopped is the probe no more', ({ expect }) => {
    const breaker = new Breaker(STOP_MS)
    const probe = {}
    const now = open(breaker)
    breaker.entered(probe)
    const { ms } = breaker.stopped(now)
    breaker.left(probe)
    expect(breaker.waitMs(now, 'a')).toBe(ms)
    expect(breaker.waitMs(now + ms, 'a')).toBe(0)
  })
})
