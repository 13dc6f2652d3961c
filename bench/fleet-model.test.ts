import { describe, test } from 'vitest'

import { BOUND, FleetModel } from './fleet-model.ts'
import type { FleetPlan } from './fleet-model.ts'
import { toPaper } from './scale-figures.ts'

const HOSTS = 10
const APPS = 5000
const LIVE = 100
const plan = (more: Partial<FleetPlan> = {}): FleetPlan => ({
  hosts: HOSTS,
  apps: APPS,
  live: LIVE,
  routing: 'hash',
  seed: 7,
  ...more,
})

function countBy(places: readonly number[]): number[] {
  const counts = Array.from({ length: HOSTS }, () => 0)
  for (const place of places) counts[place]!++
  return counts
}

describe('the model of a fleet', () => {
  test('every app has a home, and all homes together have all apps', ({ expect }) => {
    const counts = countBy(new FleetModel(plan()).places)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(APPS)
    for (const count of counts) expect(Math.abs(count - APPS / HOSTS)).toBeLessThan(APPS / HOSTS / 3)
  })

  test('of n hosts one that is gone moves its own apps, about 1/n of all, and none when it is back', ({
    expect,
  }) => {
    const fleet = new FleetModel(plan())
    const before = fleet.places
    const own = countBy(before)[3]!
    expect(fleet.lose([3])).toBe(own)
    const after = fleet.places
    expect(after).not.toContain(3)
    for (const [app, place] of before.entries()) if (place !== 3) expect(after[app]).toBe(place)
    expect(own / APPS).toBeCloseTo(1 / HOSTS, 1)
    expect(fleet.bring([3])).toBe(own)
    expect(fleet.places).toEqual(before)
  })

  test.for(['any', 'hash', 'bounded'] as const)(
    '%s: requests are all served, by hosts that are there, with no more live than fit',
    (routing, { expect }) => {
      const fleet = new FleetModel(plan({ routing }))
      fleet.lose([1, 2])
      const { requests, firsts, most, mean } = fleet.ask(20_000)
      expect(requests).toBe(20_000)
      expect(mean).toBe(20_000 / (HOSTS - 2))
      expect(most).toBeGreaterThanOrEqual(mean)
      expect(firsts).toBeGreaterThan(0)
      expect(firsts).toBeLessThan(requests)
      expect(fleet.live[1]).toBe(0)
      for (const live of fleet.live) expect(live).toBeLessThanOrEqual(LIVE)
    },
  )

  test('the same seed gives the same, another one something else', ({ expect }) => {
    const ask = (seed: number) => new FleetModel(plan({ routing: 'bounded', seed })).ask(10_000)
    expect(ask(1)).toEqual(ask(1))
    expect(ask(1)).not.toEqual(ask(2))
  })

  test('by name fewer requests begin an instance; the bound holds for the busiest host', ({ expect }) => {
    const ask = (routing: FleetPlan['routing']) => new FleetModel(plan({ routing })).ask(50_000)
    const any = ask('any')
    const hash = ask('hash')
    const bounded = ask('bounded')
    expect(hash.firsts).toBeLessThan(any.firsts / 2)
    // what overflows is live in two places
    expect(bounded.firsts).toBeLessThan(any.firsts * 0.6)
    expect(bounded.most).toBeLessThan(hash.most)
    expect(bounded.most / bounded.mean).toBeLessThan(BOUND * 1.05)
  })

  test('what is on paper adds up', ({ expect }) => {
    const [few, many] = [toPaper(10, 100_000), toPaper(1000, 1_000_000)]
    expect(many.stateBytes).toBe(10 * few.stateBytes)
    expect(many.readBytes).toBe(1000 * many.stateBytes)
    expect(few.ownImagesBytes * 10).toBe(few.imagesBytes)
    expect(many.live).toBeLessThan(few.live)
  })
})
