/** When a tenant is refused, for how long, and who comes in first afterwards. */
import { assert, array, integer, property } from 'fast-check'
import { describe, it } from 'vitest'
import { Breaker } from './breaker.ts'

/** With a new instance, a stop costs 200 ms. */
const STOP_MS = 190
const COST_MS = 200

/** A breaker after so many stops at 0. */
function stop(times: number): Breaker {
  const breaker = new Breaker(STOP_MS)
  for (let i = 0; i < times; i++) breaker.stopped(0)
  return breaker
}

describe('stops', () => {
  it('open it when a third one comes soon', ({ expect }) => {
    const breaker = new Breaker(STOP_MS)
    expect([0, 500].map((now) => breaker.stopped(now))).toEqual([0, 0])
    expect(breaker.waitMs(500)).toBe(0)
    const ms = breaker.stopped(1000)
    expect([ms > 19 * COST_MS, ms <= 20 * COST_MS]).toEqual([true, true])
    expect(breaker.waitMs(1000)).toBe(ms)
    expect(breaker.waitMs(1000 + ms - 1)).toBe(1)
    expect(breaker.waitMs(1000 + ms)).toBe(0)
  })

  it('are forgotten one by one', ({ expect }) => {
    const breaker = stop(2)
    const moments = [1, 2, 3, 4, 5].map((i) => i * 250 * COST_MS)
    expect(moments.map((now) => breaker.stopped(now))).toEqual([0, 0, 0, 0, 0])
  })

  it('double the wait, up to 250 times what a stop costs', ({ expect }) => {
    const breaker = stop(2)
    let now = 0
    const waits = Array.from({ length: 9 }, () => {
      const ms = breaker.stopped(now)
      now += ms
      return ms / COST_MS
    })
    for (const [i, wait] of waits.slice(1).entries()) {
      expect(wait).toBeGreaterThanOrEqual(waits[i]!)
      expect(wait).toBeLessThanOrEqual(2 * waits[i]!)
    }
    expect(waits[0]).toBe(20)
    expect(waits.at(-1)).toBeGreaterThan(245)
    expect(waits.at(-1)).toBeLessThanOrEqual(250)
  })

  it('weigh less when the guest ran for less', ({ expect }) => {
    const breaker = new Breaker(STOP_MS)
    const waits = Array.from({ length: 80 }, () => breaker.stopped(0, 0))
    // some twenty traps for each stop
    expect(waits.findIndex((ms) => ms > 0)).toBeGreaterThan(37)
    expect(breaker.stopped(0, 10 * STOP_MS)).toBeLessThan(250 * COST_MS + 1)
  })

  it('never cost an app more than a minute', ({ expect }) => {
    const breaker = new Breaker(10_000)
    expect([0, 0, 0, 0].map((now) => breaker.stopped(now))).toEqual([0, 0, 60_000, 60_000])
  })

  it('take less than a hundredth of the time, whatever their rhythm and the answers between', ({
    expect,
  }) => {
    const pauses = array(integer({ min: 0, max: 60_000 }), { minLength: 60, maxLength: 60 })
    assert(
      property(pauses, (all) => {
        const breaker = new Breaker(STOP_MS)
        let now = 0
        for (const pause of all) {
          now += Math.max(pause, breaker.waitMs(now))
          const request = {}
          breaker.entered(request)
          breaker.answered(request)
          now += STOP_MS
          breaker.stopped(now)
        }
        // the first few come before it knows
        expect(((all.length - 6) * COST_MS) / now).toBeLessThan(0.01)
      }),
    )
  })
})

describe('after a back-off', () => {
  it('one request comes in, and the rest when it was answered', ({ expect }) => {
    const breaker = stop(3)
    const [early, probe, late] = [{}, {}, {}]
    breaker.answered(early)
    const now = 20 * COST_MS
    expect(breaker.waitMs(now)).toBe(0)
    breaker.entered(probe)
    expect(breaker.waitMs(now)).toBeGreaterThan(0)
    breaker.answered(late)
    breaker.left(late)
    expect(breaker.waitMs(now)).toBeGreaterThan(0)
    breaker.answered(probe)
    breaker.entered(late)
    expect(breaker.waitMs(now)).toBe(0)
  })

  it('the next one comes in when the first has left', ({ expect }) => {
    const breaker = stop(3)
    const now = 20 * COST_MS
    for (const probe of [{}, {}]) {
      expect(breaker.waitMs(now)).toBe(0)
      breaker.entered(probe)
      expect(breaker.waitMs(now)).toBeGreaterThan(0)
      breaker.left(probe)
    }
  })

  it('a stop opens it again, for longer, answers or not', ({ expect }) => {
    const breaker = stop(3)
    const probe = {}
    let now = 20 * COST_MS
    breaker.entered(probe)
    breaker.answered(probe)
    const ms = breaker.stopped(now)
    expect(ms).toBeGreaterThan(35 * COST_MS)
    now += ms
    expect([breaker.waitMs(now - 1), breaker.waitMs(now)]).toEqual([1, 0])
  })

  it('a probe that is stopped is the probe no more', ({ expect }) => {
    const breaker = stop(3)
    const probe = {}
    breaker.entered(probe)
    const now = 20 * COST_MS
    const ms = breaker.stopped(now)
    breaker.left(probe)
    expect(breaker.waitMs(now)).toBe(ms)
    expect(breaker.waitMs(now + ms)).toBe(0)
  })
})
