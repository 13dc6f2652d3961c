// Secrets: where they come from, that they are read again, and that nothing shows them.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { parseConfig } from '../../host/config/parse.ts'
import { toLogLine } from '../../host/log/line.ts'
import { startServer } from '../../host/server.ts'
import { toAsk, TOKEN } from '../harness/admin.ts'
import { send } from '../harness/http.ts'
import { fixture } from '../harness/serve.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nano-secrets-'))
  mkdirSync(join(directory, 'credentials'))
  write('key.txt', 'of-a-file\n')
  write('credentials/db', 'of-systemd')
  process.env['NANO_TEST_SECRET'] = 'of-the-environment'
  process.env['CREDENTIALS_DIRECTORY'] = join(directory, 'credentials')
})
afterEach(() => {
  delete process.env['NANO_TEST_SECRET']
  delete process.env['CREDENTIALS_DIRECTORY']
  rmSync(directory, { recursive: true })
})

const write = (name: string, text: string) => writeFileSync(join(directory, name), text)

function parse(secrets: object) {
  const path = fixture('env')
  const apps = [{ name: 'shop', path, env: { PLAIN: 'plain' }, secrets }]
  return parseConfig(
    JSON.stringify({ port: 0, shards: 1, admin: { port: 0 }, apps }),
    join(directory, 'nano.json'),
  )
}

async function start(secrets: object) {
  const log: string[] = []
  const config = parse(secrets)
  const server = await startServer({ config, adminToken: TOKEN, log: (entry) => log.push(toLogLine(entry)) })
  const read = async () => (await send(server.port, { host: 'shop', path: '/' })).text
  return { server, log, read, ask: toAsk(server), [Symbol.asyncDispose]: () => server.close() }
}

const ALL = {
  FROM_FILE: { file: 'key.txt' },
  FROM_ENV: { env: 'NANO_TEST_SECRET' },
  FROM_SYSTEMD: { credential: 'db' },
}

test('an app has them in its env, with what a file says now after each reload', async () => {
  await using served = await start(ALL)
  expect(JSON.parse(await served.read())).toMatchObject({
    PLAIN: 'plain',
    FROM_FILE: 'of-a-file',
    FROM_ENV: 'of-the-environment',
    FROM_SYSTEMD: 'of-systemd',
  })
  expect(await served.server.reload()).toMatchObject({ unchanged: ['shop'], changed: [] })
  write('key.txt', 'another-one\r\n')
  expect(await served.server.reload()).toMatchObject({ changed: ['shop'], failed: [] })
  expect(JSON.parse(await served.read())).toMatchObject({ FROM_FILE: 'another-one' })
})

test('one that has gone leaves what serves as it is, and is said without a value', async () => {
  await using served = await start(ALL)
  rmSync(join(directory, 'key.txt'))
  const { failed } = await served.server.reload()
  expect(failed).toMatchObject([{ app: 'shop', code: 'CONFIG_INVALID' }])
  expect(failed[0]!.reason).toContain('secret FROM_FILE: there is no file')
  expect(JSON.parse(await served.read())).toMatchObject({ FROM_FILE: 'of-a-file' })
})

test('no listing, plan, metric or log shows one', async () => {
  await using served = await start(ALL)
  await served.read()
  write('key.txt', 'of-a-file-too')
  const plan = await served.ask('POST', '/admin/plan', { json: {} })
  expect(JSON.parse(plan.text)).toMatchObject({
    changed: [{ app: 'shop', keys: expect.anything() as unknown }],
  })
  await served.server.reload()
  const told = [plan.text, ...served.log]
  for (const path of ['/admin/apps', '/admin/apps/shop', '/metrics', '/admin/logs?follow=false']) {
    told.push((await served.ask('GET', path)).text)
  }
  expect(told.join('\n')).toContain('FROM_FILE')
  for (const value of ['of-a-file', 'of-the-environment', 'of-systemd']) {
    expect(told.join('\n')).not.toContain(value)
  }
})

test.for([
  [{ A: { file: 'nothing.txt' } }, 'there is no file'],
  [{ A: { file: 'credentials' } }, 'expected a file'],
  [{ A: { env: 'NANO_TEST_NOTHING' } }, 'expected a variable NANO_TEST_NOTHING'],
  [{ A: { credential: 'nothing' } }, 'there is no file'],
] as const)('%j keeps the server from starting', async ([secrets, reason]) => {
  await expect(start(secrets)).rejects.toThrow(`app shop: secret A: ${reason}`)
})

test.for([
  [{ A: 'text' }, 'apps[0].secrets.A: expected'],
  [{ A: { file: 'a', env: 'B' } }, 'apps[0].secrets.A'],
  [{ PLAIN: { env: 'B' } }, 'expected a name that nothing else in the env of the app has'],
  [{ A: { credential: '../b' } }, 'apps[0].secrets.A'],
] as const)('%j is refused', ([secrets, reason]) => {
  expect(() => parse(secrets)).toThrow(reason)
})

test('settings of a deploy cannot name any', async () => {
  const { parseSettings } = await import('../../host/config/parse-settings.ts')
  const settings = { secrets: { A: { file: '/etc/hostname' } } }
  expect(() => parseSettings({ name: 'shop', hostname: 'shop', settings })).toThrow('unknown key "secrets"')
})
