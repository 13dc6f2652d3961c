/** Every key of nano.json, changed while it serves: it holds after the reload, or the report says that it needs a restart. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, onTestFinished, test } from 'vitest'
import type { ExpectStatic } from 'vitest'

import { NANO_JSON } from '../../host/config/schema.ts'
import type { ReloadReport } from '../../host/registry/reload-report.ts'
import { TOKEN, toAsk } from '../harness/admin.ts'
import { keepAlive, open as openRequest, send } from '../harness/http.ts'
import { serveFile } from '../harness/serve-file.ts'
import type { ServedFile } from '../harness/serve-file.ts'
import { fixture, waitFor } from '../harness/serve.ts'
import { exchange, talk } from '../harness/socket.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-keys-'))
afterAll(() => rmSync(folder, { recursive: true }))
let folders = 0

const APP = { name: 'logger', hostname: 'logger.test', path: fixture('logger') }
const TOP = { shards: 1, admin: { port: 0 }, defaults: { cpu_ms: 10_000 } }

/** What one key is changed to. */
interface Change {
  readonly to: unknown
  /** Makes sure that it holds; `before` is what `prepare` gave. Undefined: it needs a restart. */
  readonly holds?: (served: ServedFile, expect: ExpectStatic, before: unknown) => Promise<void>
  /** Done before the reload. */
  readonly prepare?: (served: ServedFile) => Promise<unknown>
}

type Key = Exclude<keyof typeof NANO_JSON.shape, '$schema'>

const ask = (served: ServedFile, path: string, options = {}) =>
  send(served.server.port, { host: 'logger.test', path, ...options })

/** A part of a request, until the server has done with it. */
const stall = async (served: ServedFile, expect: ExpectStatic): Promise<void> => {
  const { received, isClosed } = await talk(served.server.port, ['GET / HTTP/1.1\r\n'], 10_000)
  expect([received.split(' ', 2)[1], isClosed]).toEqual(['408', true])
}

const CHANGES: Record<Key, Change> = {
  port: { to: 4000 },
  host: { to: '0.0.0.0' },
  shards: { to: 2 },
  admin: { to: { port: 4001 } },
  engines: { to: ['0'.repeat(64)] },
  allow_loopback: { to: true },
  data_dir: { to: 'elsewhere' },
  caches_mb: { to: 16 },
  // what it does with apps of registries: test/operator/oci.test.ts
  oci: { to: { insecure: ['registry.test:5000'] }, holds: async () => {} },
  storage: { to: { kv: { redis: 'redis://127.0.0.1:1' } } },
  fleet: { to: { nats: 'nats://127.0.0.1:1', key: false } },
  keep_alive_ms: {
    to: 7000,
    async holds(served, expect) {
      const agent = keepAlive(1)
      expect((await ask(served, '/headers', { agent })).headers['keep-alive']).toBe('timeout=7')
      agent.destroy()
    },
  },
  headers_ms: { to: 1000, holds: (served, expect) => stall(served, expect) },
  // the head is a part of the request
  request_ms: { to: 1000, holds: (served, expect) => stall(served, expect) },
  connections: {
    to: 1,
    async holds(served, expect) {
      const open = connect(served.server.port, '127.0.0.1')
      await new Promise((resolve) => open.once('connect', resolve))
      const request = 'GET /headers HTTP/1.1\r\nHost: logger.test\r\nConnection: close\r\n\r\n'
      expect(await exchange(served.server.port, request, 5000)).toBe('')
      open.destroy()
      await expect.poll(() => exchange(served.server.port, request)).toContain('200 OK')
    },
  },
  // others than those that there are, are taken at once (test/request/tls.test.ts)
  tls: { to: { cert: 'cert.pem', key: 'key.pem' } },
  trusted_proxies: {
    to: ['127.0.0.1'],
    prepare: async (served) => {
      const agent = keepAlive(1)
      return [agent, await ask(served, '/headers', { agent, headers: { 'x-request-id': 'given' } })]
    },
    // of a connection that is open already, too
    async holds(served, expect, before) {
      const [agent, stranger] = before as [ReturnType<typeof keepAlive>, { text: string }]
      const { text } = await ask(served, '/headers', { agent, headers: { 'x-request-id': 'given' } })
      expect([stranger.text, text].map((each) => each.includes('"x-request-id":"given"'))).toEqual([
        false,
        true,
      ])
      agent.destroy()
    },
  },
  access_log: {
    to: true,
    async holds(served, expect) {
      await ask(served, '/headers?seen')
      await expect.poll(() => served.log.filter((line) => line.includes('/headers')).length).toBe(1)
    },
  },
  // how it is kept: test/operator/registered.test.ts
  live_memory_mb: {
    to: 1,
    prepare: (served) => ask(served, '/headers'),
    async holds(served, expect) {
      await expect.poll(async () => (await served.server.tenants())[0]?.counters.liveInstances).toBe(0)
    },
  },
  live_instances: {
    to: 1,
    async prepare(served) {
      await served.server.registry.put({
        ...served.server.registry.apps[0]!.config!,
        name: 'more',
        hostname: 'more.test',
      })
      return [await ask(served, '/headers'), await ask(served, '/headers', { host: 'more.test' })]
    },
    async holds({ server }, expect) {
      const live = async () =>
        (await server.tenants()).reduce((sum, { counters }) => sum + counters.liveInstances, 0)
      await expect.poll(live).toBe(1)
    },
  },
  image_cache_mb: {
    to: 1,
    async holds({ server: { images } }, expect) {
      expect(images.bytes).toBeLessThanOrEqual(1024 * 1024)
    },
  },
  log_drain: {
    to: 'file:{app}.log',
    async holds(served, expect) {
      await ask(served, '/say?text=hello')
      const read = () => readFileSync(join(served.folder, 'logger.log'), 'utf8')
      await expect.poll(read, { timeout: 10_000 }).toContain('hello')
    },
  },
  defaults: {
    to: { cpu_ms: 10_000, timeout_ms: 7000 },
    // of an app of the file, and of one that was deployed
    async prepare({ server }) {
      const put = (name: string, query: string) =>
        toAsk(server)('PUT', `/admin/apps/theirs?${query}`, { body: readFileSync(fixture(name)) })
      await put('version', '')
      await put('mirror', 'percent=30')
    },
    async holds({ server: { registry } }, expect) {
      expect(registry.apps).toMatchObject([
        { name: 'logger', config: { limits: { timeoutMs: 7000 } } },
        {
          name: 'theirs',
          config: { limits: { timeoutMs: 7000 } },
          canary: { percent: 30, config: { limits: { timeoutMs: 7000 } } },
        },
      ])
    },
  },
  apps: {
    to: [{ ...APP, hostname: 'other.test' }],
    holds: async (served, expect) => {
      expect((await ask(served, '/headers', { host: 'other.test' })).status).toBe(200)
    },
  },
}

const open = () =>
  serveFile([APP], { top: TOP, adminToken: TOKEN, dataDirectory: join(folder, String(++folders)) })

test('there is a change for every key of nano.json', ({ expect }) => {
  expect(Object.keys(CHANGES).sort()).toEqual(
    Object.keys(NANO_JSON.shape)
      .filter((key) => key !== '$schema')
      .sort(),
  )
})

describe('a reload', () => {
  test.for(Object.entries(CHANGES))('with another %s', async ([key, { to, prepare, holds }], { expect }) => {
    await using served = await open()
    const before = await prepare?.(served)
    if (key === 'apps') served.write(to as (typeof APP)[])
    else served.write([APP], { [key]: to })
    const { applied, needsRestart, failed } = await served.server.reload()
    const restart = holds === undefined ? [key] : []
    expect({ applied, needsRestart, failed }).toEqual({
      applied: holds === undefined || key === 'apps' ? [] : [key],
      needsRestart: restart,
      failed: [],
    } satisfies Partial<ReloadReport>)
    await holds?.(served, expect, before)
    // as the second one finds it
    const again = await served.server.reload()
    expect([again.applied, again.needsRestart, again.changed]).toEqual([[], restart, []])
  })
})

describe('tokens', () => {
  const write = (served: ServedFile, ...lines: string[]): void =>
    writeFileSync(join(served.folder, 'tokens'), `${lines.join('\n')}\n`)
  const statusOf = async (served: ServedFile, token: string): Promise<number> =>
    (await toAsk(served.server)('GET', '/admin/apps', { token })).status
  const [ADA, BOB, EVE] = ['ada-s-token-of-the-tests', 'bob-s-token-of-the-tests', 'eve-s-token-of-the-tests']
  const followLog = async (served: ServedFile, token: string, path: string) => {
    const port = Number(new URL(served.server.adminUrl!).port)
    const message = await openRequest(port, {
      host: 'localhost',
      path,
      headers: { authorization: `Bearer ${token}` },
    })
    onTestFinished(() => void message.destroy())
    let text = ''
    message.setEncoding('utf8').on('data', (part: string) => (text += part))
    return {
      status: message.statusCode,
      ended: new Promise((resolve) => message.once('end', resolve)),
      said: (what: string) => waitFor(() => text.includes(what), 10_000),
    }
  }

  test('that are revoked or added hold without a restart, and a broken file leaves them as they were', async ({
    expect,
  }) => {
    await using served = await open()
    const top = { admin: { port: 0, tokens_file: 'tokens' } }
    expect(await statusOf(served, ADA)).toBe(401)
    write(served, `ada ${ADA} read`)
    served.write([APP], top)
    expect(await served.server.reload()).toMatchObject({ applied: ['admin'], needsRestart: [] })
    expect([await statusOf(served, ADA), await statusOf(served, BOB)]).toEqual([200, 401])
    write(served, `bob ${BOB} read`)
    expect(await served.server.reload()).toMatchObject({ applied: [], unchanged: ['logger'] })
    expect([await statusOf(served, ADA), await statusOf(served, BOB)]).toEqual([401, 200])
    for (const lines of [[], [`eve ${ADA} everything`], [`eve short all`]]) {
      write(served, ...lines)
      await expect(served.server.reload()).rejects.toThrow(/tokens.*expected/)
      expect([await statusOf(served, ADA), await statusOf(served, BOB)]).toEqual([401, 200])
    }
    // the listener is there until the next start, for nobody else
    served.write([APP], { admin: false })
    expect(await served.server.reload()).toMatchObject({ needsRestart: ['admin'] })
    expect([await statusOf(served, ADA), await statusOf(served, BOB)]).toEqual([401, 200])
    served.write([APP], top)
    rmSync(join(served.folder, 'tokens'))
    await expect(served.server.reload()).rejects.toThrow('cannot be read (ENOENT)')
    // that of the environment goes on
    expect(await statusOf(served, TOKEN)).toBe(200)
  })

  test('that are revoked, or may do something else, end the log tails that they have opened', async ({
    expect,
  }) => {
    await using served = await open()
    const top = { admin: { port: 0, tokens_file: 'tokens' } }
    write(served, `ada ${ADA} read`, `bob ${BOB} read`, `eve ${EVE} deploy:logger`)
    served.write([APP], top)
    await served.server.reload()
    const OF_APP = '/admin/apps/logger/logs'
    const tails = await Promise.all([
      followLog(served, ADA, OF_APP),
      followLog(served, ADA, '/admin/logs'),
      followLog(served, EVE, OF_APP),
      followLog(served, BOB, OF_APP),
      followLog(served, TOKEN, OF_APP),
    ])
    expect(tails.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    write(served, `bob ${BOB} read`, `eve ${EVE} deploy:other`)
    await served.server.reload()
    await Promise.all(tails.slice(0, 3).map(({ ended }) => ended))
    await ask(served, '/say?text=after')
    await Promise.all(tails.slice(3).map(({ said }) => said('after')))
    expect((await followLog(served, ADA, '/admin/logs')).status).toBe(401)
    expect((await followLog(served, EVE, OF_APP)).status).toBe(403)
  })

  test('are read again when their file has changed, and nobody asks', async ({ expect }) => {
    const top = { ...TOP, admin: { port: 0, tokens_file: 'tokens' } }
    await using served = await serveFile([APP], {
      top,
      watchMs: 50,
      place(where) {
        writeFileSync(join(where, 'tokens'), `ada ${ADA} read\n`)
        return join(where, 'nano.json')
      },
    })
    expect(await statusOf(served, ADA)).toBe(200)
    write(served, `bob ${BOB} read`)
    await expect.poll(() => statusOf(served, ADA), { timeout: 10_000 }).toBe(401)
    expect(await statusOf(served, BOB)).toBe(200)
    // a broken one is mended
    write(served, 'nonsense')
    await expect
      .poll(() => served.log.some((line) => line.includes('not reloaded')), { timeout: 10_000 })
      .toBe(true)
    write(served, `ada ${ADA} read`)
    await expect.poll(() => statusOf(served, ADA), { timeout: 10_000 }).toBe(200)
    expect(await statusOf(served, BOB)).toBe(401)
  })
})
