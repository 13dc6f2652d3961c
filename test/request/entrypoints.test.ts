// What an app may export, and who answers then.

import { afterAll, beforeAll, expect, test } from 'vitest'

import { createSourceDir, type SourceDir } from '../build/source-dir.ts'
import { serve, type Served } from '../harness/serve.ts'

const FILES = {
  'class.js': `
    export default class {
      constructor(ctx, env) { this.ctx = ctx; this.env = env; this.calls = 0 }
      fetch(request) { return Response.json({ calls: ++this.calls, text: this.env.TEXT, wait: typeof this.ctx.waitUntil, path: new URL(request.url).pathname }) }
    }`,
  'instance.js': 'export default new (class { fetch() { return new Response("instance") } })()',
  'silent.js': `
    import { WorkerEntrypoint } from 'cloudflare:workers'
    export default class extends WorkerEntrypoint { add(a, b) { return a + b } }`,
  'scheduled.js': 'export default { async scheduled() {} }',
  'queue.js': 'export default { async queue() {} }',
  'email.js': 'export default { async email() {} }',
  'globals.js': `
    class Socket extends WebSocket {}
    const thrown = async (run) => { try { return await run() } catch (error) { return String(error) } }
    export default { async fetch() {
      const stop = AbortSignal.abort(new Error('stopped'))
      return Response.json({
        agent: navigator.userAgent, types: [typeof caches.default, typeof WebSocketPair, typeof self], open: Socket.OPEN,
        socket: await new Promise((resolve) => { const socket = new Socket('ws://x'); const seen = [socket.readyState]; socket.onerror = ({ type, message }) => seen.push(type, message); socket.onclose = ({ code }) => resolve([...seen, code]) }),
        waited: await scheduler.wait(1).then(() => 'waited'),
        stopped: await thrown(() => scheduler.wait(60_000, { signal: stop })), made: await thrown(() => new Navigator()),
        order: await new Promise((resolve) => { const seen = []; setImmediate(() => seen.push('immediate')); clearImmediate(setImmediate(() => seen.push('cleared'))); setTimeout(() => resolve(seen), 5) }),
      })
    } }`,
  'classic.js': 'addEventListener("fetch", (event) => event.respondWith(new Response("classic")))',
}
const NAMES = Object.keys(FILES).map((file) => file.replace('.js', ''))

let sources: SourceDir
let served: Served

beforeAll(async () => {
  sources = createSourceDir(FILES)
  served = await serve(NAMES.map((name) => ({ name, path: sources.at(`${name}.js`), env: { TEXT: 'text' } })))
})
afterAll(async () => {
  await served.close()
  sources[Symbol.dispose]()
})

test('a class answers with an instance for each request', async () => {
  for (const path of ['/a', '/b']) {
    const { text } = await served.send('class', path)
    expect(JSON.parse(text)).toEqual({ calls: 1, text: 'text', wait: 'function', path })
  }
})

test('an instance, and a listener of the older style, answer', async () => {
  expect((await served.send('instance', '/')).text).toBe('instance')
  expect((await served.send('classic', '/')).text).toBe('classic')
})

test.for(['silent', 'scheduled', 'queue', 'email'])('an app without fetch says so: %s', async (name) => {
  const { status, text } = await served.send(name, '/')
  expect(status).toBe(501)
  expect(text).toContain('no fetch handler')
})

test('globals of Workers are there to be looked for', async () => {
  const { text } = await served.send('globals', '/')
  expect(JSON.parse(text)).toEqual({
    agent: 'Cloudflare-Workers',
    types: ['object', 'function', 'object'],
    open: 1,
    socket: [0, 'error', expect.any(String), 1006],
    waited: 'waited',
    stopped: 'Error: stopped',
    made: 'TypeError: Illegal constructor',
    order: ['immediate'],
  })
})
