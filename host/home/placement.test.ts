/** The states of an app on a shard, by a model that remembers everything, and by what must hold of any course of events. */

import { describe, it } from 'vitest'

import { HAND_OVER_MS, Placement, SPREAD_MS, toWorth } from './placement.ts'

const LOOK_MS = 1000

const stateOf = ({ state }: Placement) => state

/** A source of chance that can be had again. */
function toChance(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** The same by its definition: what there was, millisecond by millisecond. */
class Model {
  state: 'home' | 'away' | 'spread' = 'away'
  level = 0
  now = 0

  pass(ms: number): void {
    this.now += ms
    for (let i = 0; i < ms; i++) this.level = Math.max(0, this.level - 0.02)
  }

  moved(isHome: boolean): void {
    if (isHome) this.state = 'home'
    else if (this.state === 'home') this.enter(SPREAD_MS)
  }

  handedOver(worth: number): void {
    if (this.state !== 'away') return
    this.add(worth)
    if (this.level >= SPREAD_MS) this.state = 'spread'
  }

  tookOver(): void {
    if (this.state === 'away') this.enter(HAND_OVER_MS)
  }

  look(worth: number): void {
    if (this.state !== 'spread') return
    this.add(worth)
    if (this.level === 0) this.state = 'away'
  }

  add(worth: number): void {
    this.level = Math.min(600, this.level + worth)
  }

  enter(level: number): void {
    this.state = 'spread'
    this.level = level
  }
}

describe('a placement', () => {
  it('is what the model says, whatever comes in whatever order', ({ expect }) => {
    for (let seed = 1; seed <= 300; seed++) {
      const chance = toChance(seed)
      const placement = new Placement()
      const model = new Model()
      for (let i = 0; i < 120; i++) {
        model.pass(Math.floor(chance() ** 4 * 4000))
        const dice = Math.floor(chance() * 12)
        const worth = toWorth(1 + Math.floor(chance() * 20), chance() * 30)
        if (dice === 0) {
          const isHome = chance() < 0.5
          placement.moved(isHome, model.now)
          model.moved(isHome)
        } else if (dice === 1) {
          placement.tookOver(model.now)
          model.tookOver()
        } else if (dice < 5) {
          const used = chance() < 0.5 ? 0 : worth
          placement.look(used, model.now)
          model.look(used)
        } else {
          placement.handedOver(worth, model.now)
          model.handedOver(worth)
        }
        expect(placement.state, `seed ${seed}, step ${i}`).toBe(model.state)
      }
    }
  })

  /** So many requests a second, each so long, for so many seconds; gives when it spread, if it did. */
  function load(placement: Placement, each: { from: number; seconds: number; rate: number; cpuMs: number }) {
    const { from, seconds, rate, cpuMs } = each
    for (let second = 0; second < seconds; second++) {
      const now = from + second * LOOK_MS
      if (placement.state === 'spread') placement.look(toWorth(rate, rate * cpuMs), now)
      for (let i = 0; i < rate && stateOf(placement) === 'away'; i++) {
        const at = now + (i * LOOK_MS) / rate
        placement.handedOver(toWorth(1, cpuMs), at)
        if (stateOf(placement) === 'spread') return at - from
      }
    }
    return undefined
  }

  it.for([
    { rate: 100, cpuMs: 0.1 },
    { rate: 3, cpuMs: 5 },
    // a slow page once a second, however slow it is
    { rate: 1, cpuMs: 5000 },
  ])('with little load stays away for an hour: %o', ({ rate, cpuMs }, { expect }) => {
    const placement = new Placement()
    expect(load(placement, { from: 0, seconds: 3600, rate, cpuMs })).toBeUndefined()
  })

  it.for([
    { rate: 10_000, cpuMs: 0.04, withinMs: 100 },
    { rate: 500, cpuMs: 0.1, withinMs: 1500 },
    { rate: 20, cpuMs: 50, withinMs: 1000 },
  ])('with much of it spreads soon, and stays so: %o', ({ rate, cpuMs, withinMs }, { expect }) => {
    const placement = new Placement()
    expect(load(placement, { from: 0, seconds: 10, rate, cpuMs })).toBeLessThan(withinMs)
    load(placement, { from: 2000, seconds: 600, rate, cpuMs })
    expect(placement.state).toBe('spread')
    // half a minute without any ends it
    load(placement, { from: 602_000, seconds: 29, rate: 0, cpuMs })
    expect(placement.state).toBe('spread')
    load(placement, { from: 631_000, seconds: 3, rate: 0, cpuMs })
    expect(placement.state).toBe('away')
  })

  it('keeps what lives here for seconds when the home is elsewhere, and for as long as it has load', ({
    expect,
  }) => {
    for (const rate of [0, 1000]) {
      const placement = new Placement()
      placement.moved(true, 0)
      placement.moved(false, 1000)
      expect(placement.state).toBe('spread')
      load(placement, { from: 2000, seconds: 60, rate, cpuMs: 0.1 })
      expect(placement.state).toBe(rate === 0 ? 'away' : 'spread')
    }
  })
})
