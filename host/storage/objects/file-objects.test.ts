/** What only a store of files promises: which files there are, and what a bucket may take up. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, test, vi } from 'vitest'

import { StorageError } from '../failure.ts'
import { openFileObjects } from './file-objects.ts'
import type { ObjectPut, ObjectStore } from './object-store.ts'

const LIMITS = { mostBytes: 2 ** 30, mostObjects: 1000 }
const PLAIN = { http: {}, custom: {}, storageClass: 'Standard' }

let directory: string
let store: ObjectStore
const logged: string[] = []

const open = () => openFileObjects({ directory, log: (text) => void logged.push(text) })

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'nano-objects-'))
  logged.length = 0
  store = await open()
})

afterEach(async ({ expect }) => {
  await store[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
  expect(logged).toEqual([])
})

const toPut = (size: number, put: Partial<ObjectPut> = {}): ObjectPut => ({
  ...PLAIN,
  size,
  hash: undefined,
  onlyIf: undefined,
  limits: LIMITS,
  ...put,
})

function put(key: string, text: string, options: Partial<ObjectPut> = {}, bucket = 'b') {
  const bytes = Buffer.from(text)
  return store.put(bucket, key, toPut(bytes.length, options), bytes)
}

async function getText(key: string): Promise<string | undefined> {
  const got = await store.get('b', key, undefined, undefined)
  return got && Buffer.from(got.found?.body as Uint8Array).toString()
}

/** Files of contents. */
function listFiles(): string[] {
  return readdirSync(join(directory, 'objects'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
}

/** Files that nobody reads any more go after the answer. */
const countFiles = (count: number) =>
  vi.waitFor(() => {
    const { length } = listFiles()
    if (length !== count) throw new Error(`expected ${count} files, got ${length}`)
  })

describe('objects in files', () => {
  test('have names that say nothing of their keys', async ({ expect }) => {
    for (const key of ['..', '../../etc/passwd', '/', '\0', 'a']) await put(key, key)
    expect(listFiles()).toHaveLength(5)
    expect(listFiles().every((name) => /^[0-9a-f]{32}$/.test(name))).toBe(true)
  })

  test('go when they are replaced or deleted, once nobody reads them', async ({ expect }) => {
    const large = Buffer.alloc(2_000_000, 'a')
    await store.put('b', 'k', toPut(large.length), large)
    const one = await store.get('b', 'k', undefined, undefined)
    const two = await store.get('b', 'k', undefined, undefined)
    await put('k', 'new')
    await countFiles(2)
    await (one!.found!.body as ReadableStream).cancel()
    expect(listFiles()).toHaveLength(2)
    expect(Buffer.concat(await Array.fromAsync(two!.found!.body as ReadableStream))).toEqual(large)
    await countFiles(1)
    await store.delete('b', ['k'])
    await countFiles(0)
  })

  test('go with their bucket, and are counted no more', async ({ expect }) => {
    const limits = { mostBytes: 2000, mostObjects: 2 }
    for (const key of ['a', 'b']) await put(key, 'x', { limits })
    await put('a', 'x', {}, 'other')
    await store.forget('b')
    await countFiles(1)
    for (const key of ['c', 'd']) await put(key, 'x', { limits })
    expect(listFiles()).toHaveLength(3)
  })

  test('leave nothing of what was refused', async ({ expect }) => {
    const torn = ReadableStream.from(
      (async function* () {
        yield Buffer.from('te')
        throw new StorageError('STORAGE_INVALID', 'the client went away')
      })(),
    )
    await expect(store.put('b', 'k', toPut(4), torn)).rejects.toThrow('the client went away')
    for (const size of [3, 5]) await expect(put('k', 'text', { size })).rejects.toThrow('bytes')
    await expect(put('k', 'x', { hash: { name: 'md5', hex: '0'.repeat(32) } })).rejects.toThrow('(10037)')
    await countFiles(0)
    const upload = await store.createUpload('b', 'k', PLAIN, LIMITS)
    const part = { key: 'k', upload, part: 1, size: 1, limits: LIMITS }
    const etag = await store.uploadPart('b', part, Buffer.from('1'))
    await store.uploadPart('b', { ...part, part: 2 }, Buffer.from('2'))
    await store.completeUpload('b', 'k', upload, [{ partNumber: 1, etag }], LIMITS)
    await countFiles(1)
  })

  test('are refused when the bucket is full, and nothing of them stays', async ({ expect }) => {
    const limits = { mostBytes: 5000, mostObjects: 3 }
    await put('a', 'x'.repeat(2000), { limits })
    await expect(put('b', 'x'.repeat(4000), { limits })).rejects.toMatchObject({ code: 'STORAGE_LIMIT' })
    const both = await Promise.allSettled(['c', 'd'].map((key) => put(key, 'x'.repeat(1800), { limits })))
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    await store.delete('b', ['a', 'c', 'd'])
    for (const key of ['a', 'b', 'c']) await put(key, '', { limits })
    await expect(put('d', '', { limits })).rejects.toMatchObject({ code: 'STORAGE_LIMIT' })
    await put('a', 'again', { limits })
    await put('d', 'elsewhere', { limits }, 'other')
    await countFiles(4)
  })

  test('are there after a start, and what a crash left is not', async ({ expect }) => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => put(`k${i}`, `value ${i}`)))
    const [kept] = listFiles()
    await store[Symbol.asyncDispose]()
    writeFileSync(join(directory, 'objects', '00', '00'.repeat(16)), 'left')
    store = await open()
    await countFiles(20)
    expect(listFiles()).toContain(kept)
    expect(await getText('k7')).toBe('value 7')
  })

  test('whose file is gone fail by name', async ({ expect }) => {
    await put('k', 'text')
    const [name = ''] = listFiles()
    rmSync(join(directory, 'objects', name.slice(0, 2), name))
    await expect(getText('k')).rejects.toMatchObject({ code: 'STORAGE_BROKEN' })
  })
})
