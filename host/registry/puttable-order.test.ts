/** Host names that are handed over, against a model in which a name has one holder. */

import * as fc from 'fast-check'
import { test } from 'vitest'

import type { AppConfig } from '../config/config.ts'
import { DEFAULT_LIMITS } from '../config/limits.ts'
import { toPuttableOrder } from './puttable-order.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f']

const toApp = (name: string, hostname: string): AppConfig => ({
  name,
  hostname,
  path: '',
  env: {},
  limits: DEFAULT_LIMITS,
})

test('each app finds its host name free, and none is displaced without need', ({ expect }) => {
  const hosts = fc.shuffledSubarray(['u', 'v', 'w', 'x', 'y', 'z'], { minLength: 6 })
  fc.assert(
    fc.property(hosts, hosts, fc.nat(6), (before, after, known) => {
      const held = new Map(NAMES.slice(0, known).map((name, at) => [name, before[at]!]))
      const holders = new Map([...held].map(([name, host]) => [host, name]))
      const steps = toPuttableOrder(
        NAMES.map((name, at) => toApp(name, after[at]!)),
        (name) => held.get(name),
      )
      expect(steps.map(({ app }) => app.name).sort()).toEqual(NAMES)
      for (const { app, displaces } of steps) {
        const holder = holders.get(app.hostname)
        // who is displaced has the name, and nobody else is
        expect(displaces).toBe(holder === app.name ? undefined : holder)
        if (displaces !== undefined) holders.delete(app.hostname)
        for (const [host, name] of holders) if (name === app.name) holders.delete(host)
        holders.set(app.hostname, app.name)
      }
      // a ring needs one displaced app, a chain none
      const rings = countRings(held, new Map(NAMES.map((name, at) => [name, after[at]!])))
      expect(steps.filter(({ displaces }) => displaces !== undefined)).toHaveLength(rings)
    }),
  )
})

/** Rings of apps each of which takes the next one's host name. */
function countRings(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): number {
  const holders = new Map([...before].map(([name, host]) => [host, name]))
  const next = (name: string): string | undefined => holders.get(after.get(name)!)
  const seen = new Set<string>()
  let rings = 0
  for (const first of after.keys()) {
    const way = new Set<string>()
    let name: string | undefined = first
    while (name !== undefined && !way.has(name) && !seen.has(name)) {
      way.add(name)
      name = next(name)
    }
    if (name !== undefined && way.has(name) && next(name) !== name) rings++
    for (const each of way) seen.add(each)
  }
  return rings
}
