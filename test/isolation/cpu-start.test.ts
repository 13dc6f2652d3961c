/** An app that runs for ever in the very first turn of its instance, before any handler of it is called. */
import { test } from 'vitest'

import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve } from '../harness/serve.ts'

test('an app that never comes to its first request holds up neither the start nor its neighbour', async ({
  expect,
}) => {
  const hogs = ['one', 'two'].map((name) => ({
    name,
    hostname: `${name}.test`,
    path: fixture('endless-start'),
    cpu_ms: 100,
  }))
  const start = performance.now()
  await using server = await serve([...hogs, NEIGHBOUR])
  // a second for each to warm up the engine, and the time of any start
  expect(performance.now() - start).toBeLessThan(25_000)
  const neighbour = watchNeighbour(server)
  for (const { hostname } of hogs) {
    const answer = await server.send(hostname, '/')
    expect(answer.status).toBe(503)
    expect(answer.json()).toMatchObject({ error: { code: 'APP_CPU_LIMIT' } })
  }
  await neighbour.stop()
})
