/** Buckets on a storage that is full or dead: apps are told what they can rely on, and nobody else notices. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import { canMount, canStop, Disk, StoppableDisk } from '../harness/disk.ts'
import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { watchThreads } from '../harness/threads.ts'

const directory = mkdtempSync(join(tmpdir(), 'nano-r2-failures-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const R2 = { name: 'r2', path: fixture('r2'), r2_buckets: [{ binding: 'R2' }], data_timeout_ms: 3000 }
const OTHER = { name: 'other', path: fixture('version') }

async function run(server: Served, ...steps: unknown[][]): Promise<unknown[]> {
  const body = JSON.stringify(steps.map((step) => ['R2', ...step]))
  const { text } = await server.send('r2', '/', { method: 'POST', body })
  return JSON.parse(text) as unknown[]
}

/** Files of contents. */
const countFiles = (folder: string) => countContents(join(folder, 'objects'))

const countContents = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile()).length

test('a storage thread that dies fails what is under way, and another one takes its place', async ({
  expect,
}) => {
  using threads = watchThreads()
  await using server = await serve([R2, OTHER], 1, { storageDirectory: join(directory, 'dies') })
  expect(await run(server, ['put', 'a', '1'])).toMatchObject([{ key: 'a' }])
  await threads.find('storage r2').terminate()
  await server.logged('storage thread of r2 ended')
  await run(server, ['head', 'a'])
  const read = () => run(server, ['read', 'a', undefined, 'text'])
  await expect.poll(read, { timeout: 10_000 }).toEqual([['R2ObjectBody', true, '1']])
  expect((await server.send('other', '/')).status).toBe(200)
})

describe.skipIf(!canMount())('a disk of its own (needs root)', () => {
  test('that is full refuses objects, keeps the others, and nothing of what it refused', async ({
    expect,
  }) => {
    using disk = new Disk('6m')
    await using server = await serve([R2, OTHER], 1, { storageDirectory: disk.directory })
    const kept: string[] = []
    for (let i = 0; i < 10; i++) {
      // oxlint-disable-next-line no-await-in-loop -- until it is full
      const { text } = await server.send('r2', `/k${i}`, {
        method: 'PUT',
        body: Buffer.alloc(1_000_000, 'x'),
      })
      const outcome = JSON.parse(text) as { key?: string }
      if (outcome.key !== undefined) kept.push(outcome.key)
      else
        expect(outcome).toMatchObject({
          code: 'STORAGE_FULL',
          error: expect.stringMatching(/^Error: put: .* \(10001\)$/) as string,
        })
    }
    expect(kept.length).toBeGreaterThan(0)
    expect(kept.length).toBeLessThan(10)
    const [{ objects }] = (await run(server, ['list'])) as [{ objects: { key: string }[] }]
    expect(objects.map(({ key }) => key)).toEqual(kept)
    expect(countFiles(disk.directory)).toBe(kept.length)
    expect((await server.send('other', '/')).status).toBe(200)
    expect(await run(server, ['delete', kept])).toEqual([null])
    await expect.poll(() => countFiles(disk.directory)).toBe(0)
    expect(await run(server, ['put', 'again', 'x'])).toMatchObject([{ key: 'again' }])
  })
})

describe.skipIf(!(await canStop()))('a disk that can be stopped (needs root, and loop devices)', () => {
  test('keeps its apps waiting, for a while, and nobody else; it is used again when it goes on', async ({
    expect,
  }) => {
    using disk = new StoppableDisk(64)
    const folder = join(directory, 'stopped')
    mkdirSync(folder)
    symlinkSync(disk.directory, join(folder, 'objects'))
    const kv = { name: 'kv', path: fixture('kv'), kv_namespaces: [{ binding: 'KV' }] }
    await using server = await serve([R2, OTHER, kv], 1, { storageDirectory: folder })
    expect(await run(server, ['put', 'kept', '1'])).toMatchObject([{ key: 'kept' }])
    const keys = Array.from({ length: 30 }, (_, i) => `k${i}`)
    await disk.stop(async () => {
      const puts = Promise.all(keys.map((key) => run(server, ['put', key, '1'])))
      for (let i = 0; i < 20; i++) {
        const body = JSON.stringify([
          ['KV', 'put', 'a', `${i}`],
          ['KV', 'get', 'a'],
        ])
        // oxlint-disable-next-line no-await-in-loop -- one after the other, while the disk stands
        const { text } = await server.send('kv', '/', { method: 'POST', body })
        expect(JSON.parse(text)).toEqual([null, `${i}`])
      }
      expect((await server.send('other', '/')).status).toBe(200)
      expect((await puts).flat()).toMatchObject(keys.map(() => ({ code: 'STORAGE_UNAVAILABLE' })))
    })
    const read = () => run(server, ['read', 'kept', undefined, 'text'])
    await expect.poll(read, { timeout: 10_000 }).toEqual([['R2ObjectBody', true, '1']])
    expect(await run(server, ['put', 'new', '1'])).toMatchObject([{ key: 'new' }])
    // those that had their turn were told that nobody knows; what came of them is whole
    const [{ objects }] = (await run(server, ['list'])) as [{ objects: { key: string; size: number }[] }]
    expect(objects.every(({ size }) => size === 1)).toBe(true)
    expect(objects.length).toBeLessThan(keys.length)
    await expect.poll(() => countContents(disk.directory)).toBe(objects.length)
  })
})
