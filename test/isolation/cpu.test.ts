/**
 * Apps that do not stop, each beside a neighbour on the same shard that is asked for something all the time: the app
 * is stopped at its limit, the neighbour never sees an error, and the app's next request is answered.
 */
import { afterAll, beforeAll, describe, test } from 'vitest'

import type { Answer } from '../harness/http.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve, sleep, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const LIMIT_MS = 100
/** For making the instance, for the machine that runs the tests, and for the way to the client. */
const SLACK_MS = 3000

function codeOf(answer: Answer): string | undefined {
  return answer.json<{ error?: { code: string } }>().error?.code
}

describe('an app that does not stop', () => {
  let server: Served

  beforeAll(async () => {
    server = await serve([
      { name: 'hog', hostname: 'hog.test', path: fixture('cpu'), cpu_ms: LIMIT_MS },
      NEIGHBOUR,
    ])
  })

  afterAll(() => server.close())

  /** Whatever was done before, the app is asked again. */
  const recover = (): Promise<true> =>
    waitFor(async () => ((await server.send('hog.test', '/')).text === 'fine' ? true : undefined), 12_000)

  test.for(['/spin', '/regexp', '/microtasks', '/sort', '/turns?rounds=20000'])(
    '%s is stopped at its limit',
    async (path, { expect }) => {
      await recover()
      const neighbour = watchNeighbour(server)
      const start = performance.now()
      const answer = await server.send('hog.test', path)
      const elapsed = performance.now() - start
      await neighbour.stop()
      expect([answer.status, codeOf(answer)]).toEqual([503, 'APP_CPU_LIMIT'])
      if (!path.startsWith('/turns')) expect(elapsed).toBeLessThan(LIMIT_MS + SLACK_MS)
      await server.logged('[hog]', 'APP_CPU_LIMIT', `${LIMIT_MS} ms`)
      await recover()
    },
  )

  test.for(['/recurse', '/json'])(
    '%s ends in an error of its own or at the limit',
    async (path, { expect }) => {
      await recover()
      const neighbour = watchNeighbour(server)
      const start = performance.now()
      const answer = await server.send('hog.test', path)
      const elapsed = performance.now() - start
      await neighbour.stop()
      expect([500, 502, 503]).toContain(answer.status)
      expect(codeOf(answer)).toMatch(/^APP_/)
      expect(elapsed).toBeLessThan(LIMIT_MS + SLACK_MS)
      await recover()
    },
  )

  test('waiting is not working', async ({ expect }) => {
    await recover()
    expect((await server.send('hog.test', '/wait')).text).toBe('waited')
  })

  test('requests that were open with it get the same error', async ({ expect }) => {
    await recover()
    const waiting = server.send('hog.test', '/wait')
    await sleep(50)
    const answers = await Promise.all([waiting, server.send('hog.test', '/spin')])
    expect(answers.map(codeOf)).toEqual(['APP_CPU_LIMIT', 'APP_CPU_LIMIT'])
    await recover()
  })

  test('who does it again and again is refused at once for a while', async ({ expect }) => {
    await recover()
    const neighbour = watchNeighbour(server)
    for (let i = 0; i < 5; i++) await server.send('hog.test', '/spin')
    const refused = await Promise.all(Array.from({ length: 20 }, () => server.send('hog.test', '/')))
    expect(new Set(refused.map(codeOf))).toEqual(new Set(['APP_CPU_LIMIT']))
    await server.logged('[hog]', 'refused for')
    await neighbour.stop()
    await recover()
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
