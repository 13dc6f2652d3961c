/** A queue whose sender and consumer are on two hosts of a fleet, of which one is killed. */

import { afterAll, beforeAll, describe, test } from 'vitest'

import { createSourceDir, type SourceDir } from '../build/source-dir.ts'
import { keepAlive, send } from '../harness/http.ts'
import { NO_NATS } from '../harness/nats.ts'
import type { ServerProcess } from '../harness/process.ts'
import { sleep } from '../harness/serve.ts'
import type { AppSpec } from '../harness/serve.ts'
import { KeptHosts } from './kept-hosts.ts'

const CLIENTS = 8
const MESSAGES = 600
const KILLS = 2

const FILES = {
  'sender.js': `
    export default {
      async fetch(request, env) {
        await env.JOBS.send({ index: new URL(request.url).searchParams.get('index') })
        return new Response('kept')
      },
    }`,
  'consumer.js': `
    export default {
      async fetch(request, env) {
        const names = []
        for (let cursor; ; ) {
          const page = await env.DONE.list({ cursor })
          names.push(...page.keys.map(({ name }) => Number(name)))
          if (page.list_complete) return Response.json(names)
          cursor = page.cursor
        }
      },
      async queue(batch, env) {
        await Promise.all(batch.messages.map(({ body }) => env.DONE.put(body.index, '1')))
      },
    }`,
}

let sources: SourceDir
beforeAll(() => {
  sources = createSourceDir(FILES)
})
afterAll(() => sources[Symbol.dispose]())

const toSender = (): AppSpec => ({
  name: 'sender',
  path: sources.at('sender.js'),
  queues: { producers: [{ binding: 'JOBS', queue: 'jobs', shared: true }] },
})
const toConsumer = (): AppSpec => ({
  name: 'consumer',
  path: sources.at('consumer.js'),
  kv_namespaces: [{ binding: 'DONE', id: 'done' }],
  queues: { consumers: [{ queue: 'jobs', max_batch_timeout: 1, shared: true }] },
})

describe.skipIf(NO_NATS !== undefined)(`queues of a fleet${NO_NATS ? ` (skipped: ${NO_NATS})` : ''}`, () => {
  test(
    'what was acknowledged on one host is consumed on another, although that is killed',
    { timeout: 300_000 },
    async ({ expect }) => {
      await using hosts = await KeptHosts.open()
      let consumer = await hosts.start('b', toConsumer())
      await using sender = await hosts.start('a', toSender())
      const agent = keepAlive(CLIENTS)
      const kept: number[] = []
      const over = new AbortController()
      let next = 0
      const client = async (): Promise<void> => {
        while (!over.signal.aborted) {
          const index = next++
          const path = `/?index=${index}`
          const { status } = await send(sender.port, { host: 'sender', path, agent })
          if (status === 200) kept.push(index)
          else await sleep(50)
        }
      }
      const clients = Array.from({ length: CLIENTS }, client)
      const read = async (host: ServerProcess): Promise<Set<number>> => {
        const { status, text } = await send(host.port, { host: 'consumer', path: '/' })
        return new Set(status === 200 ? (JSON.parse(text) as number[]) : [])
      }
      for (let round = 1; round <= KILLS; round++) {
        const until = (MESSAGES * round) / (KILLS + 1)
        await expect
          .poll(async () => (await read(consumer)).size, { timeout: 60_000, interval: 300 })
          .toBeGreaterThan(until)
        consumer.kill('SIGKILL')
        await consumer.exited
        const before = kept.length
        // kept where they were sent, meanwhile
        await expect.poll(() => kept.length, { timeout: 30_000 }).toBeGreaterThan(before + 20)
        consumer = await hosts.start('b', toConsumer())
      }
      await using last = consumer
      await expect.poll(() => kept.length, { timeout: 60_000 }).toBeGreaterThan(MESSAGES)
      over.abort()
      await Promise.all(clients)
      const missing = async (): Promise<number[]> => {
        const done = await read(last)
        return kept.filter((index) => !done.has(index))
      }
      await expect.poll(missing, { timeout: 60_000, interval: 500 }).toEqual([])
      agent.destroy()
    },
  )
})
