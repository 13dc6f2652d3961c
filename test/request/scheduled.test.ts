// What the clock calls: handlers of every style, how a run ends, and who hears of it.

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { createSourceDir, type SourceDir } from '../build/source-dir.ts'
import { toAsk, TOKEN, type Ask } from '../harness/admin.ts'
import { serve, steady, waitFor, type AppSpec, type Served } from '../harness/serve.ts'
import { startDev } from '../harness/dev.ts'

const FILES = {
  'module.js': `
    let seen
    const later = (ms, value) => new Promise((resolve) => setTimeout(() => resolve(value), ms))
    export default {
      async scheduled(controller, env, ctx) {
        const { cron, scheduledTime, type } = controller
        seen = { cron, scheduledTime, type, text: env.TEXT, waited: false, wait: typeof ctx.waitUntil }
        if (cron === '1 * * * *') throw new TypeError('refused on purpose')
        if (cron === '2 * * * *') { controller.noRetry(); ctx.waitUntil(later(20).then(() => { throw new Error('late') })); return }
        if (cron === '3 * * * *') await new Promise(() => {})
        if (cron === '4 * * * *') for (;;) {}
        if (cron === '5 * * * *') for (const end = Date.now() + 3_600_000; Date.now() < end;) await later(5)
        if (cron === '6 * * * *') await Promise.all(Array.from({ length: 3 }, (_, i) => fetch('http://127.0.0.1:1/' + i).catch(() => {})))
        ctx.waitUntil(later(20).then(() => { seen.waited = true; ctx.waitUntil(later(20).then(() => { seen.twice = true })) }))
      },
      fetch: () => Response.json(seen ?? {}),
    }`,
  'alone.js': 'export default { scheduled() { console.log("alone was called") } }',
  'none.js': 'export default { fetch: () => new Response("none") }',
  'class.js': `
    import { WorkerEntrypoint, waitUntil } from 'cloudflare:workers'
    let seen = []
    export default class extends WorkerEntrypoint {
      async scheduled({ cron }) { waitUntil(Promise.resolve().then(() => seen.push(cron, this.env.TEXT))) }
      fetch() { return Response.json(seen) }
    }`,
  'classic.js': `
    let seen = []
    addEventListener('scheduled', (event) => {
      event.waitUntil(Promise.resolve().then(() => seen.push(event.cron, event.type, event.scheduledTime, event instanceof Event, TEXT)))
    })
    addEventListener('scheduled', { async handleEvent() { await null; seen.push('asynchronous') } })
    addEventListener('fetch', (event) => event.respondWith(Response.json(seen)))`,
  'classic-alone.js': 'addEventListener("scheduled", () => console.log("classic was called"))',
}
const NAMES = Object.keys(FILES).map((file) => file.replace('.js', ''))
const TIME = 1_795_680_000_000

let sources: SourceDir
let served: Served
let ask: Ask

beforeAll(async () => {
  sources = createSourceDir(FILES)
  const apps = NAMES.map((name): AppSpec => ({ name, path: sources.at(`${name}.js`), env: { TEXT: 'text' } }))
  served = await serve(
    [
      ...apps,
      {
        ...apps[0]!,
        name: 'short',
        scheduled_timeout_ms: 300,
        scheduled_turn_ms: 200,
        scheduled_cpu_ms: 5000,
      },
    ],
    2,
    { admin: { port: 0 }, adminToken: TOKEN },
  )
  ask = toAsk(served)
})
afterAll(async () => {
  await served.close()
  sources[Symbol.dispose]()
})

async function run(app: string, cron?: string): Promise<Record<string, unknown>> {
  const json = { ...(cron === undefined ? {} : { cron }), scheduled_time: TIME }
  const { status, text } = await ask('POST', `/admin/apps/${app}/scheduled`, { json })
  expect(status, text).toBe(200)
  return JSON.parse(text) as Record<string, unknown>
}

/** Both shards are asked: the run was on one of them. */
async function seenBy(app: string): Promise<unknown[]> {
  const answers = new Set<string>()
  await steady(async () => {
    answers.add((await served.send(app, '/')).text)
    return answers.size
  })
  return [...answers].map((text) => JSON.parse(text) as unknown)
}

test('a handler gets its event, and the run is over when what it waits for is', async () => {
  expect(await run('module', '0 0 * * *')).toMatchObject({
    app: 'module',
    cron: '0 0 * * *',
    scheduled_time: TIME,
    outcome: 'ok',
    no_retry: false,
  })
  const seen = { cron: '0 0 * * *', scheduledTime: TIME, type: 'scheduled', text: 'text', wait: 'function' }
  expect(await seenBy('module')).toContainEqual({ ...seen, waited: true, twice: true })
})

test('what the handler throws, and a promise that it leaves behind, fail the run', async () => {
  expect(await run('module', '1 * * * *')).toMatchObject({ outcome: 'failed', code: 'APP_THREW' })
  await served.logged('[module ', 'scheduled 1 * * * *: TypeError: refused on purpose', 'module.js:')
  expect(await run('module', '2 * * * *')).toMatchObject({ code: 'APP_THREW', no_retry: true })
  await served.logged('Error: late')
})

test('a run that can never end is failed at once, one that takes too long at its limits', async () => {
  expect(await run('module', '3 * * * *')).toMatchObject({ code: 'APP_HUNG' })
  expect(await run('short', '4 * * * *')).toMatchObject({ code: 'APP_CPU_LIMIT' })
  await served.logged('[short ', 'more than 200 ms of processor time without a pause, or 5000 ms in all')
  expect(await run('short', '5 * * * *')).toMatchObject({ code: 'APP_TIMEOUT' })
  await served.logged('[short ', 'not done within 300 ms')
  // and the app is there
  expect((await served.send('short', '/')).status).toBe(200)
})

test('classes, classic apps and apps of nothing else are called', async () => {
  for (const app of ['class', 'classic', 'alone', 'classic-alone']) {
    expect(await run(app)).toMatchObject({ outcome: 'ok', cron: '* * * * *' })
  }
  expect(await seenBy('class')).toContainEqual(['* * * * *', 'text'])
  expect(await seenBy('classic')).toContainEqual(
    ['asynchronous', '* * * * *', 'scheduled', TIME, true, 'text'].toSorted(
      (a, b) => Number(a === 'asynchronous') - Number(b === 'asynchronous'),
    ),
  )
  await served.logged('[alone ', 'alone was called')
  await served.logged('[classic-alone ', 'classic was called')
})

test('an app without a handler fails, and says what to write', async () => {
  expect(await run('none')).toMatchObject({ code: 'APP_THREW' })
  await served.logged('[none ', 'The app has no scheduled handler. Write: export default { async scheduled(')
})

test('a run is asked for with the right to deploy, of an app that there is, with an expression that is one', async () => {
  const post = (path: string, json: object, token?: string | null) =>
    ask('POST', `/admin/apps/${path}/scheduled`, { json, ...(token === undefined ? {} : { token }) })
  expect((await post('alone', {}, null)).status).toBe(401)
  expect((await post('nobody', {})).status).toBe(404)
  const wrong = await post('alone', { cron: '61 * * * *' })
  expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining('expected a minute')])
})

test('runs are counted by what came of them', async () => {
  const { text } = await ask('GET', '/metrics')
  const values = [...text.matchAll(/nano_scheduled_runs_total\{tenant="short",outcome="(\w+)"\} (\d+)/g)]
  expect(values.map(([, outcome, value]) => [outcome, Number(value)])).toEqual([
    ['ok', 0],
    ['failed', 2],
    ['missed', 0],
  ])
})

test('the clock calls one shard of an app whose time has come', async () => {
  const minute = Date.UTC(2026, 10, 26, 8)
  vi.useFakeTimers({ toFake: ['Date'], now: minute - 100 })
  try {
    await served.put({ name: 'module', path: sources.at('module.js'), triggers: { crons: ['* * * * *'] } })
    const ran = /nano_scheduled_runs_total\{tenant="module",outcome="ok"\} (\d+)/
    const count = async () => Number(ran.exec((await ask('GET', '/metrics')).text)?.[1])
    const before = await count()
    vi.setSystemTime(minute)
    await waitFor(async () => (await count()) > before)
    expect(await steady(count)).toBe(before + 1)
  } finally {
    vi.useRealTimers()
  }
})

test('while an app is developed, its path runs it', { timeout: 60_000 }, async () => {
  await using dev = await startDev(sources.at('module.js'))
  const path = '/cdn-cgi/handler/scheduled'
  expect((await dev.ask(`${path}?cron=0+1+*+*+*&time=${TIME}`)).text).toBe('ok')
  expect(JSON.parse((await dev.ask()).text)).toMatchObject({ cron: '0 1 * * *', scheduledTime: TIME })
  const failed = await dev.ask(`${path}?cron=2+*+*+*+*&format=json`)
  expect([failed.status, JSON.parse(failed.text)]).toEqual([
    500,
    { outcome: 'exception', noRetry: true, code: 'APP_THREW' },
  ])
  // where an app serves, the path is its own
  expect((await served.send('none', path)).text).toBe('none')
})
