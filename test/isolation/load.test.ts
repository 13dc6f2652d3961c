/**
 * Apps that are simply slow, and more clients than they have time for: what can be answered is, the others are told so,
 * and nobody is treated as an attacker.
 */
import { test } from 'vitest'

import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve } from '../harness/serve.ts'
import type { AppSpec, Served } from '../harness/serve.ts'

const HOST = 'app.test'

function toApp(limits: Partial<AppSpec>): AppSpec {
  return { name: 'app', hostname: HOST, path: fixture('sources'), cpu_ms: 200, ...limits }
}

/** What many clients got, one request after the other each, until so many milliseconds were over. */
async function load(server: Served, path: string, clients: number, ms: number): Promise<Map<string, number>> {
  const end = performance.now() + ms
  const got = new Map<string, number>()
  const ask = async (): Promise<void> => {
    while (performance.now() < end) {
      const answer = await server.send(HOST, path)
      const code = answer.status === 200 ? 'fine' : answer.json<{ error: { code: string } }>().error.code
      const retry = answer.headers['retry-after'] === undefined ? '' : ' later'
      got.set(code + retry, (got.get(code + retry) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: clients }, ask))
  return got
}

test(
  'a slow page under load is answered as often as there is time for',
  { timeout: 60_000 },
  async ({ expect }) => {
    await using server = await serve([toApp({ timeout_ms: 2000 }), NEIGHBOUR])
    await using neighbour = watchNeighbour(server)
    const path = '/burn?rounds=300000'
    await server.send(HOST, path)
    const few = await load(server, path, 2, 2000)
    const many = await load(server, path, 100, 4000)
    await neighbour.stop()
    console.log('2 clients', Object.fromEntries(few), '100 clients', Object.fromEntries(many))
    expect([...few.keys()]).toEqual(['fine'])
    // nothing but answers and the word to come later
    expect([...many.keys()].sort()).toEqual(['APP_BUSY later', 'fine'])
    expect(many.get('fine')! / 4).toBeGreaterThan((few.get('fine')! / 2) * 0.5)
    expect(await server.counters()).toMatchObject({ traps: 0, backedOff: 0, cpuStops: 0 })
  },
)

test('a request that never ends does not end those beside it', async ({ expect }) => {
  await using server = await serve([toApp({}), NEIGHBOUR])
  await using neighbour = watchNeighbour(server)
  // the app is known for short turns, so that requests share one
  for (let i = 0; i < 100; i++) await server.send(HOST, '/')
  for (let round = 0; round < 3; round++) {
    const from = `127.0.0.${round + 2}`
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        i === 7 ? server.send(HOST, '/spin', { from }) : server.send(HOST, '/'),
      ),
    )
    const codes = answers.map(({ status, text }) => (status === 200 ? text : text.slice(0, 40)))
    const spin = codes.splice(7, 1)
    expect(spin[0]).toContain('APP_CPU_LIMIT')
    expect(codes).toEqual(codes.map(() => 'fine'))
  }
  await neighbour.stop()
})
