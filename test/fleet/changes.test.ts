/** Hosts of a fleet: changes at once, host names, canaries, files, rollouts, NATS that is gone, state that is another one. */

import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { parseNewAssets } from '../../host/assets/new-assets.ts'
import { NanoError } from '../../host/errors.ts'
import { FLEET_SERIES } from '../../host/telemetry/fleet-series.ts'
import { toAsk, TOKEN } from '../harness/admin.ts'
import { NatsServer, NO_NATS } from '../harness/nats.ts'
import { fixture, ROOT, serve, waitFor } from '../harness/serve.ts'
import type { Served, ServeOptions } from '../harness/serve.ts'
import { ask, becomes, toDeploy } from './hosts.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-fleet-'))
const key = join(folder, 'key')
writeFileSync(key, 'a key of the fleet, which is long enough\n')

afterAll(() => rmSync(folder, { recursive: true }))

/** What GET /admin/fleet gives. */
interface FleetAnswer {
  hosts: { host: string; alive: boolean }[]
  apps: { app: string; behind: string[]; failed: unknown[] }[]
}

interface StepAnswer {
  version: number
  canary?: object
  refused?: { version: number; reason: string }
}

describe.skipIf(NO_NATS !== undefined)(`a fleet${NO_NATS ? ` (skipped: ${NO_NATS})` : ''}`, () => {
  let nats: NatsServer
  beforeAll(async () => {
    nats = await NatsServer.start()
  })
  afterAll(() => nats[Symbol.asyncDispose]())

  const open = (host: string, more: ServeOptions = {}): Promise<Served> =>
    serve([], 1, {
      dataDirectory: join(folder, host),
      fleet: { nats: nats.url, host, key: { file: key } },
      ...more,
    })

  test('lets one of two changes at once win, and loses none', async ({ expect }) => {
    await using a = await open('a1')
    await using b = await open('b1')
    await a.deployed.deploy(toDeploy('race', '0'))
    await becomes(b, 'race.test', '0')
    const reports = await Promise.all(
      ['1', '2', '3', '4'].map((version, index) =>
        [a, b][index % 2]!.deployed.deploy(toDeploy('race', version)),
      ),
    )
    expect(new Set(reports.map(({ version }) => version))).toEqual(new Set([2, 3, 4, 5]))
    const last = `${reports.findIndex(({ version }) => version === 5) + 1}`
    await Promise.all([becomes(a, 'race.test', last), becomes(b, 'race.test', last)])
    // who says what he expects is told
    const guarded = [a, b].map((host, index) =>
      host.deployed
        .deploy(toDeploy('race', `guarded ${index}`), (before) => {
          if (before?.active.number !== 5) throw new NanoError('APP_CHANGED', 'it is another one')
        })
        .then(
          ({ version }) => version,
          ({ code }: NanoError) => code,
        ),
    )
    expect(new Set(await Promise.all(guarded))).toEqual(new Set([6, 'APP_CHANGED']))
    // one host name, two apps, two hosts
    const claims = await Promise.allSettled([
      a.deployed.deploy(toDeploy('one', 'x', { hostname: 'claimed.test' })),
      b.deployed.deploy(toDeploy('two', 'y', { hostname: 'claimed.test' })),
    ])
    const refused = claims.flatMap((each) =>
      each.status === 'rejected' ? (each.reason as NanoError).code : [],
    )
    expect(refused).toEqual(['APP_CONFLICT'])
    await a.deployed.remove('race')
    await becomes(b, 'race.test', '404')
    expect(await b.deployed.deploy(toDeploy('race', 'again'))).toMatchObject({ version: 1 })
    await becomes(a, 'race.test', 'again')
  })

  test('serves a component from elsewhere on each host, which one alone has checked', async ({ expect }) => {
    await using a = await open('a9')
    await using b = await open('b9')
    const component = readFileSync(join(ROOT, 'test/fixtures/foreign/rust/guest.wasm'))
    const given = { component, settings: { foreign: { processes: 1 } } }
    await a.deployed.deploy(toDeploy('rust', 'x', given))
    const hello = async (server: Served) => (await server.send('rust.test', '/')).text === 'hello from Rust\n'
    const served = [a, b].map((host) => waitFor(async () => (await hello(host)) || undefined, 30_000))
    expect(await Promise.all(served)).toEqual([true, true])
    await b.deployed.remove('rust')
    await becomes(a, 'rust.test', '404')
  })

  test('serves canaries, settings and files; says how far each host is; and NATS sees no value of env', async ({
    expect,
  }) => {
    await using a = await open('a2', { admin: { port: 0 }, adminToken: TOKEN })
    // has a host name of its own
    await using b = await serve([{ name: 'own', hostname: 'files.test', path: fixture('version') }], 1, {
      dataDirectory: join(folder, 'b2'),
      fleet: { nats: nats.url, host: 'b2', key: { file: key } },
    })
    await a.deployed.deploy(toDeploy('canary', 'old-secret'))
    await a.deployed.deploy(toDeploy('canary', 'new-secret', { percent: 50 }))
    await waitFor(
      () => b.registry.apps.find(({ name }) => name === 'canary')?.canary?.percent === 50 || undefined,
      15_000,
    )
    const bytes = Buffer.from('a file')
    const hash = createHash('sha256').update(bytes).digest('hex')
    await a.deployed.putFile(hash, bytes)
    const assets = parseNewAssets(JSON.stringify({ files: { '/a.txt': { hash, size: 6 } } }))
    await a.deployed.deploy({ app: 'plain', hostname: 'plain.test', assets })
    await waitFor(async () => (await b.send('plain.test', '/a.txt')).text === 'a file' || undefined, 15_000)
    await a.deployed.deploy(toDeploy('files', 'taken'))
    const admin = toAsk(a)
    const view = await waitFor(async () => {
      const fleet = (await admin('GET', '/admin/fleet')).json<FleetAnswer>()
      const isSeen = fleet.apps.some(({ app, failed }) => app === 'files' && failed.length > 0)
      return isSeen && fleet.apps.every(({ behind }) => behind.length === 0) ? fleet : undefined
    }, 15_000)
    expect(view).toMatchObject({ name: 'nano', host: 'a2', state: 'watching' })
    expect(view.hosts.filter(({ alive }) => alive).map(({ host }) => host)).toEqual(['a2', 'b2'])
    const byName = Object.fromEntries(view.apps.map((app) => [app.app, app]))
    expect(byName['canary']).toMatchObject({
      version: 1,
      canary: { version: 2, percent: 50 },
      converged: ['a2', 'b2'],
    })
    expect(byName['files']).toMatchObject({
      converged: ['a2'],
      failed: [{ host: 'b2', code: 'APP_CONFLICT' }],
    })
    expect(await ask(b, 'files.test')).not.toBe('taken')
    const { text } = await admin('GET', '/metrics')
    expect(text).toMatch(/^nano_fleet_watching 1$/m)
    expect(FLEET_SERIES.filter(({ name }) => !new RegExp(`^${name}[ {]`, 'm').test(text))).toEqual([])
    const files = readdirSync(nats.folder, { recursive: true, withFileTypes: true }).filter((file) =>
      file.isFile(),
    )
    const kept = files.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1')).join('')
    expect([kept.includes('canary.test'), kept.includes('-secret')]).toEqual([true, false])
    // each host has a disk of its own
    const gone = await admin('DELETE', '/admin/apps/plain?data=true')
    expect(gone.json()).toMatchObject({ success: true, kept_by: expect.arrayContaining(['b2']) as string[] })
  })

  test(
    'lets a new version come step by step, and takes it back when its errors are more',
    { timeout: 120_000 },
    async ({ expect }) => {
      const rollout = { steps: [50], seconds: 1, requests: 5, errors: 10 }
      const join3 = (host: string): Promise<Served> =>
        open(host, {
          fleet: { nats: nats.url, host, key: { file: key }, rollout },
          admin: { port: 0 },
          adminToken: TOKEN,
        })
      await using a = await join3('a3')
      await using b = await join3('b3')
      const settings = (version: string, ms: number) => ({
        settings: { env: { VERSION: version }, sticky_by: 'header:x-user', timeout_ms: ms },
      })
      await a.deployed.deploy(toDeploy('steps', '', settings('one', 5000)))
      await becomes(b, 'steps.test', 'one')
      /** Clients ask both hosts, until `look` finds what it looks for in what the fleet says of the app. */
      const until = async (look: (app: StepAnswer) => boolean): Promise<StepAnswer> => {
        let user = 0
        return await waitFor(async () => {
          const users = Array.from({ length: 4 }, () => `${user++}`)
          const sent = users.flatMap((each) =>
            [a, b].map((host) => host.send('steps.test', '/?ms=250', { headers: { 'x-user': each } })),
          )
          await Promise.all(sent)
          const { apps } = (await toAsk(a)('GET', '/admin/fleet?search=steps')).json<{ apps: StepAnswer[] }>()
          return apps[0] !== undefined && look(apps[0]) ? apps[0] : undefined
        }, 60_000)
      }
      expect(await a.deployed.deploy(toDeploy('steps', '', settings('two', 4000)))).toMatchObject({
        percent: 50,
      })
      const passed = await until(({ version, canary }) => version === 2 && canary === undefined)
      expect(passed).not.toHaveProperty('refused')
      await becomes(b, 'steps.test', 'two')
      // it does not answer in time
      expect(await b.deployed.deploy(toDeploy('steps', '', settings('three', 100)))).toMatchObject({
        percent: 50,
      })
      const { refused } = await until((app) => app.refused !== undefined)
      expect(refused).toMatchObject({
        version: 3,
        reason: expect.stringContaining('answers are errors') as string,
      })
      await Promise.all([becomes(a, 'steps.test', 'two'), becomes(b, 'steps.test', 'two')])
      expect([...a.log, ...b.log].join()).toContain('version 3 is taken back')
    },
  )

  test('is served as it was where NATS is gone, also after a restart; changes wait for it', async ({
    expect,
  }) => {
    await using own = await NatsServer.start()
    const alone = (): Promise<Served> =>
      serve([], 1, {
        dataDirectory: join(folder, 'alone'),
        fleet: { nats: own.url, host: 'alone', key: false },
      })
    {
      await using a = await alone()
      await a.deployed.deploy(toDeploy('kept', 'kept'))
      await own.kill()
      await a.logged('the connection is lost')
      expect(await ask(a, 'kept.test')).toBe('kept')
      const refused = a.deployed.deploy(toDeploy('kept', 'new'))
      await expect(refused).rejects.toMatchObject({ code: 'FLEET_UNAVAILABLE' })
    }
    await using a = await alone()
    await a.logged('no NATS server can be reached')
    expect(await ask(a, 'kept.test')).toBe('kept')
    await own.start()
    await waitFor(
      () =>
        a.deployed.deploy(toDeploy('kept', 'new')).then(
          () => true,
          () => undefined,
        ),
      15_000,
    )
    expect(await ask(a, 'kept.test')).toBe('new')
  })

  test('does not take its apps away because the state has gone', async ({ expect }) => {
    const dataDirectory = join(folder, 'wiped')
    {
      await using own = await NatsServer.start()
      await using a = await serve([], 1, { dataDirectory, fleet: { nats: own.url, host: 'a', key: false } })
      await a.deployed.deploy(toDeploy('kept', 'kept'))
    }
    await using other = await NatsServer.start()
    await using a = await serve([], 1, { dataDirectory, fleet: { nats: other.url, host: 'a', key: false } })
    await a.logged('was made anew')
    expect(await ask(a, 'kept.test')).toBe('kept')
    const refused = a.deployed.deploy(toDeploy('kept', 'new'))
    await expect(refused).rejects.toMatchObject({ code: 'FLEET_UNAVAILABLE' })
  })
})
