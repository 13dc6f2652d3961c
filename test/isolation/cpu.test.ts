/**
 * Apps that do not stop, each beside a neighbour on the same shard that is asked for something all the time: the app
 * is stopped at its limit, the neighbour never sees an error, and the app's next request is answered.
 */
import { afterAll, beforeAll, describe, test } from 'vitest'

import type { Answer } from '../harness/http.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve, sleep } from '../harness/serve.ts'
import type { AppSpec, Served } from '../harness/serve.ts'

const LIMIT_MS = 100
/** For making the instance, for the machine that runs the tests, and for the way to the client. */
const SLACK_MS = 3000

const STOPPED = ['/spin', '/regexp', '/microtasks', '/sort', '/turns?rounds=20000']
const BOUNDED = ['/recurse', '/json']

function codeOf(answer: Answer): string | undefined {
  return answer.json<{ error?: { code: string } }>().error?.code
}

describe('an app that does not stop', () => {
  let server: Served
  /** One app for each path: what one does is not held against the next. */
  const toHost = (path: string): string => `${path.slice(1).replace(/\W.*/, '')}.test`

  beforeAll(async () => {
    const apps = [...STOPPED, ...BOUNDED, '/wait', '/together'].map((path): AppSpec => ({
      name: toHost(path).replace('.test', ''),
      hostname: toHost(path),
      path: fixture('cpu'),
      cpu_ms: LIMIT_MS,
    }))
    server = await serve([...apps, NEIGHBOUR])
  })

  afterAll(() => server.close())

  test.for(STOPPED)('%s is stopped at its limit', async (path, { expect }) => {
    const host = toHost(path)
    await server.send(host, '/')
    const neighbour = watchNeighbour(server)
    const start = performance.now()
    const answer = await server.send(host, path)
    const elapsed = performance.now() - start
    await neighbour.stop()
    expect([answer.status, codeOf(answer)]).toEqual([503, 'APP_CPU_LIMIT'])
    if (!path.startsWith('/turns')) expect(elapsed).toBeLessThan(LIMIT_MS + SLACK_MS)
    await server.logged(`[${host.replace('.test', '')}]`, 'APP_CPU_LIMIT', `${LIMIT_MS} ms`)
    expect((await server.send(host, '/')).text).toBe('fine')
  })

  test.for(BOUNDED)('%s ends in an error of its own or at the limit', async (path, { expect }) => {
    const host = toHost(path)
    await server.send(host, '/')
    const neighbour = watchNeighbour(server)
    const start = performance.now()
    const answer = await server.send(host, path)
    const elapsed = performance.now() - start
    await neighbour.stop()
    expect([500, 502, 503]).toContain(answer.status)
    expect(codeOf(answer)).toMatch(/^APP_/)
    expect(elapsed).toBeLessThan(LIMIT_MS + SLACK_MS)
    expect((await server.send(host, '/')).text).toBe('fine')
  })

  test('waiting is not working', async ({ expect }) => {
    expect((await server.send('wait.test', '/wait')).text).toBe('waited')
  })

  test('requests that were open with it get the same error', async ({ expect }) => {
    const waiting = server.send('together.test', '/wait')
    await sleep(50)
    const answers = await Promise.all([waiting, server.send('together.test', '/spin')])
    expect(answers.map(codeOf)).toEqual(['APP_CPU_LIMIT', 'APP_CPU_LIMIT'])
  })
})

test('fifty stops in a row leave nothing behind', { timeout: 60_000 }, async ({ expect }) => {
  const apps = Array.from({ length: 25 }, (_, i) => ({
    name: `hog-${i}`,
    hostname: `hog-${i}.test`,
    path: fixture('cpu'),
    cpu_ms: LIMIT_MS,
  }))
  await using server = await serve([...apps, NEIGHBOUR])
  const neighbour = watchNeighbour(server)
  // two for each: a third would be refused for a while
  for (const { hostname } of [...apps, ...apps]) {
    const answer = await server.send(hostname, '/spin')
    expect(codeOf(answer)).toBe('APP_CPU_LIMIT')
  }
  await neighbour.stop()
  expect(await server.counters()).toMatchObject({ cpuStops: 50, backedOff: 0, liveInstances: 1 })
  for (const { hostname } of apps) expect((await server.send(hostname, '/')).text).toBe('fine')
})
