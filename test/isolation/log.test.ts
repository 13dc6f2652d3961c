/** Apps that write more than anybody reads, or write what is meant for somebody's terminal. */

import { afterAll, beforeAll, describe, test } from 'vitest'

import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

describe('a log', () => {
  let server: Served
  beforeAll(async () => {
    const noisy = { name: 'noisy', hostname: 'noisy.test', path: fixture('noisy') }
    const faulty = { name: 'faulty', hostname: 'faulty.test', path: fixture('faults') }
    server = await serve([NEIGHBOUR, noisy, faulty])
  })
  afterAll(() => server.close())

  const sizeOf = (name: string) => {
    const entries = server.log.filter((entry) => entry.includes(`[${name}`))
    return { entries: entries.length, bytes: entries.reduce((sum, entry) => sum + entry.length, 0) }
  }

  test('that an app floods with long lines gets so many bytes a second, and says what it dropped', async ({
    expect,
  }) => {
    await using neighbour = watchNeighbour(server)
    const started = performance.now()
    for (let i = 0; i < 40; i++) {
      const answer = await server.send('noisy.test', '/?lines=100')
      expect(answer.text).toBe('said')
    }
    // it is said in a later second
    await waitFor(async () => {
      await server.send('noisy.test', '/?lines=1')
      return server.log.find((entry) => entry.includes('[noisy') && entry.includes('were dropped'))
    })
    const seconds = Math.ceil((performance.now() - started) / 1000) + 1
    const { bytes } = sizeOf('noisy')
    expect(bytes).toBeGreaterThan(100_000)
    expect(bytes).toBeLessThan(seconds * 300 * 1024)
    expect((await neighbour.stop()).answers).toBeGreaterThan(20)
  })

  test('that clients flood with requests that fail is bounded as well, and none is left uncounted', async ({
    expect,
  }) => {
    await using neighbour = watchNeighbour(server)
    const started = performance.now()
    for (let i = 0; i < 30; i++) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => server.send('faulty.test', '/throw-deep')),
      )
      expect(answers.every(({ status }) => status === 500)).toBe(true)
    }
    const seconds = Math.ceil((performance.now() - started) / 1000) + 1
    expect(sizeOf('faulty').bytes).toBeLessThan(seconds * 400 * 1024)
    const { failures } = (await server.tenants()).find(({ name }) => name === 'faulty')!
    expect(failures).toEqual([['APP_THREW', 1500]])
    await neighbour.stop()
  })
})
