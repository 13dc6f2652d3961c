/** The end of a tenant: what it has begun goes on beside its successor, until a deadline; nothing of it stays. */
import { setImmediate as nextLoop } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { afterEach, beforeEach, test } from 'vitest'

import { toFailures } from '../../host/tenant/report.ts'
import type { Tenant } from '../../host/tenant/tenant.ts'
import { open, send } from '../harness/http.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import { openTenants } from '../harness/tenants.ts'
import type { Tenants } from '../harness/tenants.ts'
import { startUpstream } from '../harness/upstream.ts'
import type { Upstream } from '../harness/upstream.ts'

const HOST = 'app.test'
const APP = { name: 'app', hostname: HOST, path: fixture('drain'), egress: { private: true } }

/** Longer than a test may take. */
const AMPLE_MS = 600_000

let upstream: Upstream
/** Who waits for the upstream, by path; called, it answers. */
const waiting = new Map<string, () => void>()
const asked: string[] = []
let tenants: Tenants

beforeEach(async () => {
  asked.length = 0
  waiting.clear()
  upstream = await startUpstream(({ url = '' }, response) => {
    asked.push(url)
    if (url.endsWith('-again')) response.end()
    else {
      response.write('first ')
      response.on('close', () => waiting.delete(url))
      waiting.set(url, () => void response.end('last'))
    }
  })
  tenants = await openTenants({ ...APP, concurrent_requests: 2, background_ms: 600_000 })
})

afterEach(async () => {
  await tenants[Symbol.asyncDispose]()
  await upstream.close()
})

const get = (path: string, to = '') =>
  send(tenants.port, { host: HOST, path: `${path}?url=${encodeURIComponent(upstream.url + to)}` })

/** A tenant with work of each kind that is not done: behind a response, in a stream, before a head, in the queue. */
async function occupy(): Promise<{
  old: Tenant
  stream: Promise<string>
  read: Promise<number>
  queued: Promise<number>
}> {
  const old = tenants.deploy()
  await get('/interval')
  await get('/behind', '/behind')
  const message = await open(tenants.port, { host: HOST, path: `/relay?url=${upstream.url}/stream` })
  const stream = (async () => {
    let text = ''
    for await (const part of message) text += String(part)
    return text
  })().catch((error: NodeJS.ErrnoException) => error.code ?? '')
  const read = get('/read', '/read').then(({ status }) => status)
  await waitFor(() => (waiting.size === 3 ? true : undefined))
  const queued = get('/').then(({ status }) => status)
  await waitFor(() => (old.counters.queuedRequests === 1 ? true : undefined))
  return { old, stream, read, queued }
}

const GAUGES = { liveInstances: 0, openRequests: 0, queuedRequests: 0, memoryBytes: 0, heldBytes: 0 }

test('what waits and what is begun goes on to its end, beside the successor', async ({ expect }) => {
  const { old, stream, read, queued } = await occupy()
  const drained = old.drain(AMPLE_MS, 'APP_REPLACED')
  const late = await new Promise((resolve) => {
    old.handle({ ...LATE, fail: (code) => resolve(code) })
  })
  expect(late).toBe('APP_REPLACED')
  tenants.deploy()
  expect((await get('/')).text).toBe('fine')
  expect(old.isBusy).toBe(true)
  for (const answer of waiting.values()) answer()
  expect(await Promise.all([stream, read, queued])).toEqual(['first last', 200, 200])
  await drained
  // what it held a response for was done
  expect(asked).toContain('/behind-again')
  expect(old.counters).toMatchObject({ ...GAUGES, requests: 5, traps: 0 })
  expect(new Map(toFailures(old.counts.row))).toEqual(new Map([['APP_REPLACED', 1]]))
  expect((await get('/')).text).toBe('fine')
})

test('what is open at the deadline is cut and told why', async ({ expect }) => {
  const { old, stream, read, queued } = await occupy()
  const first = old.drain(AMPLE_MS, 'APP_REPLACED')
  // brought forward
  const second = old.drain(20, 'SHUTTING_DOWN')
  expect(await Promise.all([read, queued])).toEqual([503, 503])
  expect(await stream).toBe('ECONNRESET')
  await Promise.all([first, second])
  expect(old.counters).toMatchObject(GAUGES)
  expect(new Map(toFailures(old.counts.row))).toEqual(new Map([['SHUTTING_DOWN', 3]]))
  // with it went the connections that it had made
  await waitFor(() => (waiting.size === 0 ? true : undefined))
  expect(tenants.log.filter((text) => text.includes('requests that are not done'))).toEqual([
    'instance 1 ends with 3 requests that are not done: SHUTTING_DOWN',
  ])
})

test('is over at once when nothing is begun, also twice, and after the end', async ({ expect }) => {
  const tenant = tenants.deploy()
  await tenant.drain(AMPLE_MS, 'APP_REPLACED')
  await tenant.drain(AMPLE_MS, 'APP_REPLACED')
  const other = tenants.deploy()
  await get('/')
  other[Symbol.dispose]()
  await other.drain(AMPLE_MS, 'APP_REPLACED')
  expect((await get('/')).json()).toMatchObject({ error: { code: 'SHUTTING_DOWN' } })
})

test('what the app set going for nobody is not waited for', async ({ expect }) => {
  for (const path of ['/interval', '/later']) {
    const tenant = tenants.deploy()
    await get(path)
    expect(tenant.isBusy).toBe(true)
    await tenant.drain(AMPLE_MS, 'APP_REPLACED')
    expect(tenant.counters).toMatchObject(GAUGES)
  }
})

test('what waitUntil holds for too long is waited for no longer than its own limit', async ({ expect }) => {
  await tenants[Symbol.asyncDispose]()
  tenants = await openTenants({ ...APP, background_ms: 100 })
  const tenant = tenants.deploy()
  await get('/hold')
  await tenant.drain(AMPLE_MS, 'APP_REPLACED')
  expect(new Map(toFailures(tenant.counts.row))).toEqual(new Map([['APP_BACKGROUND_LIMIT', 1]]))
})

test('waits for a client that has not read all of its answer, without an instance', async ({ expect }) => {
  const tenant = tenants.deploy()
  const message = await open(tenants.port, { host: HOST, path: '/large' })
  let isDrained = false
  const drained = tenant.drain(AMPLE_MS, 'APP_REPLACED').then(() => (isDrained = true))
  await waitFor(() => (tenant.counters.liveInstances === 0 ? true : undefined))
  expect([isDrained, tenant.counters.heldBytes > 0]).toEqual([false, true])
  let bytes = 0
  for await (const part of message) bytes += (part as Buffer).length
  await drained
  expect([bytes, tenant.counters.heldBytes]).toEqual([20 * 1024 * 1024, 0])
})

test('a hundred that came and went leave nothing behind', async ({ expect }) => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const gone: WeakRef<Tenant>[] = []
  const pass = async (count: number): Promise<number> => {
    for (let i = 0; i < count; i++) {
      const tenant = tenants.deploy()
      gone.push(new WeakRef(tenant))
      await get('/interval')
      await get('/behind', `/${i}`)
      await waitFor(() => waiting.get(`/${i}`))
      const drained = tenant.drain(AMPLE_MS, 'APP_REPLACED')
      waiting.get(`/${i}`)!()
      await drained
    }
    tenants.deploy()
    asked.length = 0
    await nextLoop()
    gc()
    await nextLoop()
    gc()
    return process.memoryUsage().heapUsed
  }
  const before = await pass(30)
  const handles = process.getActiveResourcesInfo().length
  const after = await pass(100)
  expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(handles + 2)
  expect(gone.filter((ref) => ref.deref() !== undefined).length).toBeLessThanOrEqual(1)
  expect((after - before) / 100).toBeLessThan(32 * 1024)
})

test('a server that stops waits for what goes on behind responses, and not for intervals of nobody', async ({
  expect,
}) => {
  await using server = await serve([APP])
  const behind = encodeURIComponent(`${upstream.url}/behind`)
  for (const path of ['/interval', `/behind?url=${behind}`]) await server.send(HOST, path)
  await waitFor(() => waiting.get('/behind'))
  const closed = server.close()
  // it has heard of it
  await waitFor(() =>
    server.send(HOST, '/').then(
      () => undefined,
      () => true,
    ),
  )
  waiting.get('/behind')!()
  await closed
  expect(asked).toContain('/behind-again')
})

/** A request that comes by another way than a socket. */
const LATE = {
  id: 'late',
  client: 'c',
  method: 'GET',
  url: `http://${HOST}/`,
  headers: '',
  hasBody: false,
  pullBody() {},
  cancelBody() {},
  send() {},
  start() {},
  write: () => true,
  finish() {},
}
