/**
 * An app that is asked again and again for what never ends: it is refused for longer and longer, its neighbours on the
 * same shard keep their pace, and it is back as soon as it answers.
 */
import { test } from 'vitest'

import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import type { Peace } from '../harness/neighbour.ts'
import { fixture, serve, sleep, waitFor } from '../harness/serve.ts'
import type { AppSpec, Served } from '../harness/serve.ts'

const HOST = 'hog.test'
const CLIENTS = 4
/** The two measures: before the attack, and while it goes on. */
const CALM_MS = 2000
const ATTACK_MS = 6000
/** A machine that is doing other things as well. */
const SLACK_MS = 20

function toHog(cpuMs: number): AppSpec {
  return { name: 'hog', hostname: HOST, path: fixture('cpu'), cpu_ms: cpuMs }
}

interface Attack {
  /** How often each code was the answer. */
  readonly codes: Map<string, number>
  stop(): Promise<void>
}

/** Clients that ask for `/spin`, and for something harmless now and then, until `stop`. */
function attack(server: Served): Attack {
  const codes = new Map<string, number>()
  const state = { isOn: true }
  const ask = async (): Promise<void> => {
    for (let i = 0; state.isOn; i++) {
      const answer = await server.send(HOST, i % 5 === 4 ? '/' : '/spin')
      const code = answer.status === 200 ? 'answered' : answer.json<{ error: { code: string } }>().error.code
      codes.set(code, (codes.get(code) ?? 0) + 1)
      await sleep(5)
    }
  }
  const over = Array.from({ length: CLIENTS }, ask)
  return {
    codes,
    stop: async () => {
      state.isOn = false
      await Promise.all(over)
    },
  }
}

async function measure(server: Served, ms: number): Promise<Peace> {
  const neighbour = watchNeighbour(server)
  await sleep(ms)
  return neighbour.stop()
}

function p99({ times }: Peace): number {
  return times[Math.floor(times.length * 0.99)]!
}

// both measures are of a machine that others use as well: once more when it looks bad
test('the neighbours keep their pace under a sustained attack', { retry: 1 }, async ({ expect }) => {
  await using server = await serve([toHog(50), NEIGHBOUR])
  await server.send('neighbour.test', '/note?who=neighbour')
  const calm = await measure(server, CALM_MS)
  const attackers = attack(server)
  await waitFor(() => attackers.codes.has('APP_BACKED_OFF'))
  const attacked = await measure(server, ATTACK_MS)
  await attackers.stop()
  console.log(`neighbour's p99: ${p99(calm).toFixed(1)} ms, under attack ${p99(attacked).toFixed(1)} ms`)
  expect(p99(attacked)).toBeLessThanOrEqual(2 * p99(calm) + SLACK_MS)
  const { cpuStops, backedOff } = await server.counters()
  expect(backedOff).toBe(attackers.codes.get('APP_BACKED_OFF'))
  expect(backedOff).toBeGreaterThan(100)
  // three before it knew, and then at 1.2, 3.6 and 8.4 s
  expect(cpuStops).toBeLessThanOrEqual(6)
  // one line for each time that it was backed off, none for each refusal
  const lines = server.log.filter((entry) => entry.includes('stopped too often'))
  expect(lines).toHaveLength(cpuStops - 2)
  expect(server.log.filter((entry) => entry.includes('APP_BACKED_OFF'))).toEqual([])
})

test('who is refused is told when to come back, and is answered then', async ({ expect }) => {
  await using server = await serve([toHog(50), NEIGHBOUR])
  await using neighbour = watchNeighbour(server)
  for (let i = 0; i < 3; i++) await server.send(HOST, '/spin')
  const refused = await Promise.all(Array.from({ length: 20 }, () => server.send(HOST, '/')))
  for (const answer of refused) {
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '2'])
    expect(answer.json()).toMatchObject({ error: { code: 'APP_BACKED_OFF' } })
  }
  await sleep(1500)
  // one comes in first, the others are told to wait for what becomes of it
  const probed = await Promise.all(Array.from({ length: 20 }, () => server.send(HOST, '/wait')))
  expect(probed.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(probed.filter(({ status }) => status === 503)).toHaveLength(19)
  const again = await Promise.all(Array.from({ length: 20 }, () => server.send(HOST, '/')))
  expect(again.map(({ text }) => text)).toEqual(again.map(() => 'fine'))
  await neighbour.stop()
})
