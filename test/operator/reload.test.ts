/** A configuration that is read again while its apps serve. */

import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

import { describe, test } from 'vitest'

import { startNano } from '../harness/process.ts'
import { TOKEN, toAsk } from '../harness/admin.ts'
import { send } from '../harness/http.ts'
import { serveFile } from '../harness/serve-file.ts'
import type { ServedFile } from '../harness/serve-file.ts'
import { fixture, waitFor } from '../harness/serve.ts'
import type { AppSpec } from '../harness/serve.ts'

/** Short, so that no test waits for long. */
const WATCH_MS = 50

const app = (name: string, version: string, more: Partial<AppSpec> = {}): AppSpec => ({
  name,
  hostname: `${name}.test`,
  path: fixture('version'),
  env: { VERSION: version },
  ...more,
})

async function ask(served: ServedFile, name: string): Promise<string> {
  const { status, text } = await served.send(`${name}.test`)
  return status === 200 ? text.split(' ', 1)[0]! : `${status}`
}

const NOTHING = {
  added: [],
  changed: [],
  removed: [],
  unchanged: [],
  failed: [],
  applied: [],
  needsRestart: [],
}

describe('a reload', () => {
  test('puts what is new, puts again what is other, removes what is gone, and touches nothing else', async ({
    expect,
  }) => {
    const top = { shards: 2 }
    await using served = await serveFile([app('same', 'a'), app('other', 'a'), app('goes', 'a')], { top })
    const before = served.deployments()
    served.write([app('other', 'b'), app('comes', 'a'), app('same', 'a')])
    expect(await served.server.reload()).toEqual({
      ...NOTHING,
      added: ['comes'],
      changed: ['other'],
      removed: ['goes'],
      unchanged: ['same'],
    })
    const after = served.deployments()
    expect(after['same']).toBe(before['same'])
    expect(Object.keys(after).sort()).toEqual(['comes', 'other', 'same'])
    const answers = ['same', 'other', 'comes', 'goes'].map((name) => ask(served, name))
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'a', '404'])
  })

  test.for([
    ['env', { env: { VERSION: 'a', MORE: [1] } }],
    ['a limit', { timeout_ms: 1234 }],
    ['egress', { egress: { allow: ['api.example.com'] } }],
    ['the host name', { hostname: 'elsewhere.test' }],
    ['the path', { path: fixture('memory') }],
  ] as [string, Partial<AppSpec>][])('sees that %s is another', async ([, more], { expect }) => {
    await using served = await serveFile([app('one', 'a'), app('two', 'a')])
    const before = served.deployments()
    served.write([app('one', 'a', more), app('two', 'a')])
    expect(await served.server.reload()).toEqual({ ...NOTHING, changed: ['one'], unchanged: ['two'] })
    expect(await served.server.reload()).toEqual({ ...NOTHING, unchanged: ['one', 'two'] })
    const after = served.deployments()
    expect([after['two'], after['one']! > before['one']!]).toEqual([before['two'], true])
  })

  test('sees another component, and not that the same was written again', async ({ expect }) => {
    await using served = await serveFile([app('first', 'a')])
    const path = join(served.folder, 'app.wasm')
    copyFileSync(fixture('version'), path)
    served.write([app('one', 'a', { path }), app('shares', 'b', { path })])
    await served.server.reload()
    const before = served.deployments()
    copyFileSync(fixture('version'), path)
    utimesSync(path, 1, 1)
    expect(await served.server.reload()).toEqual({ ...NOTHING, unchanged: ['one', 'shares'] })
    expect(served.deployments()).toEqual(before)
    copyFileSync(fixture('memory'), path)
    expect(await served.server.reload()).toEqual({ ...NOTHING, changed: ['one', 'shares'] })
    expect((await served.send('one.test')).text).toBe('ok')
  })

  test('of a broken file changes nothing, and says why, at its line', async ({ expect }) => {
    await using served = await serveFile([app('one', 'a')])
    const before = served.deployments()
    served.write('{\n  "apps": [\n    { "name": "one", "path": 5 }\n  ]\n}')
    await expect(served.server.reload()).rejects.toThrow('nano.json:3:30: apps[0].path: expected')
    expect(served.log.at(-1)).toContain('not reloaded, what serves stays as it is: CONFIG_INVALID')
    expect(served.log.at(-1)).toContain('nano.json:3:30')
    expect([served.deployments(), await ask(served, 'one')]).toEqual([before, 'a'])
    rmSync(served.file)
    await expect(served.server.reload()).rejects.toThrow('there is no such file')
    served.write([app('one', 'b')])
    expect(await served.server.reload()).toMatchObject({ changed: ['one'] })
  })

  test('keeps the version of an app that is broken now, and refuses a new one that is', async ({
    expect,
  }) => {
    await using served = await serveFile([app('one', 'a'), app('two', 'a')])
    const broken = join(served.folder, 'broken.wasm')
    writeFileSync(broken, 'no component')
    served.write([app('one', 'b', { path: broken }), app('two', 'b'), app('new', 'a', { path: broken })])
    const report = await served.server.reload()
    expect(report).toMatchObject({ added: [], changed: ['two'], unchanged: [] })
    expect(report.failed).toMatchObject([
      { app: 'one', code: 'COMPONENT_INVALID', reason: expect.stringContaining('broken.wasm') },
      { app: 'new', code: 'COMPONENT_INVALID' },
    ])
    const answers = ['one', 'two', 'new'].map((name) => ask(served, name))
    expect(await Promise.all(answers)).toEqual(['a', 'b', '502'])
    expect(served.log.filter((line) => line.includes('COMPONENT_INVALID'))).toHaveLength(2)
    // mended
    copyFileSync(fixture('version'), broken)
    expect(await served.server.reload()).toMatchObject({
      changed: ['one', 'new'],
      unchanged: ['two'],
      failed: [],
    })
    expect(await Promise.all(['one', 'new'].map((name) => ask(served, name)))).toEqual(['b', 'a'])
  })

  test('lets apps take over host names, in a chain and in a ring', async ({ expect }) => {
    const at = (name: string, hostname: string) => app(name, name, { hostname: `${hostname}.test` })
    const top = { shards: 2 }
    await using served = await serveFile([at('a', 'x'), at('b', 'y'), at('c', 'z')], { top })
    const askAll = () => Promise.all(['w', 'x', 'y', 'z'].map((name) => ask(served, name)))
    served.write([at('a', 'y'), at('b', 'z'), at('c', 'w')])
    expect(await served.server.reload()).toMatchObject({ failed: [] })
    expect(await askAll()).toEqual(['c', '404', 'a', 'b'])
    served.write([at('a', 'z'), at('b', 'w'), at('c', 'y')])
    expect(await served.server.reload()).toMatchObject({ failed: [] })
    expect(await askAll()).toEqual(['b', '404', 'c', 'a'])
  })

  test('leaves an app that was deployed alone, and says that its name or host name is taken', async ({
    expect,
  }) => {
    await using served = await serveFile([app('one', 'a')])
    const { registry } = served.server
    await registry.putUnavailable({ name: 'theirs', hostname: 'theirs.test' }, 'deployed')
    served.write([
      app('one', 'a'),
      app('theirs', 'x', { hostname: 'x.test' }),
      app('y', 'y', { hostname: 'theirs.test' }),
    ])
    const { failed } = await served.server.reload()
    expect(failed).toMatchObject([
      { app: 'theirs', code: 'APP_CONFLICT', reason: expect.stringContaining('was deployed') },
      { app: 'y', code: 'APP_CONFLICT', reason: expect.stringContaining('taken by app theirs') },
    ])
    served.write([app('one', 'a')])
    expect(await served.server.reload()).toMatchObject({ unchanged: ['one'], failed: [] })
    expect(registry.ownerOf('theirs')).toBe('deployed')
  })

  test('names the keys that hold from the next start', async ({ expect }) => {
    await using served = await serveFile([app('one', 'a')])
    served.write([app('one', 'a')], { port: 4000, keep_alive_ms: 1000, trusted_proxies: ['10.0.0.1'] })
    const { applied, needsRestart } = await served.server.reload()
    expect({ applied, needsRestart }).toEqual({
      applied: ['keep_alive_ms', 'trusted_proxies'],
      needsRestart: ['port'],
    })
    expect(served.log.at(-2)).toContain('reloaded: set keep_alive_ms, trusted_proxies; 1 unchanged')
    expect(served.log.at(-1)).toContain('holds from the next start: port')
  })
})

test('whoever has a token for everything reloads by the admin API', async ({ expect }) => {
  const top = { admin: { port: 0 } }
  await using served = await serveFile([app('one', 'a')], { top, adminToken: TOKEN })
  const ask = toAsk(served.server)
  served.write([app('one', 'b'), app('two', 'a')])
  expect((await ask('POST', '/admin/reload', { token: 'another' })).status).toBe(401)
  const { status, ...answer } = await ask('POST', '/admin/reload')
  expect([status, answer.json()]).toEqual([
    200,
    {
      added: ['two'],
      changed: ['one'],
      removed: [],
      unchanged: [],
      failed: [],
      applied: [],
      needs_restart: [],
    },
  ])
  served.write('{')
  const refused = await ask('POST', '/admin/reload')
  expect([refused.status, refused.text]).toEqual([422, expect.stringContaining('nano.json:1:2')])
})

describe('without being asked, and without traffic, a server notices', () => {
  const version = async (served: ServedFile, name: string, text: string) =>
    waitFor(async () => ((await ask(served, name)) === text ? true : undefined), 10_000, served.log)

  test('that the file was written, or another one took its name', async ({ expect }) => {
    await using served = await serveFile([app('one', 'a')], { watchMs: WATCH_MS })
    for (const text of ['b', 'c']) {
      served.write([app('one', text)])
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await version(served, 'one', text)
    }
    writeFileSync(served.file, readFileSync(served.file, 'utf8').replace('"c"', '"d"'))
    await version(served, 'one', 'd')
    served.write('{')
    await waitFor(() => served.log.find((line) => line.includes('not reloaded')))
    served.write([app('one', 'e')])
    await version(served, 'one', 'e')
    await expect
      .poll(() => served.log.filter((line) => line.includes('reloaded: changed one')))
      .toHaveLength(4)
  })

  test('that a link on the way leads elsewhere, as with a ConfigMap', async () => {
    let current = 0
    const point = (folder: string): void => {
      const target = `..version-${++current}`
      mkdirSync(join(folder, target))
      copyFileSync(join(folder, 'nano.json'), join(folder, target, 'mounted.json'))
      symlinkSync(target, join(folder, '..data_tmp'))
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
      rmSync(join(folder, `..version-${current - 1}`), { recursive: true, force: true })
    }
    const place = (folder: string): string => {
      point(folder)
      symlinkSync('..data/mounted.json', join(folder, 'mounted.json'))
      return join(folder, 'mounted.json')
    }
    await using served = await serveFile([app('one', 'a')], { watchMs: WATCH_MS, place })
    for (const text of ['b', 'c', 'd']) {
      served.write([app('one', text)])
      point(served.folder)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await version(served, 'one', text)
    }
  })

  test('that a component was built again, even when its folder went before', async ({ expect }) => {
    await using served = await serveFile([app('first', 'a')], { watchMs: WATCH_MS })
    const dist = join(served.folder, 'dist')
    const path = join(dist, 'app.wasm')
    const build = (name: string): void => {
      rmSync(dist, { recursive: true, force: true })
      mkdirSync(dist)
      copyFileSync(fixture(name), path)
    }
    build('version')
    served.write([app('one', 'a', { path })])
    await version(served, 'one', 'a')
    build('memory')
    await waitFor(
      async () => ((await served.send('one.test')).text === 'ok' ? true : undefined),
      10_000,
      served.log,
    )
    rmSync(dist, { recursive: true })
    await waitFor(() => served.log.find((line) => line.includes('there is no such file')))
    expect((await served.send('one.test')).text).toBe('ok')
    build('version')
    await version(served, 'one', 'a')
  })
})

test('SIGHUP reloads, and a process that is told twice goes on', async ({ expect }) => {
  await using served = await serveFile([app('unused', 'a')])
  const file = join(served.folder, 'process.json')
  const write = (version: string) =>
    writeFileSync(file, JSON.stringify({ shards: 1, apps: [app('one', version)] }))
  write('a')
  await using nano = await startNano(file)
  let log = ''
  nano.stderr.on('data', (part) => (log += String(part)))
  write('b')
  nano.kill('SIGHUP')
  nano.kill('SIGHUP')
  const reloaded = () => /reloaded: changed one; 0 unchanged/.test(log) || undefined
  await waitFor(reloaded, 20_000)
  expect((await send(nano.port, { host: 'one.test', path: '/' })).text).toBe('b 1')
  nano.kill('SIGTERM')
  expect(await nano.exited).toBe(0)
}, 60_000)

test(
  'again and again under load: apps that stay fail no request',
  { timeout: 120_000 },
  async ({ expect }) => {
    // more of it is in redeploy-load.test.ts
    const rounds = 6
    const stay = Array.from({ length: 10 }, (_, i) => app(`n${i}`, `n${i}`))
    await using served = await serveFile(stay, { watchMs: WATCH_MS, top: { shards: 2 } })
    const before = served.deployments()
    const state = { isOn: true, answers: 0, failures: [] as string[] }
    const client = async (offset: number): Promise<void> => {
      for (let i = offset; state.isOn; i++) {
        const { name } = stay[i % stay.length]!
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const answer = await ask(served, name)
        state.answers++
        if (answer !== name) state.failures.push(`${name}: ${answer}`)
      }
    }
    const load = Promise.all([0, 3, 6].map(client))
    for (let i = 0; i < rounds; i++) {
      // one is put again each time, another comes and goes, the others are as they were
      const others = stay.map((each, at) => (at === i ? { ...each, timeout_ms: 5000 + i + 1 } : each))
      served.write(i % 2 === 0 ? [...others, app('comes', `${i}`)] : others)
      const expected = i % 2 === 0 ? `${i}` : '404'
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await waitFor(
        async () => ((await ask(served, 'comes')) === expected ? true : undefined),
        10_000,
        served.log,
      )
    }
    state.isOn = false
    await load
    expect(state.failures).toEqual([])
    expect(state.answers).toBeGreaterThan(stay.length)
    // the last one that was begun is over
    await served.server.reload()
    const after = served.deployments()
    expect(Object.keys(after)).toEqual(Object.keys(before))
    // each change, which the next one takes back, and every other time one that came: nothing else was put
    const [first, last] = [before, after].map((ids) => Math.max(...Object.values(ids).map(Number)))
    expect(last! - first!).toBe(rounds + (rounds - 1) + rounds / 2)
  },
)
