/** Queues, as an app sees them: what it sends, and what it is given. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { fixture, serve, waitFor } from '../harness/serve.ts'
import type { AppSpec, Served } from '../harness/serve.ts'
import { nameWithHome } from '../harness/shard-client.ts'

interface Given {
  readonly queue: string
  readonly messages: readonly {
    readonly id: string
    readonly sent: number
    readonly body: unknown
    readonly attempts: number
  }[]
  readonly metadata: object
  readonly at: number
}

const directory = mkdtempSync(join(tmpdir(), 'nano-queues-'))
const path = fixture('queues')
let server: Served

/** An app with queues of its own; each gets its messages at once. */
function app(name: string, consumers: object[] = [{}], more: object = {}): AppSpec {
  return {
    name,
    hostname: name,
    path,
    queues: {
      producers: [{ binding: 'QUEUE', queue: 'q' }],
      consumers: consumers.map((each) => ({ queue: 'q', max_batch_timeout: 0, ...each })),
    },
    ...more,
  }
}

const apps: AppSpec[] = [
  app('types'),
  app('batches', [{ max_batch_size: 3, max_batch_timeout: 60 }]),
  app('waits', [{ max_batch_timeout: 1 }]),
  app('fails', [{ max_retries: 1, max_batch_size: 1 }]),
  app('acks', [{ max_batch_size: 100, max_batch_timeout: 1, retry_delay: 60 }]),
  app('retries', [{ retry_delay: 60, max_batch_size: 1 }]),
  app('busy', [{ max_concurrency: 2, max_batch_size: 1 }]),
  app('waiting', []),
  {
    ...app('dead', [{ max_retries: 1, dead_letter_queue: 'dlq' }, { queue: 'dlq' }]),
  },
  {
    ...app('delayed'),
    queues: {
      producers: [{ binding: 'QUEUE', queue: 'q', delivery_delay: 1 }],
      consumers: [{ queue: 'q', max_batch_timeout: 0 }],
    },
  },
  {
    name: 'sender',
    hostname: 'sender',
    path,
    queues: {
      producers: [
        { binding: 'QUEUE', queue: 'both', shared: true },
        { binding: 'OWN', queue: 'q' },
      ],
    },
  },
  {
    name: 'taker',
    hostname: 'taker',
    path,
    queues: {
      consumers: [
        { queue: 'both', shared: true, max_batch_timeout: 0 },
        { queue: 'q', max_batch_timeout: 0 },
      ],
    },
  },
  app(nameWithHome('home', 1, 2)),
  app('small', [], { queue_mb: 1 }),
  app('watched', []),
  app('paused'),
]

beforeAll(async () => {
  server = await serve(apps, 2, { storageDirectory: directory, admin: { port: 0 } })
})

afterAll(async () => {
  await server.close()
  rmSync(directory, { recursive: true, force: true })
})

/** What comes of some steps (test/fixtures/queues.ts). */
async function run(host: string, ...steps: unknown[][]): Promise<unknown[]> {
  const { text } = await server.send(host, '/', { method: 'POST', body: JSON.stringify(steps) })
  return JSON.parse(text) as unknown[]
}
const send = (host: string, ...bodies: unknown[]): Promise<unknown[]> =>
  run(host, ...bodies.map((body) => ['QUEUE', 'send', body]))

async function seen(host: string): Promise<{ given: readonly Given[]; mostRunning: number }> {
  return (await server.send(host, '/')).json<{ given: readonly Given[]; mostRunning: number }>()
}
/** The batches, once there are so many. */
const given = (host: string, least: number): Promise<readonly Given[]> =>
  waitFor(async () => {
    const batches = (await seen(host)).given
    return batches.length >= least ? batches : undefined
  }, 20_000)
const bodies = (batches: readonly Given[]): unknown[] =>
  batches.flatMap(({ messages }) => messages.map(({ body }) => body))

/** What a queue holds. */
const backlog = async (host: string): Promise<unknown> => (await run(host, ['QUEUE', 'metrics']))[0]
const empty = (host: string): Promise<true> =>
  waitFor(
    async () => ((await backlog(host)) as { backlogCount: number }).backlogCount === 0 || undefined,
    20_000,
  )

describe('what is sent', () => {
  test('comes as what it was, by its type', async ({ expect }) => {
    const before = Date.now()
    const sent = await run(
      'types',
      ['QUEUE', 'send', { a: [1, null] }],
      ['QUEUE', 'send', 'text', { contentType: 'text' }],
      ['QUEUE', 'send', { bytes: [0, 255] }, { contentType: 'bytes' }],
      ['QUEUE', 'send', { map: [['a', 1]] }, { contentType: 'v8' }],
      ['QUEUE', 'sendBatch', [{ body: null }, { body: 'é', contentType: 'text' }]],
    )
    const metrics = { backlogCount: expect.any(Number) as number, backlogBytes: expect.any(Number) as number }
    expect(sent).toEqual(
      sent.map(() => ({ metadata: { metrics: expect.objectContaining(metrics) as object } })),
    )
    const batches = await waitFor(async () => {
      const all = (await seen('types')).given
      return bodies(all).length === 6 ? all : undefined
    })
    expect(bodies(batches)).toEqual([
      { a: [1, null] },
      'text',
      { bytes: [0, 255] },
      { map: [['a', 1]] },
      null,
      'é',
    ])
    const [first] = batches
    expect(first).toMatchObject({
      queue: 'q',
      metadata: { metrics: { backlogCount: expect.any(Number) as number } },
    })
    const [message] = first!.messages
    expect(message).toMatchObject({ attempts: 1, id: expect.stringMatching(/^[0-9a-f]{32}$/) as string })
    expect(message!.sent).toBeGreaterThanOrEqual(before - 1000)
    await empty('types')
  })

  test.for([
    [['send', { nothing: 1 }], 'TypeError: Message body cannot be undefined'],
    [
      ['send', 5, { contentType: 'text' }],
      'TypeError: Content Type "text" requires a value of type string, but received: number',
    ],
    [
      ['send', { buffer: 2 }, { contentType: 'bytes' }],
      'TypeError: Content Type "bytes" requires a value of type ArrayBufferView, but received: object',
    ],
    [['send', 1, { contentType: 'xml' }], 'TypeError: Unsupported queue message content type: xml'],
    [['sendBatch', []], 'TypeError: sendBatch() requires at least one message'],
    [
      ['sendBatch', 5],
      "TypeError: Failed to execute 'sendBatch' on 'WorkerQueue': parameter 1 is not of type 'Sequence'.",
    ],
    [
      ['send', 1, { delaySeconds: -1 }],
      'Error: Queue send failed: delaySeconds of -1 is invalid: expected a whole number from 0 to 86400',
    ],
    [
      ['send', 1, { delaySeconds: 86_401 }],
      'Error: Queue send failed: delaySeconds of 86401 is invalid: expected a whole number from 0 to 86400',
    ],
    [
      ['send', { repeat: 128_001 }, { contentType: 'text' }],
      'Error: Queue send failed: message length of 128001 bytes exceeds limit of 128000',
    ],
    [
      ['sendBatch', Array.from({ length: 101 }, () => ({ body: 1 }))],
      'Error: Queue send failed: batch message count of 101 exceeds limit of 100',
    ],
    [
      ['sendBatch', Array.from({ length: 3 }, () => ({ body: { repeat: 100_000 } }))],
      'Error: Queue send failed: batch size of 300006 bytes exceeds limit of 256000',
    ],
  ] as const)('is refused when it cannot be: %j', async ([step, error], { expect }) => {
    expect(await run('waiting', ['QUEUE', ...step])).toMatchObject([{ error }])
  })

  test('stays where nobody is given it, and counts', async ({ expect }) => {
    await send('waiting', 'a', 'b')
    expect(await backlog('waiting')).toEqual({
      backlogCount: 2,
      backlogBytes: 206,
      oldestMessageTimestamp: expect.any(String) as string,
    })
    const metrics = await (await fetch(`${server.adminUrl}/metrics`)).text()
    expect(metrics).toContain('nano_queue_messages{tenant="waiting",queue="q"} 2')
    const listed: unknown = await (await fetch(`${server.adminUrl}/admin/apps/waiting/queues`)).json()
    expect(listed).toMatchObject({ queues: [{ queue: 'q', messages: 2, bytes: 206, paused: false }] })
  })

  test('is refused when the queue has no room', async ({ expect }) => {
    const large = ['QUEUE', 'send', { repeat: 128_000 }, { contentType: 'text' }]
    const outcomes = await run('small', ...Array.from({ length: 9 }, () => large))
    expect(outcomes.at(-1)).toMatchObject({
      code: 'STORAGE_LIMIT',
      error: expect.stringContaining('Queue send failed: Storage Limit Exceeded') as string,
    })
    expect(await backlog('small')).toMatchObject({ backlogCount: 8 })
  })

  test('waits for its time', async ({ expect }) => {
    const before = Date.now()
    await run(
      'delayed',
      ['QUEUE', 'send', 'own', { delaySeconds: 2 }],
      ['QUEUE', 'send', 'queue'],
      ['QUEUE', 'send', 'now', { delaySeconds: 0 }],
    )
    const batches = await given('delayed', 3)
    expect(bodies(batches)).toEqual(['now', 'queue', 'own'])
    expect(batches[1]!.at - before).toBeGreaterThan(900)
    expect(batches[2]!.at - before).toBeGreaterThan(1900)
  })
})

describe('a batch', () => {
  test('is full, or has waited', async ({ expect }) => {
    await send('batches', 1, 2, 3, 4)
    expect((await given('batches', 1)).map((batch) => bodies([batch]))).toEqual([[1, 2, 3]])
    await send('waits', 1, 2)
    expect((await given('waits', 1)).map((batch) => bodies([batch]))).toEqual([[1, 2]])
  })

  test('goes to the home of its app, so many at once', async ({ expect }) => {
    await send('busy', ...Array.from({ length: 6 }, () => ({ waits: 200 })))
    await given('busy', 6)
    await empty('busy')
    expect((await seen('busy')).mostRunning).toBe(2)
    const home = nameWithHome('home', 1, 2)
    await send(home, 1)
    await given(home, 1)
    const report = (await server.tenants()).find(({ name }) => name === home)
    expect(report?.counters.instances).toBe(1)
  })

  test('fails: its messages are given again, so often, and are gone', async ({ expect }) => {
    await send('fails', { throws: 'broken' })
    const batches = await given('fails', 2)
    expect(batches.map(({ messages }) => messages.map(({ attempts }) => attempts))).toEqual([[1], [2]])
    await empty('fails')
    expect(await server.logged('queue q, 1 messages', 'Error: broken')).toBeTruthy()
    expect(await server.logged('queue q: 1 messages failed 2 times and are gone')).toBeTruthy()
  })

  test('fails in what it gave to waitUntil', async ({ expect }) => {
    const before = (await seen('fails')).given.length
    await send('fails', { later: true })
    await given('fails', before + 2)
    await empty('fails')
    expect((await seen('fails')).given).toHaveLength(before + 2)
  })

  test('acknowledges one by one, whatever it comes to', async () => {
    await run('acks', [
      'QUEUE',
      'sendBatch',
      [{ body: { ack: true } }, { body: {} }, { body: { throws: 'broken' } }],
    ])
    await given('acks', 1)
    await waitFor(
      async () => ((await backlog('acks')) as { backlogCount: number }).backlogCount === 2 || undefined,
    )
  })

  test('is given again in part, at its time', async ({ expect }) => {
    const start = Date.now()
    await send('retries', { retry: { delaySeconds: 1 }, ack: undefined })
    const batches = await given('retries', 2)
    expect(batches[1]!.at - start).toBeGreaterThan(900)
    expect(batches[1]!.messages).toMatchObject([{ attempts: 2, id: batches[0]!.messages[0]!.id }])
  })

  test('of dead letters has what failed too often', async ({ expect }) => {
    await send('dead', { throws: 'x' })
    const batches = await waitFor(async () => {
      const all = (await seen('dead')).given
      return all.some(({ queue }) => queue === 'dlq') ? all : undefined
    })
    expect(batches.map(({ queue, messages }) => [queue, messages[0]!.attempts]).slice(0, 3)).toEqual([
      ['q', 1],
      ['q', 2],
      ['dlq', 1],
    ])
    expect(batches[2]!.messages[0]!.id).toBe(batches[0]!.messages[0]!.id)
  })
})

describe('an operator', () => {
  const ask = async (method: string, of: string, json?: unknown) => {
    const body = json === undefined ? {} : { body: JSON.stringify(json) }
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${server.adminUrl}/admin/apps/${of}`, { method, headers, ...body })
    return { status: answer.status, body: (await answer.json()) as { error?: { code: string } } }
  }

  test('looks at messages, which are not given by that', async ({ expect }) => {
    await run(
      'watched',
      ['QUEUE', 'send', { a: 1 }],
      ['QUEUE', 'send', 'text', { contentType: 'text' }],
      ['QUEUE', 'send', { bytes: [0, 255] }, { contentType: 'bytes' }],
    )
    const { body } = await ask('GET', 'watched/queues/q/messages')
    const message = {
      id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      sent: expect.any(Number) as number,
      attempts: 0,
    }
    expect(body).toEqual({
      messages: [
        { ...message, type: 'json', body: '{"a":1}' },
        { ...message, type: 'text', body: 'text' },
        { ...message, type: 'bytes', body_base64: 'AP8=' },
      ],
    })
    const one = await ask('GET', 'watched/queues/q/messages?limit=1')
    expect(one.body).toMatchObject({ messages: [{ type: 'json' }] })
    expect(await backlog('watched')).toMatchObject({ backlogCount: 3 })
  })

  test('takes all messages away', async ({ expect }) => {
    await run('watched', ['QUEUE', 'send', 1])
    expect(await ask('DELETE', 'watched/queues/q/messages')).toMatchObject({ status: 200 })
    expect(await backlog('watched')).toMatchObject({ backlogCount: 0 })
  })

  test('has deliveries paused, and go on', async ({ expect }) => {
    await ask('PATCH', 'paused/queues/q', { paused: true })
    await send('paused', 1)
    await send('types', 'another')
    await waitFor(async () => bodies((await seen('types')).given).includes('another') || undefined)
    expect((await seen('paused')).given).toEqual([])
    expect((await ask('GET', 'paused/queues')).body).toMatchObject({
      queues: [{ paused: true, messages: 1 }],
    })
    await ask('PATCH', 'paused/queues/q', { paused: false })
    expect(bodies(await given('paused', 1))).toEqual([1])
  })

  test.for([
    ['GET', 'nobody/queues/q/messages', undefined, 404, 'APP_UNKNOWN'],
    ['GET', 'watched/queues/none/messages', undefined, 404, 'NOT_FOUND'],
    ['GET', 'watched/queues/q/messages?limit=101', undefined, 400, 'REQUEST_INVALID'],
    ['DELETE', 'watched/queues/none/messages', undefined, 404, 'NOT_FOUND'],
    ['PATCH', 'watched/queues/q', { paused: 1 }, 400, 'REQUEST_INVALID'],
    ['PATCH', 'watched/queues/none', { paused: true }, 404, 'NOT_FOUND'],
  ] as const)('%s %s %j is refused', async ([method, of, json, status, code], { expect }) => {
    expect(await ask(method, of, json)).toMatchObject({ status, body: { error: { code } } })
  })
})

test('apps have a queue in common only where the operator says so', async ({ expect }) => {
  await run('sender', ['QUEUE', 'send', 'shared'], ['OWN', 'send', 'own'])
  expect(bodies(await given('taker', 1))).toEqual(['shared'])
  expect((await seen('taker')).given.map(({ queue }) => queue)).toEqual(['both'])
})

test('a new version goes on with what the one before had', async ({ expect }) => {
  await send('waiting', 'later')
  await server.put(app('waiting'))
  const batches = await waitFor(async () => {
    const all = (await seen('waiting')).given
    return bodies(all).includes('later') ? all : undefined
  })
  expect(bodies(batches)).toEqual(['a', 'b', 'later'])
})

test(
  'what was given, and not, is there after a restart; what waits for its time comes then',
  { timeout: 60_000 },
  async ({ expect }) => {
    const folder = mkdtempSync(join(tmpdir(), 'nano-queues-'))
    const apps = [app('again')]
    const ask = async (served: Served, ...steps: unknown[][]) =>
      await served.send('again', '/', { method: 'POST', body: JSON.stringify(steps) })
    {
      await using served = await serve(apps, 2, { storageDirectory: folder })
      await ask(served, ['QUEUE', 'send', 'late', { delaySeconds: 3 }])
    }
    const start = Date.now()
    await using served = await serve(apps, 2, { storageDirectory: folder })
    const batches = await waitFor(async () => {
      const all = (await served.send('again', '/')).json<{ given: Given[] }>().given
      return all.length > 0 ? all : undefined
    }, 20_000)
    expect(bodies(batches)).toEqual(['late'])
    expect(batches[0]!.at - batches[0]!.messages[0]!.sent).toBeGreaterThan(2900)
    expect(Date.now() - start).toBeLessThan(20_000)
    rmSync(folder, { recursive: true, force: true })
  },
)
