/** Queues in bad hands: floods of messages, consumers that never end. */
import { test } from 'vitest'

import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import type { AppSpec, Served } from '../harness/serve.ts'

const TIME_MS = 60_000

function hostile(consumer: object, more: object = {}): AppSpec {
  const queues = {
    producers: [{ binding: 'QUEUE', queue: 'q' }],
    consumers: [{ queue: 'q', max_batch_timeout: 0, ...consumer }],
  }
  return { name: 'hostile', hostname: 'hostile.test', path: fixture('queues'), queues, ...more }
}

async function run(server: Served, ...steps: unknown[][]): Promise<unknown[]> {
  const { text } = await server.send('hostile.test', '/', { method: 'POST', body: JSON.stringify(steps) })
  return JSON.parse(text) as unknown[]
}

/** Once the queue holds so many. The app that is asked may just have been stopped. */
const holds = (server: Served, count: number): Promise<true> =>
  waitFor(async () => {
    const outcomes: unknown = await run(server, ['QUEUE', 'metrics'])
    const [backlog] = (Array.isArray(outcomes) ? outcomes : []) as { backlogCount?: number }[]
    return backlog?.backlogCount === count || undefined
  }, TIME_MS)

test(
  'a flood of messages ends at what a queue may hold, and touches no neighbour',
  { timeout: TIME_MS },
  async ({ expect }) => {
    const waits = { ...hostile({}), queues: { producers: [{ binding: 'QUEUE', queue: 'q' }] } }
    await using server = await serve([{ ...waits, queue_mb: 4, timeout_ms: TIME_MS }, NEIGHBOUR])
    await using neighbour = watchNeighbour(server)
    const batch = ['QUEUE', 'sendBatch', Array.from({ length: 100 }, () => ({ body: { repeat: 2000 } }))]
    const floods = Array.from({ length: 8 }, () => run(server, ...Array.from({ length: 50 }, () => batch)))
    const outcomes = (await Promise.all(floods)).flat()
    const refused = outcomes.filter((outcome) => (outcome as { code?: string }).code === 'STORAGE_LIMIT')
    // 210 KB each
    expect(outcomes.length - refused.length).toBe(Math.floor((4 * 2 ** 20) / (100 * 2102)))
    expect(refused.length).toBeGreaterThan(300)
    await neighbour.stop()
  },
)

test(
  'consumers that never end are ended, and touch no neighbour',
  { timeout: TIME_MS },
  async ({ expect }) => {
    const limits = { scheduled_timeout_ms: 500 }
    const consumer = { max_retries: 0, max_batch_size: 1, max_concurrency: 3 }
    await using server = await serve([hostile(consumer, limits), NEIGHBOUR])
    await using neighbour = watchNeighbour(server)
    await run(server, ...Array.from({ length: 9 }, () => ['QUEUE', 'send', { hangs: true }]))
    await holds(server, 0)
    expect(await server.logged('APP_TIMEOUT', 'queue q, 1 messages')).toBeTruthy()
    expect(await server.logged('queue q: 1 messages failed 1 times and are gone')).toBeTruthy()
    await neighbour.stop()
  },
)

test(
  'consumers that spin are stopped, wait for as long as the app is backed off, and touch no neighbour',
  { timeout: TIME_MS },
  async ({ expect }) => {
    const limits = { scheduled_turn_ms: 50 }
    const consumer = { max_retries: 1, max_batch_size: 1 }
    await using server = await serve([hostile(consumer, limits), NEIGHBOUR])
    await using neighbour = watchNeighbour(server)
    await run(server, ...Array.from({ length: 6 }, () => ['QUEUE', 'send', { spins: true }]))
    await holds(server, 0)
    expect(await server.logged('APP_CPU_LIMIT', 'queue q, 1 messages')).toBeTruthy()
    expect(await server.logged('queue q: 1 messages failed 2 times and are gone')).toBeTruthy()
    await neighbour.stop()
  },
)
