/** What a configuration would change on a server that runs, asked of it before. */

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, utimesSync, copyFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, test } from 'vitest'

import { TOKEN, toAsk } from '../harness/admin.ts'
import { fixture, ROOT } from '../harness/serve.ts'
import { serveFile } from '../harness/serve-file.ts'
import { toVersion as app } from '../harness/versions.ts'

const CI_TOKEN = 'a-token-of-the-pipeline'

const folder = mkdtempSync(join(tmpdir(), 'nano-plan-'))
afterAll(() => rmSync(folder, { recursive: true }))

const run = (env: object, ...args: string[]): Promise<{ status: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const options = { env: { ...process.env, ...env } }
    execFile(process.execPath, [join(ROOT, 'host/main.ts'), ...args], options, (error, out, err) =>
      resolve({ status: error === null ? 0 : Number(error.code), out, err }),
    )
  })

test('is exactly what a reload then does, and nothing is done before', async ({ expect }) => {
  const other = join(folder, 'other.wasm')
  copyFileSync(fixture('version'), other)
  const before = [
    app('same', 'a'),
    app('env', 'a'),
    app('limit', 'a'),
    app('bytes', 'a', { path: other }),
    app('goes', 'a'),
    app('left', 'a'),
    app('right', 'a'),
  ]
  const top = { admin: { port: 0 }, shards: 1 }
  await using served = await serveFile(before, {
    top,
    adminToken: TOKEN,
    dataDirectory: join(folder, 'data'),
  })
  const ask = toAsk(served.server)
  await ask('PUT', '/admin/apps/theirs?hostname=theirs.test', { body: readFileSync(fixture('version')) })
  const apps = [
    app('same', 'a'),
    app('env', 'b', { env: { VERSION: 'secret', MORE: 1 } }),
    app('limit', 'a', { timeout_ms: 7000, egress: { allow: ['api.test'] } }),
    app('bytes', 'a', { path: other }),
    app('left', 'a', { hostname: 'right.test' }),
    app('right', 'a', { hostname: 'left.test' }),
    app('comes', 'a'),
    app('theirs', 'a', { hostname: 'x.test' }),
    app('y', 'a', { hostname: 'theirs.test' }),
  ]
  copyFileSync(fixture('mirror'), other)
  utimesSync(other, 1, 1)
  const served0 = served.deployments()
  const text = JSON.stringify({
    port: 0,
    ...top,
    defaults: { cpu_ms: 10_000 },
    access_log: true,
    engines: [],
    apps,
  })
  const plan = await ask('POST', '/admin/plan', { json: { config: `// mine\n${text}` } })
  expect(plan.json()).toEqual({
    added: ['comes'],
    changed: [
      { app: 'env', keys: ['env.MORE', 'env.VERSION'] },
      { app: 'limit', keys: ['egress', 'timeout_ms'] },
      { app: 'bytes', keys: ['component'] },
      { app: 'left', keys: ['hostname'] },
      { app: 'right', keys: ['hostname'] },
    ],
    removed: ['goes'],
    unchanged: ['same'],
    refused: [
      { app: 'theirs', reason: expect.stringContaining('was deployed') },
      { app: 'y', reason: expect.stringContaining('taken by app theirs') },
    ],
    applied: ['access_log'],
    needs_restart: ['engines'],
  })
  expect(plan.text).not.toContain('secret')
  expect(served.deployments()).toEqual(served0)
  // that of the server's own file
  expect((await ask('POST', '/admin/plan', { json: {} })).json()).toMatchObject({
    changed: [{ app: 'bytes', keys: ['component'] }],
    needs_restart: [],
  })
  served.write(text)
  type Done = Record<'added' | 'changed' | 'removed' | 'unchanged' | 'applied', string[]> & {
    failed: { app: string }[]
  }
  const done = (await ask('POST', '/admin/reload')).json<Done>()
  expect(done).toMatchObject({
    added: ['comes'],
    removed: ['goes'],
    unchanged: ['same'],
    applied: ['access_log'],
  })
  expect(done.changed.toSorted()).toEqual(['bytes', 'env', 'left', 'limit', 'right'])
  expect(done.failed.map((each) => each.app)).toEqual(['theirs', 'y'])
  const again = (await ask('POST', '/admin/plan', { json: {} })).json()
  expect(again).toMatchObject({ added: [], changed: [], removed: [], applied: [], refused: [{}, {}] })

  const wrong = await ask('POST', '/admin/plan', { json: { config: '{\n "apps": 5 }' } })
  expect([wrong.status, wrong.text]).toEqual([
    422,
    expect.stringContaining('nano.json:2:10: apps: expected a list'),
  ])
  for (const token of [null, 'another']) {
    expect((await ask('POST', '/admin/plan', { token, json: {} })).status).toBe(401)
  }
})

test('is told by validate and by serve --dry-run, as text and as JSON', async ({ expect }) => {
  const top = { admin: { port: 0, tokens_file: 'tokens' }, shards: 1 }
  await using served = await serveFile([app('one', 'a'), app('goes', 'a')], {
    top,
    adminToken: TOKEN,
    dataDirectory: join(folder, 'more'),
    place(where) {
      writeFileSync(join(where, 'tokens'), `ci ${CI_TOKEN} deploy:one\n`)
      return join(where, 'nano.json')
    },
  })
  const env = { NANO_ADMIN_URL: served.server.adminUrl, NANO_ADMIN_TOKEN: TOKEN }
  const file = join(folder, 'next.json')
  const write = (...apps: object[]): void =>
    writeFileSync(file, JSON.stringify({ port: 0, ...top, defaults: { cpu_ms: 10_000 }, apps }))
  write(app('one', 'b'), app('comes', 'a'))
  const lines = 'on the running server, 0 apps unchanged:\n+ comes\n~ one: env.VERSION\n- goes\n'
  const ci = { ...env, NANO_ADMIN_TOKEN: CI_TOKEN }
  const [validated, tried, json, triedJson, alone, untold] = await Promise.all([
    run(env, 'validate', file),
    run(env, 'serve', '--config', file, '--dry-run'),
    run(env, 'validate', file, '--json'),
    run(env, 'serve', '--config', file, '--dry-run', '--json'),
    run({ NANO_ADMIN_URL: '' }, 'validate', file),
    run(ci, 'validate', file),
  ])
  expect([validated.status, validated.out]).toEqual([0, expect.stringContaining(lines)])
  expect([tried.status, tried.out]).toEqual([0, expect.stringContaining(lines)])
  const plan = {
    added: ['comes'],
    changed: [{ app: 'one', keys: ['env.VERSION'] }],
    removed: ['goes'],
    refused: [],
  }
  expect(JSON.parse(json.out)).toMatchObject({ valid: true, plan })
  expect(JSON.parse(triedJson.out)).toMatchObject({
    apps: [{ name: 'one' }, { name: 'comes' }],
    problems: [],
    plan,
  })
  expect([alone.status, alone.out.includes('running server')]).toEqual([0, false])
  expect([untold.status, untold.out.includes('running server'), untold.err]).toEqual([
    0,
    false,
    expect.stringContaining('is not told: expected a token with scope all for this, got ci'),
  ])

  await toAsk(served.server)('PUT', '/admin/apps/theirs', { body: readFileSync(fixture('version')) })
  write(app('one', 'a'), app('theirs', 'a'))
  const [refused, tried2] = await Promise.all([
    run(env, 'validate', file, '--json'),
    run(env, 'serve', '--config', file, '--dry-run'),
  ])
  expect([refused.status, JSON.parse(refused.out)]).toMatchObject([
    1,
    {
      valid: false,
      problems: [{ line: 1, app: 'theirs', message: expect.stringContaining('was deployed') }],
    },
  ])
  expect([tried2.status, tried2.err]).toEqual([
    1,
    expect.stringContaining('app theirs: app theirs was deployed'),
  ])
})
