/** Many tenants of one shard against a neighbour: all at the same moment, or all of the time. */
import { describe, test } from 'vitest'

import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import type { Peace } from '../harness/neighbour.ts'
import { fixture, serve, sleep } from '../harness/serve.ts'
import type { AppSpec, Served } from '../harness/serve.ts'

/** A machine that is doing other things as well. */
const SLACK_MS = 60

const toApps = (count: number, limits: Partial<AppSpec> = {}): AppSpec[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `app-${i}`,
    hostname: `app-${i}.test`,
    path: fixture('cpu'),
    ...limits,
  }))

const at = ({ times }: Peace, share: number): number => times[Math.floor((times.length - 1) * share)]!

async function calm(server: Served): Promise<Peace> {
  const neighbour = watchNeighbour(server)
  await sleep(1500)
  return neighbour.stop()
}

describe('at the same moment', () => {
  // the second time their instances are there, and have shown a short turn
  test.for([false, true])(
    'sixteen tenants that never end hold a neighbour up for one of them (warm: %s)',
    { retry: 1, timeout: 60_000 },
    async (isWarm, { expect }) => {
      const cpuMs = 150
      const apps = toApps(16, { cpu_ms: cpuMs })
      await using server = await serve([...apps, NEIGHBOUR])
      await calm(server)
      if (isWarm) for (const { hostname } of apps) await server.send(hostname!, '/')
      const neighbour = watchNeighbour(server)
      await sleep(200)
      const answers = await Promise.all(apps.map(({ hostname }) => server.send(hostname!, '/spin')))
      const peace = await neighbour.stop()
      console.log(`${apps.length} loops, the neighbour waited for ${at(peace, 1).toFixed(0)} ms at the most`)
      // each of them had its turn, or was told that there was no time for it
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]))
      expect(at(peace, 1)).toBeLessThan(1.5 * cpuMs + SLACK_MS)
    },
  )
})

test(
  'forty tenants with short turns all of the time leave a neighbour its pace',
  { retry: 1, timeout: 60_000 },
  async ({ expect }) => {
    const apps = toApps(40)
    await using server = await serve([...apps, NEIGHBOUR])
    for (const { hostname } of apps) await server.send(hostname!, '/burn?rounds=30000')
    const before = await calm(server)
    const state = { isOn: true, answers: 0 }
    const busy = apps.map(async ({ hostname }) => {
      while (state.isOn) {
        const { status } = await server.send(hostname!, '/burn?rounds=30000')
        if (status !== 200) throw new Error(`status ${status}`)
        state.answers++
      }
    })
    await sleep(500)
    const during = await calm(server)
    state.isOn = false
    await Promise.all(busy)
    const [first, second] = [before, during].map((peace) => at(peace, 0.99)) as [number, number]
    console.log(
      `p99 ${first.toFixed(1)} ms, beside ${apps.length} busy ones ${second.toFixed(1)} ms; ${state.answers} answers`,
    )
    expect(state.answers).toBeGreaterThan(200)
    expect(second).toBeLessThan(2 * first + SLACK_MS)
  },
)
