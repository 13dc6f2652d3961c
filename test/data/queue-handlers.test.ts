/** Who is given the messages of a queue: handlers of every style, and apps that have none. */

import { afterAll, beforeAll, test } from 'vitest'

import { createSourceDir } from '../build/source-dir.ts'
import type { SourceDir } from '../build/source-dir.ts'
import { serve, waitFor } from '../harness/serve.ts'
import type { AppSpec, Served } from '../harness/serve.ts'

const FILES = {
  'class.js': `
    import { WorkerEntrypoint } from 'cloudflare:workers'
    const seen = []
    export default class extends WorkerEntrypoint {
      async fetch(request) { if (request.method === 'POST') await this.env.QUEUE.send(await request.text()); return Response.json(seen) }
      async queue(batch) {
        await null
        const [{ body, attempts }] = batch.messages
        seen.push([batch.queue, body, attempts, this.env.TEXT])
        if (attempts === 1) batch.retryAll(); else this.ctx.waitUntil(Promise.resolve().then(() => seen.push('waited')))
      }
    }`,
  'classic.js': `
    const seen = []
    addEventListener('queue', (event) => {
      const [{ body, attempts }] = event.messages
      seen.push([event.queue, body, attempts, TEXT])
      if (attempts === 1) event.retryAll(); else event.waitUntil(Promise.resolve().then(() => seen.push('waited')))
    })
    addEventListener('queue', { async handleEvent(event) { await null; if (event.messages[0].attempts === 1) seen.push(event instanceof Event) } })
    const answer = async ({ request }) => {
      if (request.method === 'POST') await QUEUE.send(await request.text())
      return Response.json(seen)
    }
    addEventListener('fetch', (event) => event.respondWith(answer(event)))`,
  'none.js': `
    export default { async fetch(request, env) { if (request.method === 'POST') await env.QUEUE.send(1); return Response.json(await env.QUEUE.metrics()) } }`,
}
const NAMES = Object.keys(FILES).map((file) => file.replace('.js', ''))

let sources: SourceDir
let server: Served

beforeAll(async () => {
  sources = createSourceDir(FILES)
  const toApp = (name: string): AppSpec => ({
    name,
    path: sources.at(`${name}.js`),
    env: { TEXT: 'text' },
    queues: {
      producers: [{ binding: 'QUEUE', queue: 'q' }],
      consumers: [{ queue: 'q', max_batch_timeout: 0, max_retries: 1 }],
    },
  })
  server = await serve(NAMES.map(toApp), 1)
})

afterAll(async () => {
  await server.close()
  sources[Symbol.dispose]()
})

test.for([
  ['class', 'a method of a WorkerEntrypoint', []],
  ['classic', 'listeners of the older style', [true]],
] as const)('%s: %s', async ([name, , more], { expect }) => {
  await server.send(name, '/', { method: 'POST', body: 'hello' })
  const seen = await waitFor(async () => {
    const all = (await server.send(name, '/')).json<unknown[]>()
    return all.includes('waited') ? all : undefined
  })
  expect(seen).toEqual([['q', 'hello', 1, 'text'], ...more, ['q', 'hello', 2, 'text'], 'waited'])
})

test('an app without a handler fails its messages, and the log says what to write', async ({ expect }) => {
  await server.send('none', '/', { method: 'POST' })
  await waitFor(async () => {
    const { backlogCount } = (await server.send('none', '/')).json<{ backlogCount: number }>()
    return backlogCount === 0 || undefined
  })
  expect(
    await server.logged('The app has no queue handler. Write: export default { async queue('),
  ).toBeTruthy()
  expect(await server.logged('queue q: 1 messages failed 2 times and are gone')).toBeTruthy()
})
