/** An app that is deleted with what it has kept: all of it goes, and nothing of anybody else's. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, test } from 'vitest'

import { toAsk, TOKEN } from '../harness/admin.ts'
import type { Ask } from '../harness/admin.ts'
import { send } from '../harness/http.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-erase-'))
const COMPONENT = readFileSync(fixture('keeper'))
const DATA = {
  kv_namespaces: [{ binding: 'KV' }],
  d1_databases: [{ binding: 'DB' }],
  r2_buckets: [{ binding: 'FILES' }],
}
const NOTHING = '[null,null,null,null]'

let server: Served
let ask: Ask

beforeAll(async () => {
  const other = { name: 'file', path: fixture('keeper'), ...DATA }
  server = await serve([other], 2, { admin: { port: 0 }, adminToken: TOKEN, dataDirectory: folder })
  ask = toAsk(server)
})

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const deploy = async (name: string, settings: object = DATA): Promise<number> => {
  const form = { component: COMPONENT, settings: JSON.stringify(settings) }
  return (await ask('PUT', `/admin/apps/${name}`, { form })).status
}
const textOf = async (host: string, path = '/'): Promise<string> => (await server.send(host, path)).text
/** Databases and files of objects on the disk. */
const countFiles = (part: string): number =>
  readdirSync(join(folder, 'data'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.includes(part),
  ).length

test('keeps it unless somebody says so', { timeout: 60_000 }, async ({ expect }) => {
  expect(await deploy('one')).toBe(200)
  expect(await textOf('one', '/word')).toBe('kept')
  expect((await ask('DELETE', '/admin/apps/one')).status).toBe(200)
  expect((await ask('DELETE', '/admin/apps/one?data=perhaps')).status).toBe(400)
  expect(await deploy('one')).toBe(200)
  expect(JSON.parse(await textOf('one'))).toEqual(['word', 'word', 'word', 'word'])
})

test('removes all of it, of all versions, and nothing of others', { timeout: 60_000 }, async ({ expect }) => {
  for (const app of ['file', 'two']) {
    // oxlint-disable-next-line no-await-in-loop
    if (app !== 'file') expect(await deploy(app)).toBe(200)
    // oxlint-disable-next-line no-await-in-loop
    expect(await textOf(app, '/word')).toBe('kept')
  }
  // a version that has other data, and none of the first
  const later = {
    kv_namespaces: [{ binding: 'KV', id: 'later' }],
    d1_databases: [{ binding: 'DB', database_id: 'later' }],
    r2_buckets: [{ binding: 'FILES', bucket_name: 'later' }],
  }
  expect(await deploy('two', later)).toBe(200)
  expect(await textOf('two', '/again')).toBe('kept')
  const databases = countFiles('two.')
  expect(databases).toBeGreaterThan(1)
  const { status, text } = await ask('DELETE', '/admin/apps/two?data=true')
  expect([status, text]).toEqual([200, '{"success":true}'])
  expect(server.log.join('\n')).toContain('deleted with its data by')
  expect(countFiles('two.')).toBe(0)
  expect((await ask('DELETE', '/admin/apps/two?data=true')).status).toBe(404)
  for (const settings of [DATA, later]) {
    // oxlint-disable-next-line no-await-in-loop
    expect(await deploy('two', settings)).toBe(200)
    // oxlint-disable-next-line no-await-in-loop
    expect(await textOf('two')).toBe(NOTHING)
  }
  // what is put from here on stays
  expect(await textOf('two', '/new')).toBe('kept')
  expect(JSON.parse(await textOf('two'))).toEqual(['new', 'new', 'new', 'new'])
  for (const app of ['file', 'one']) {
    // oxlint-disable-next-line no-await-in-loop
    expect(JSON.parse(await textOf(app))).toEqual(['word', 'word', 'word', 'word'])
  }
})

test('cuts what goes on, so that nothing comes after', { timeout: 60_000 }, async ({ expect }) => {
  expect(await deploy('three')).toBe(200)
  const slow = send(server.port, { host: 'three', path: '/slow' }).catch((error: unknown) => error)
  await waitFor(async () => (await textOf('three')).includes('slow') || undefined, 10_000)
  expect((await ask('DELETE', '/admin/apps/three?data=true')).status).toBe(200)
  await slow
  expect(await deploy('three')).toBe(200)
  expect(await textOf('three')).toBe(NOTHING)
})

test('an app of nano.json is not the admin API’s to delete', async ({ expect }) => {
  const { status, text } = await ask('DELETE', '/admin/apps/file?data=true')
  expect([status, text]).toEqual([409, expect.stringContaining('APP_CONFLICT')])
  expect(JSON.parse(await textOf('file'))).toEqual(['word', 'word', 'word', 'word'])
})

test('by its host name, too', { timeout: 60_000 }, async ({ expect }) => {
  expect(await deploy('four')).toBe(200)
  expect(await textOf('four', '/word')).toBe('kept')
  expect((await ask('DELETE', '/admin/apps?hostname=four&data=true')).status).toBe(200)
  expect(await deploy('four')).toBe(200)
  expect(await textOf('four')).toBe(NOTHING)
})
