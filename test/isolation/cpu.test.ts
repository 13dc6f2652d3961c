/**
 * Apps that do not stop, each beside a neighbour on the same shard that is asked for something all the time: the app
 * is stopped at its limit, the neighbour never sees an error, and the app's next request is answered.
 */
import type { Worker } from 'node:worker_threads'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { codeOf } from '../harness/http.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve, sleep } from '../harness/serve.ts'
import type { AppSpec, Served } from '../harness/serve.ts'

const LIMIT_MS = 100
/** For making the instance, for the machine that runs the tests, and for the way to the client. */
const SLACK_MS = 3000

const STOPPED = ['/spin', '/regexp', '/microtasks', '/sort', '/fill', '/turns?rounds=20000']
const BOUNDED = ['/recurse', '/json']

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

  /** Ask for it beside the neighbour; the instance is there already. */
  async function attack(host: string, path: string) {
    await server.send(host, '/')
    const neighbour = watchNeighbour(server)
    const start = performance.now()
    const answer = await server.send(host, path)
    const elapsed = performance.now() - start
    await neighbour.stop()
    return { answer, elapsed }
  }

  test.for(STOPPED)('%s is stopped at its limit', async (path, { expect }) => {
    const host = toHost(path)
    const { answer, elapsed } = await attack(host, path)
    expect([answer.status, codeOf(answer)]).toEqual([503, 'APP_CPU_LIMIT'])
    if (!path.startsWith('/turns')) expect(elapsed).toBeLessThan(LIMIT_MS + SLACK_MS)
    await server.logged(`[${host.replace('.test', '')}`, 'APP_CPU_LIMIT', `${LIMIT_MS} ms`)
    expect((await server.send(host, '/')).text).toBe('fine')
  })

  test.for(BOUNDED)('%s ends in an error of its own or at the limit', async (path, { expect }) => {
    const host = toHost(path)
    const { answer, elapsed } = await attack(host, path)
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

test('two hundred stops in a row leave nothing behind', { timeout: 60_000 }, async ({ expect }) => {
  const apps = Array.from({ length: 100 }, (_, i) => ({
    name: `hog-${i}`,
    hostname: `hog-${i}.test`,
    path: fixture('cpu'),
    cpu_ms: 20,
  }))
  await using server = await serve([...apps, NEIGHBOUR])
  const neighbour = watchNeighbour(server)
  const bytes: number[] = []
  // two for each: a third would be refused for a while
  for (const { hostname } of [...apps, ...apps]) {
    expect(codeOf(await server.send(hostname, '/spin'))).toBe('APP_CPU_LIMIT')
    bytes.push(process.memoryUsage.rss())
  }
  await neighbour.stop()
  expect(await server.counters()).toMatchObject({ cpuStops: 200, backedOff: 0, liveInstances: 1 })
  // an instance's memory is some 10 MiB; those that are dead wait for the collector
  expect(bytes.at(-1)! - bytes[50]!).toBeLessThan(200 * 1024 * 1024)
  for (const { hostname } of apps.slice(0, 5)) expect((await server.send(hostname, '/')).text).toBe('fine')
})

test('a guest is stopped also after the thread that keeps the time has died', async ({ expect }) => {
  const tickers: Worker[] = []
  const onWorker = (thread: Worker): void => {
    if (thread.threadName === 'ticker') tickers.push(thread)
  }
  process.on('worker', onWorker)
  await using server = await serve([
    { name: 'hog', hostname: 'hog.test', path: fixture('cpu'), cpu_ms: LIMIT_MS },
    NEIGHBOUR,
  ])
  const neighbour = watchNeighbour(server)
  await tickers[0]!.terminate()
  const answer = await server.send('hog.test', '/spin')
  process.off('worker', onWorker)
  expect([answer.status, codeOf(answer)]).toEqual([503, 'APP_CPU_LIMIT'])
  await server.logged('the ticker died and is started again')
  expect(tickers).toHaveLength(2)
  await neighbour.stop()
})
