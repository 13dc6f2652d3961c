/** A data directory that is full, may only be read, or is broken: what was served before serves, and why is said. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import { TOKEN, toAsk } from '../harness/admin.ts'
import type { Ask } from '../harness/admin.ts'
import type { Answer } from '../harness/http.ts'
import { canMount, Disk } from '../harness/disk.ts'
import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { toVariant } from '../harness/variant.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-storage-'))
const FILE = { name: 'file', hostname: 'file.test', path: fixture('version') }
const COMPONENT = readFileSync(fixture('version'))

afterAll(() => rmSync(folder, { recursive: true }))

const open = (dataDirectory: string): Promise<Served> =>
  serve([FILE], 1, { admin: { port: 0 }, adminToken: TOKEN, dataDirectory })

const put = (ask: Ask, name: string, version: string, bytes = 1000) =>
  ask('PUT', `/admin/apps/${name}`, {
    form: {
      settings: JSON.stringify({ hostname: `${name}.test`, env: { VERSION: version } }),
      component: toVariant(COMPONENT, bytes),
    },
  })

async function versionOf(server: Served, name: string): Promise<string> {
  const { status, text } = await server.send(`${name}.test`, '/')
  return status === 200 ? text.split(' ', 1)[0]! : `${status}`
}

const toRefusal = (answer: Answer) => {
  const { error } = answer.json<{ error: { code: string; message: string } }>()
  return `${answer.status} ${error.code} ${error.message}`
}

describe.skipIf(!canMount())('a disk of its own (needs root)', () => {
  test('that is full refuses a deploy, and what served serves, after a restart too', async ({ expect }) => {
    using disk = new Disk('16m')
    const data = join(disk.directory, 'data')
    {
      await using server = await open(data)
      const ask = toAsk(server)
      expect((await put(ask, 'a', 'one')).status).toBe(200)
      const full = await put(ask, 'a', 'two', 24 * 1024 * 1024)
      expect(toRefusal(full)).toMatch(/^500 STORAGE_FAILED .*ENOSPC/)
      expect([await versionOf(server, 'a'), await versionOf(server, 'file')]).toEqual(['one', 'none'])
      expect((await put(ask, 'a', 'three')).status).toBe(200)
      // nothing of it is left to fill the disk
      expect(readdirSync(join(data, 'drafts'))).toEqual([])
    }
    await using server = await open(data)
    expect(await versionOf(server, 'a')).toBe('three')
  })

  test('that may only be read serves what it has, whatever was written last, and refuses every change', async ({
    expect,
  }) => {
    using disk = new Disk('64m')
    const data = join(disk.directory, 'data')
    {
      await using server = await open(data)
      const ask = toAsk(server)
      await put(ask, 'a', 'one')
      await put(ask, 'a', 'two')
    }
    disk.isReadOnly = true
    await using server = await open(data)
    const ask = toAsk(server)
    expect([await versionOf(server, 'a'), await versionOf(server, 'file')]).toEqual(['two', 'none'])
    for (const refused of [
      await put(ask, 'a', 'three'),
      await ask('PUT', '/admin/apps/a', { json: { hostname: 'other.test' } }),
      await ask('POST', '/admin/apps/a/rollback'),
      await ask('DELETE', '/admin/apps/a'),
    ]) {
      expect(toRefusal(refused)).toMatch(/^500 STORAGE_FAILED .*(EROFS|read-?only)/)
    }
    expect(await versionOf(server, 'a')).toBe('two')
    expect((await ask('GET', '/admin/apps/a')).json()).toMatchObject({ version: 2, state: 'serving' })
  })
})

test('a file that was cut in the middle is said where it is needed, and stops nothing else', async ({
  expect,
}) => {
  const data = join(folder, 'cut')
  await using server = await open(data)
  const ask = toAsk(server)
  await put(ask, 'a', 'one', 500_000)
  await put(ask, 'a', 'two')
  const { versions } = (await ask('GET', '/admin/apps/a/versions')).json<{
    versions: { version: number; component: string }[]
  }>()
  const second = versions.find(({ version }) => version === 2)!.component
  const blob = join(data, 'blobs', second.slice(0, 2), second)
  await ask('POST', '/admin/apps/a/rollback')
  writeFileSync(blob, readFileSync(blob).subarray(0, -100))
  expect(toRefusal(await ask('POST', '/admin/apps/a/promote', { json: { version: 2 } }))).toMatch(
    /^500 ARTIFACT_BROKEN/,
  )
  expect(toRefusal(await ask('GET', '/admin/apps/a/versions/2/component'))).toMatch(/^500 ARTIFACT_BROKEN/)
  expect([await versionOf(server, 'a'), await versionOf(server, 'file')]).toEqual(['one', 'none'])
  expect((await put(ask, 'a', 'three')).status).toBe(200)
})

test('a directory that is none keeps the server from starting, with its name', async ({ expect }) => {
  const file = join(folder, 'file')
  writeFileSync(file, 'x')
  await expect(open(file)).rejects.toThrow(
    expect.objectContaining({ code: 'STORAGE_FAILED', message: expect.stringContaining(file) }),
  )
})
