/** What every store of queues does, whichever engine has it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import { NatsServer, NO_NATS } from '../../../test/harness/nats.ts'
import { MESSAGE_BYTES, MOST_GIVEN_BYTES } from './queue-store.ts'
import type { GivenBatch, NewMessage, QueueStore, Settlement, Want } from './queue-store.ts'
import { openFleetQueues } from './fleet-queues.ts'
import { openSqliteQueues } from './sqlite-queue.ts'

interface Maker {
  readonly name: string
  /** Opens what is there, or a new one. */
  readonly open: (directory: string) => Promise<QueueStore>
}

const nats = NO_NATS === undefined ? await NatsServer.start() : undefined
afterAll(() => nats?.[Symbol.asyncDispose]())

const MAKERS: readonly Maker[] = [
  { name: 'SQLite', open: (directory) => openSqliteQueues({ directory }) },
  ...(nats === undefined
    ? []
    : [
        {
          name: 'a host of a fleet',
          open: async (directory: string) =>
            openFleetQueues(
              { name: 'nano', host: 'a', servers: [nats.url] },
              await openSqliteQueues({ directory }),
              () => {},
            ),
        },
      ]),
]

const LIMITS = { mostBytes: 16 * 1024 * 1024, retentionMs: 3_600_000 }
const message = (text: string, delayMs = 0): NewMessage => ({
  type: 'text',
  body: Buffer.from(text),
  delayMs,
})
const texts = ({ messages }: Pick<GivenBatch, 'messages'>): string[] =>
  messages.map(({ body }) => Buffer.from(body).toString())
const seqs = ({ messages }: GivenBatch): number[] => messages.map(({ seq }) => seq)
const NOTHING: Settlement = { acks: [], retries: [] }
const never = new AbortController().signal

for (const { name, open } of MAKERS) {
  describe(name, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'nano-queues-'))
    let store = await open(directory)
    let tickets = 0
    const want = (more: Partial<Want> = {}): Want => ({ ticket: ++tickets, size: 10, timeoutMs: 0, ...more })
    const receive = (queue: string, more: Partial<Want> = {}): Promise<GivenBatch> =>
      store.receive(queue, want(more), never)
    afterAll(async () => {
      await store[Symbol.asyncDispose]()
      rmSync(directory, { recursive: true })
    })

    test('gives each message once, in the order in which they were sent, until it is settled', async ({
      expect,
    }) => {
      await store.send('order', [message('a'), message('b')], LIMITS)
      const backlog = await store.send('order', [message('c')], LIMITS)
      expect(backlog).toEqual({
        count: 3,
        bytes: 3 + 3 * MESSAGE_BYTES,
        oldest: expect.any(Number) as number,
      })
      const first = await receive('order', { size: 2 })
      expect(texts(first)).toEqual(['a', 'b'])
      expect(first.messages[0]).toMatchObject({
        type: 'text',
        attempts: 1,
        id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      })
      expect(texts(await receive('order'))).toEqual(['c'])
      await store.settle('order', { ...NOTHING, acks: seqs(first) })
      expect(await store.states(['order', 'nobody'])).toMatchObject([
        { count: 1, isPaused: false },
        { count: 0, bytes: 0, isPaused: false },
      ])
    })

    test('waits for a full batch, or for the first message to have waited', async ({ expect }) => {
      const full = receive('batches', { size: 2, timeoutMs: 60_000 })
      await store.send('batches', [message('a')], LIMITS)
      await store.send('batches', [message('b'), message('c')], LIMITS)
      expect(texts(await full)).toEqual(['a', 'b'])
      const since = performance.now()
      expect(texts(await receive('batches', { timeoutMs: 300 }))).toEqual(['c'])
      expect(performance.now() - since).toBeGreaterThan(200)
    })

    test('gives what is retried again, with its attempts, and keeps a delay', async ({ expect }) => {
      await store.send('retries', [message('late', 250), message('now')], LIMITS)
      const first = await receive('retries', { size: 1 })
      expect(texts(first)).toEqual(['now'])
      await store.settle('retries', {
        ...NOTHING,
        retries: [{ seq: seqs(first)[0]!, delayMs: 0, attempts: 1 }],
      })
      const again = await receive('retries', { size: 1 })
      expect(again.messages).toMatchObject([
        { id: first.messages[0]!.id, sent: first.messages[0]!.sent, attempts: 2 },
      ])
      expect(texts(await receive('retries'))).toEqual(['late'])
    })

    test('moves dead ones to another queue, as new ones', async ({ expect }) => {
      const dead = receive('dead')
      await store.send('dying', [message('x')], LIMITS)
      const given = await receive('dying')
      await store.settle('dying', {
        ...NOTHING,
        dead: { queue: 'dead', retentionMs: 1000, seqs: seqs(given) },
      })
      expect((await dead).messages).toMatchObject([{ id: given.messages[0]!.id, attempts: 1 }])
      expect(await store.states(['dying', 'dead'])).toMatchObject([
        { count: 0, bytes: 0 },
        { count: 1, bytes: 101 },
      ])
    })

    test('gives no more at once than it may, but a single one', async ({ expect }) => {
      const large = 'x'.repeat(MOST_GIVEN_BYTES / 2)
      await store.send('large', [message(large), message(large), message('y')], LIMITS)
      expect((await receive('large', { timeoutMs: 60_000 })).messages).toHaveLength(1)
      expect((await receive('large')).messages).toHaveLength(2)
    })

    test('gives several who ask different ones', async ({ expect }) => {
      const both = [receive('several', { size: 1 }), receive('several', { size: 1 })]
      await store.send('several', [message('a'), message('b')], LIMITS)
      expect((await Promise.all(both)).flatMap(texts)).toEqual(['a', 'b'])
    })

    test('answers what is taken back with nothing, and goes on for others', async ({ expect }) => {
      const asked = want()
      const taken = store.receive('taken', asked, never)
      store.takeBack(asked.ticket)
      expect((await taken).messages).toEqual([])
      await store.send('taken', [message('a')], LIMITS)
      expect(texts(await receive('taken'))).toEqual(['a'])
    })

    test('refuses what a queue has no room for, all of it', async ({ expect }) => {
      const limits = { ...LIMITS, mostBytes: 2 * MESSAGE_BYTES }
      await expect(store.send('small', [message('a'), message('b')], limits)).rejects.toMatchObject({
        code: 'STORAGE_LIMIT',
      })
      expect(await store.states(['small'])).toMatchObject([{ count: 0 }])
      await store.send('small', [message('a')], limits)
    })

    test('gives nothing of a queue that is paused, and nothing that has expired', async ({ expect }) => {
      await store.send('paused', [message('short')], { ...LIMITS, retentionMs: 100 })
      await store.pause('paused', true)
      await store.send('paused', [message('long')], LIMITS)
      const asked = receive('paused')
      expect(await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, 150, 'waits'))])).toBe(
        'waits',
      )
      await store.pause('paused', false)
      expect(texts(await asked)).toEqual(['long'])
    })

    test('shows what waits without giving it, purges, and forgets', async ({ expect }) => {
      await store.send('seen', [message('a'), message('b')], LIMITS)
      expect(texts({ messages: await store.peek('seen', 1) })).toEqual(['a'])
      await store.purge('seen')
      expect(await store.states(['seen'])).toMatchObject([{ count: 0, bytes: 0 }])
      await store.forget('seen')
      await store.send('seen', [message('c')], LIMITS)
      expect(texts(await receive('seen'))).toEqual(['c'])
    })

    test('opened again, gives what was not settled again, and delays go on', async ({ expect }) => {
      await store.send('reopened', [message('given'), message('late', 400)], LIMITS)
      expect(texts(await receive('reopened'))).toEqual(['given'])
      const waiting = receive('reopened')
      await Promise.all([
        expect(waiting).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' }),
        store[Symbol.asyncDispose](),
      ])
      store = await open(directory)
      expect(texts(await receive('reopened'))).toEqual(['given'])
      expect(texts(await receive('reopened'))).toEqual(['late'])
    })
  })
}
