/** The commands that ask a running server, and `serve` with a data directory: real processes, and what they print. */

import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import { TOKEN } from '../harness/admin.ts'
import { startNano } from '../harness/process.ts'
import { send } from '../harness/http.ts'
import { fixture, fixtureSource, ROOT } from '../harness/serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

const MAIN = join(ROOT, 'host/main.ts')

interface Ended {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

/** One command, from start to end. */
function command(args: readonly string[], env: Record<string, string>): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, env: { ...process.env, ...env } })
    let [out, err] = ['', '']
    child.stdout.on('data', (part) => (out += String(part)))
    child.stderr.on('data', (part) => (err += String(part)))
    child.once('close', (status) => resolve({ status, out, err }))
  })
}

describe('a server without an app in its file', () => {
  test('has apps deployed from a shell, listed, rolled back, promoted and deleted, and keeps them', async ({
    expect,
  }) => {
    const directory = join(folder, 'empty')
    mkdirSync(directory)
    const config = join(directory, 'nano.json')
    writeFileSync(config, '{ "shards": 1 }')
    const settings = join(folder, 'settings.json')
    writeFileSync(settings, '{ "env": { "VERSION": "two" } }')
    {
      await using nano = await startNano(config, { env: { NANO_ADMIN_TOKEN: TOKEN } })
      const env = { NANO_ADMIN_URL: `http://127.0.0.1:${nano.adminPort}`, NANO_ADMIN_TOKEN: TOKEN }
      const nanoWorkers = (...args: string[]) => command(args, env)
      const ask = async (host: string) => (await send(nano.port, { host, path: '/' })).text.split(' ', 1)[0]

      expect(await nanoWorkers('apps', '--json')).toMatchObject({ status: 0, out: '{"apps":[]}\n' })
      const first = await nanoWorkers(
        'deploy',
        fixture('version'),
        '--name',
        'shop',
        '--hostname',
        'shop.test',
      )
      expect(first).toMatchObject({
        status: 0,
        out: expect.stringMatching(/^shop version 1 serves shop\.test\n/),
      })
      expect(await ask('shop.test')).toBe('none')
      const waiting = await nanoWorkers(
        'deploy',
        fixtureSource('version'),
        '--name=shop',
        `--settings=${settings}`,
        '--no-traffic',
      )
      expect(waiting.out).toContain('shop version 2 waits; nano-workers promote shop 2, beside version 1\n')
      expect(await ask('shop.test')).toBe('none')
      const promoted = await nanoWorkers('promote', 'shop', '2', '--json')
      expect(JSON.parse(promoted.out)).toMatchObject({ app: 'shop', version: 2, previous: 1, serves: true })
      expect(await ask('shop.test')).toBe('two')
      const back = await nanoWorkers('rollback', 'shop')
      expect(back.out).toMatch(
        /^shop version 1 serves shop\.test, in place of version 2\n[^]*env\.VERSION changed/,
      )
      expect(await ask('shop.test')).toBe('none')
      await nanoWorkers('rollback', 'shop', '2')
      const versions = await nanoWorkers('versions', 'shop')
      expect(versions.out.split('\n')).toEqual([
        expect.stringMatching(/^VERSION +DEPLOYED +HOST NAME +COMPONENT$/),
        expect.stringMatching(/^2 +serves +20\S+Z +shop\.test +[0-9a-f]{12}$/),
        expect.stringMatching(/^1 +20\S+Z +shop\.test +[0-9a-f]{12}$/),
        '',
      ])
      const canary = await nanoWorkers('promote', 'shop', '1', '--percent', '10')
      expect(canary.out).toMatch(/^shop version 1 serves 10 % of shop\.test, beside version 2\n/)
      expect((await nanoWorkers('versions', 'shop')).out).toMatch(/\n2 +serves 90 % .*\n1 +serves 10 % /)
      expect((await nanoWorkers('apps')).out).toMatch(/\nshop +shop\.test +deployed +serving +2, 1 \(10 %\) /)
      const third = ['deploy', fixture('mirror'), '--name=shop', '--percent=20', '--json']
      expect(JSON.parse((await nanoWorkers(...third)).out)).toMatchObject({ version: 3, percent: 20 })
      const backAgain = await nanoWorkers('rollback', 'shop')
      expect(backAgain.out).toMatch(/^shop version 2 serves shop\.test, in place of version 3\n/)
      await nanoWorkers('deploy', fixture('mirror'), '--hostname', 'gone.test')
      expect((await nanoWorkers('apps')).out).toMatch(
        /^NAME +HOST NAME.*\nmirror +gone\.test +deployed +serving +1 /,
      )
      expect(await nanoWorkers('delete', 'mirror')).toMatchObject({ status: 0, out: 'mirror is deleted\n' })

      const refusals: [args: string[], status: number, complaint: RegExp][] = [
        [['promote', 'shop', '1', '--percent', '101'], 2, /--percent: expected a whole number from 0 to 100/],
        [
          ['deploy', settings, '--no-traffic', '--percent', '5'],
          2,
          /expected --no-traffic or --percent, got both/,
        ],
        [['rollback', 'nobody'], 1, /APP_UNKNOWN: there is no app "nobody" that was deployed/],
        [['deploy', settings, '--name', 'x'], 1, /nano-workers: \w+:/],
        [
          ['deploy', fixture('version'), '--name', 'x', '--hostname', 'shop.test'],
          1,
          /APP_CONFLICT: .*taken/,
        ],
        [
          ['deploy', fixture('version'), '--settings', 'nowhere'],
          2,
          /--settings: nowhere cannot be read \(ENOENT\)/,
        ],
        [['promote', 'shop'], 2, /missing required argument 'version'/],
      ]
      for (const [args, status, complaint] of refusals) {
        expect(await nanoWorkers(...args)).toMatchObject({ status, err: expect.stringMatching(complaint) })
      }
      const wrong = await command(['apps'], { ...env, NANO_ADMIN_TOKEN: 'a-token-of-nobody' })
      expect(wrong).toMatchObject({
        status: 1,
        err: expect.stringMatching(/UNAUTHORIZED: .*NANO_ADMIN_TOKEN/),
      })
    }
    await using again = await startNano(config)
    expect((await send(again.port, { host: 'shop.test', path: '/' })).text).toMatch(/^two /)
    expect(again.announcement).toMatch(/^shop +shop\.test /m)
  }, 120_000)
})

test('queues are listed, looked into, paused and purged', { timeout: 60_000 }, async ({ expect }) => {
  const directory = join(folder, 'queues')
  mkdirSync(directory)
  const config = join(directory, 'nano.json')
  const queues = { producers: [{ binding: 'QUEUE', queue: 'mails' }] }
  const app = { name: 'shop', hostname: 'shop.test', path: fixture('queues'), queues }
  writeFileSync(config, JSON.stringify({ shards: 1, apps: [app] }))
  await using nano = await startNano(config, { env: { NANO_ADMIN_TOKEN: TOKEN } })
  const env = { NANO_ADMIN_URL: `http://127.0.0.1:${nano.adminPort}`, NANO_ADMIN_TOKEN: TOKEN }
  const of = async (...args: string[]) => {
    const { status, out, err } = await command(['queues', ...args], env)
    return status === 0 ? out : `${status}: ${err}`
  }
  const steps = [['QUEUE', 'send', { to: 'ada\u001b[2J', text: 'x'.repeat(100) }]]
  await send(nano.port, { host: 'shop.test', path: '/', method: 'POST', body: JSON.stringify(steps) })
  expect(await of('pause', 'shop', 'mails')).toBe('mails is paused\n')
  expect(await of('shop')).toMatch(/^QUEUE +MESSAGES .*\nmails \(paused\) +1 +0\.2 kB +20\S+Z +- +- +-\n$/)
  expect(await of('resume', 'shop', 'mails')).toBe('mails is resumed\n')
  expect(await of('list', 'shop', '--json')).toContain('"paused":false')
  expect(await of('peek', 'shop', 'mails')).toMatch(
    /^ID +SENT .*\n[0-9a-f]{32} +20\S+Z +0 +json +\{"to":"ada\\u001b\[2J","text":"x+\.\.\.\n$/,
  )
  expect(await of('peek', 'shop', 'mails', '--limit', '0')).toMatch(/^2: .*--limit: expected a whole number/)
  expect(await of('purge', 'shop', 'mails')).toBe('messages of mails are gone\n')
  expect(await of('peek', 'shop', 'mails', '--json')).toBe('{"messages":[]}\n')
  expect(await of('purge', 'shop', 'other')).toMatch(/^1: .*NOT_FOUND: app shop names no queue "other"/)
})

test('a server that is none, or not there, or no address', async ({ expect }) => {
  const other = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  const { port } = other.address() as AddressInfo
  const apps = (url: string) => command(['apps'], { NANO_ADMIN_URL: url })
  expect(await apps(`http://127.0.0.1:${port}`)).toMatchObject({
    status: 1,
    err: expect.stringMatching(/SERVER_UNREACHABLE: .* answers 200, but not as NANO does/),
  })
  await new Promise((resolve) => other.close(resolve))
  expect(await apps(`http://127.0.0.1:${port}`)).toMatchObject({
    status: 1,
    err: expect.stringMatching(/no server answers at .*ECONNREFUSED.*NANO_ADMIN_URL/),
  })
  expect(await apps('localhost:3001')).toMatchObject({
    status: 2,
    err: expect.stringMatching(/NANO_ADMIN_URL: expected http:.*got "localhost:3001"/),
  })
})

test('inspect says what a component is, without a server', async ({ expect }) => {
  const { status, out } = await command(['inspect', fixture('version'), '--json'], {})
  expect(status).toBe(0)
  expect(JSON.parse(out)).toMatchObject({
    component_bytes: readFileSync(fixture('version')).length,
    engine: expect.stringMatching(/^[0-9a-f]{64}$/),
    engine_is_served: true,
    world: expect.stringContaining('nano:'),
    bundle: { entry: expect.stringContaining('version') },
    source_map: 'of this component',
  })
  const text = await command(['inspect', fixture('version')], {})
  expect(text.out).toMatch(
    /^component .*\nworld .*\nengine .*served by this version\n[^]*source map {2}of this/,
  )
  const early = await command(['inspect', fixture('early-env')], {})
  expect(early.out).toContain('reads env   DATABASE_URL, at the top level, which fails without')
  const none = await command(['inspect', join(ROOT, 'package.json')], {})
  expect(none).toMatchObject({
    status: 1,
    err: expect.stringMatching(/COMPONENT_INVALID: .*package\.json: /),
  })
})
