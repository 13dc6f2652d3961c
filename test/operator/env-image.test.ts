/** Apps that read `env` at their top level: each deployment has an image that was made with its own values. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { parseConfig } from '../../host/config/parse.ts'
import { ImageFiles } from '../../host/deploy/image-files.ts'
import { findOwnCache } from '../../host/deploy/open-engines.ts'
import { toLogLine } from '../../host/log/line.ts'
import { startServer } from '../../host/server.ts'
import { send } from '../harness/http.ts'
import { fixture, fixtureSource, ROOT, serve } from '../harness/serve.ts'
import type { AppSpec, Served } from '../harness/serve.ts'

/** Some of these tests build several times. */
const LONG = 120_000

const folder = mkdtempSync(join(tmpdir(), 'nano-env-image-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Nobody has had this `env` before, so nothing of it is in the cache. */
const NEW = `run-${process.pid}-${Date.now()}`
const toUrl = (name: string): string => `postgres://${name}.${NEW}.test/db`
const toHost = (name: string): string => `${name}.${NEW}.test`

const KV = { kv_namespaces: [{ binding: 'KV' }] }
const EARLY = { name: 'early', hostname: 'early.test', path: fixture('early-env') }
const GLOBALS = { NUMBER: 21, LIST: [1, 'two', null], DEEP: { a: { b: true } }, NOTHING: null }
const CLASSIC = { name: 'classic', hostname: 'classic.test', path: fixture('early-globals') }
const PLAIN = {
  name: 'plain',
  hostname: 'plain.test',
  path: fixture('env'),
  env: { DATABASE_URL: 'x', KV: 1 },
}

const seenBy = async (server: Pick<Served, 'send'>, host: string): Promise<Record<string, unknown>> => {
  const { status, text } = await server.send(host, '/')
  return status === 200 ? (JSON.parse(text) as Record<string, unknown>) : { status }
}

describe('apps of a configuration', () => {
  const apps: AppSpec[] = [
    { ...EARLY, env: { DATABASE_URL: toUrl('one'), SIZES: [1, 2] }, ...KV },
    {
      ...EARLY,
      name: 'source',
      hostname: 'source.test',
      path: fixtureSource('early-env'),
      env: { DATABASE_URL: toUrl('two') },
    },
    { ...CLASSIC, env: { ...GLOBALS, TEXT: NEW, FLAG: false }, ...KV },
    PLAIN,
  ]
  let server: Served

  beforeAll(async () => {
    server = await serve(apps, 2)
  })
  afterAll(() => server.close())

  test('have the values of their own deployments, whether they are components or sources', async ({
    expect,
  }) => {
    expect(await seenBy(server, 'early.test')).toMatchObject({
      host: toHost('one'),
      sizes: [1, 2],
      viaProcess: toUrl('one'),
      value: 'http://early.test/',
      isSame: true,
      names: [
        ['DATABASE_URL', 'SIZES', 'KV'],
        ['DATABASE_URL', 'SIZES', 'KV'],
      ],
    })
    expect(await seenBy(server, 'source.test')).toMatchObject({ host: toHost('two'), value: null })
  })

  test('of the older style have variables and bindings as globals there', async ({ expect }) => {
    expect(await seenBy(server, 'classic.test')).toEqual({
      seen: [42, 1, 'two', null, { b: true }, null, 'boolean', NEW],
      value: 'http://classic.test/',
    })
  })

  test('cost a build for each env, and others none; after a restart there is none at all', async ({
    expect,
  }) => {
    expect(await seenBy(server, 'plain.test')).toEqual({ DATABASE_URL: 'x', KV: 1 })
    expect(server.images.made).toBe(3)
    await server.close()
    server = await serve(apps)
    expect(await seenBy(server, 'early.test')).toMatchObject({ host: toHost('one') })
    expect(server.images).toMatchObject({ made: 0, remakes: 0 })
  })

  test(
    'have an image made again when the one in the cache has gone',
    { timeout: LONG },
    async ({ expect }) => {
      const env = { DATABASE_URL: toUrl('gone') }
      // the first one warms the engine, and is loaded at once
      await using other = await serve([PLAIN, { ...EARLY, env, timeout_ms: 60_000 }])
      const { id } = other.registry.state.deployments.find(({ name }) => name === 'early')!.image
      rmSync(new ImageFiles(findOwnCache()).toContentPath(id))
      expect(await seenBy(other, 'early.test')).toMatchObject({ host: toHost('gone') })
      expect(other.images).toMatchObject({ made: 2, remakes: 1 })
    },
  )

  test(
    'get another image with other values; values that it fails with leave the one that serves',
    { timeout: LONG },
    async ({ expect }) => {
      await server.put({ ...EARLY, env: { DATABASE_URL: toUrl('three') }, ...KV })
      expect(await seenBy(server, 'early.test')).toMatchObject({ host: toHost('three') })
      const broken = server.put({ ...EARLY, env: { DATABASE_URL: `no url, ${NEW}` } })
      await expect(broken).rejects.toMatchObject({
        code: 'BUILD_FAILED',
        message: expect.stringMatching(
          /^the app's top level reads env, .*early-env\.ts:\d+:\d+: TypeError: URL constructor/,
        ) as string,
      })
      await expect(server.put({ ...EARLY, env: {} })).rejects.toMatchObject({ code: 'BUILD_FAILED' })
      expect(await seenBy(server, 'early.test')).toMatchObject({ host: toHost('three') })
    },
  )

  test('cannot do I/O there', async ({ expect }) => {
    const early = server.put({ ...EARLY, env: { DATABASE_URL: toUrl('io'), READS_EARLY: true }, ...KV })
    await expect(early).rejects.toMatchObject({
      code: 'BUILD_FAILED',
      message: expect.stringContaining('cannot be used at the top level of the app') as string,
    })
  })

  test('that fail with their env keep no other from being served', async ({ expect }) => {
    await using other = await serve([{ ...EARLY, env: { DATABASE_URL: 'no url' } }, PLAIN])
    expect(await seenBy(other, 'early.test')).toEqual({ status: 502 })
    expect(await seenBy(other, 'plain.test')).toMatchObject({ KV: 1 })
    expect(other.log.join('\n')).toContain('TypeError: URL constructor')
  })
})

test(
  'versions that were deployed have the env of their settings: side by side, rolled back, and after a restart',
  { timeout: LONG },
  async ({ expect }) => {
    const dataDirectory = join(folder, 'data')
    const component = readFileSync(fixture('early-env'))
    const settings = (name: string) => ({ env: { DATABASE_URL: toUrl(name), SECOND: name } })
    const hostname = 'shop.test'
    const seen = async (server: Served) => {
      const headers = Array.from({ length: 40 }, (_, i) => ({ 'x-user': String(i) }))
      const answers = await Promise.all(headers.map((each) => server.send(hostname, '/', { headers: each })))
      return [...new Set(answers.map(({ text }) => (JSON.parse(text) as { host: string }).host))].sort()
    }
    {
      await using server = await serve([], 2, { dataDirectory })
      const sticky = { sticky_by: 'header:x-user' }
      await server.deployed.deploy({
        app: 'shop',
        hostname,
        component,
        settings: { ...settings('a'), ...sticky },
      })
      await server.deployed.deploy({ app: 'shop', settings: { ...settings('b'), ...sticky }, percent: 50 })
      expect(await seen(server)).toEqual([toHost('a'), toHost('b')])
      await server.deployed.promote('shop', 2, 100)
      expect(await seen(server)).toEqual([toHost('b')])
      const broken = server.deployed.deploy({ app: 'shop', settings: { env: {} } })
      await expect(broken).rejects.toMatchObject({ code: 'BUILD_FAILED' })
      expect(await seen(server)).toEqual([toHost('b')])
      await server.deployed.rollBack('shop', 1)
      expect(await seen(server)).toEqual([toHost('a')])
      expect(server.images.made).toBe(2)
    }
    await using again = await serve([], 2, { dataDirectory })
    expect(await seen(again)).toEqual([toHost('a')])
    expect(again.images).toMatchObject({ made: 0, remakes: 0 })
  },
)

test('a secret that is read at the top level lies sealed', async ({ expect }) => {
  const secret = `postgres://user:${NEW}-secret@db.test/`
  process.env['NANO_TEST_EARLY_SECRET'] = secret
  const spec = { ...EARLY, secrets: { DATABASE_URL: { env: 'NANO_TEST_EARLY_SECRET' } } }
  const text = JSON.stringify({ port: 0, shards: 1, admin: false, apps: [spec] })
  const log: string[] = []
  const server = await startServer({
    config: parseConfig(text, join(ROOT, 'test/nano.json')),
    log: (entry) => log.push(toLogLine(entry)),
  })
  await using _ = { [Symbol.asyncDispose]: () => server.close() }
  const { text: seen } = await send(server.port, { host: 'early.test', path: '/' })
  expect(JSON.parse(seen)).toMatchObject({ host: 'db.test', viaProcess: secret })
  const { image, engineHash } = server.registry.state.deployments[0]!
  const files = new ImageFiles(findOwnCache())
  const bytes = readFileSync(files.toContentPath(image.id))
  expect(bytes.includes('NANOIMG')).toBe(false)
  // who does not know the secret cannot open it, and who tries makes it be made again
  expect(() => files.load(engineHash, image.id, new Uint8Array(32))).toThrow('cannot be read')
  expect(log.join('\n')).not.toContain('-secret')
})
