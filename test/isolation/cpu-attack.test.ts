/**
 * An app that is asked again and again for what never ends: whoever asks is refused for longer and longer, and all are
 * when there are many of them; the neighbours on the same shard keep their pace, and the app is back as soon as it
 * answers.
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

test('who asks for it is refused, told when to come back, and answered then; others are answered all the time', async ({
  expect,
}) => {
  await using server = await serve([toHog(50), NEIGHBOUR])
  await using neighbour = watchNeighbour(server)
  for (let i = 0; i < 3; i++) await server.send(HOST, '/spin')
  const refused = await Promise.all(Array.from({ length: 20 }, () => server.send(HOST, '/')))
  for (const answer of refused) {
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '2'])
    expect(answer.json()).toMatchObject({ error: { code: 'APP_BACKED_OFF' } })
  }
  const others = await Promise.all([2, 3, 4].map((i) => server.send(HOST, '/', { from: `127.0.0.${i}` })))
  expect(others.map(({ text }) => text)).toEqual(['fine', 'fine', 'fine'])
  expect(
    server.log.filter((entry) => entry.includes('requests of client 127.0.0.1 are refused')),
  ).toHaveLength(1)
  await waitFor(async () => ((await server.send(HOST, '/')).text === 'fine' ? true : undefined))
  const again = await Promise.all(Array.from({ length: 20 }, () => server.send(HOST, '/')))
  expect(again.map(({ text }) => text)).toEqual(again.map(() => 'fine'))
  await neighbour.stop()
})

test('when many clients ask for it all are refused, and one comes in first afterwards', async ({
  expect,
}) => {
  await using server = await serve([toHog(50), NEIGHBOUR])
  await using neighbour = watchNeighbour(server)
  const stops = 9
  for (let i = 0; i < stops; i++) await server.send(HOST, '/spin', { from: `127.0.0.${i + 2}` })
  const refused = await server.send(HOST, '/', { from: '127.0.0.99' })
  expect(refused.json()).toMatchObject({ error: { code: 'APP_BACKED_OFF' } })
  // one comes in, the others are told to wait for what becomes of it
  const probed = await waitFor(async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => server.send(HOST, '/wait')))
    return all.some(({ status }) => status === 200) ? all : undefined
  })
  expect(probed.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(probed.filter(({ status }) => status === 503)).toHaveLength(19)
  const again = await Promise.all(Array.from({ length: 20 }, () => server.send(HOST, '/')))
  expect(again.map(({ text }) => text)).toEqual(again.map(() => 'fine'))
  await neighbour.stop()
})
