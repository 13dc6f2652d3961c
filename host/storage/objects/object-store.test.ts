/** One suite for every store of objects: what an object store promises, whichever engine has it. */

import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest'

import { NO_S3, S3Server } from '../../../test/harness/s3.ts'
import { StorageError } from '../failure.ts'
import { openFileObjects } from './file-objects.ts'
import type { Content, ListOptions, ObjectPut, ObjectStore } from './object-store.ts'
import { openS3Objects } from './s3-objects.ts'

const LIMITS = { mostBytes: 2 ** 30, mostObjects: 1000 }
const PART = 5 * 1024 * 1024
const PLAIN = { http: {}, custom: {}, storageClass: 'Standard' }
const NO_CONDITION = {
  etagMatches: undefined,
  etagDoesNotMatch: undefined,
  uploadedBefore: undefined,
  uploadedAfter: undefined,
  hasSeconds: false,
}

const md5 = (bytes: string | Uint8Array) => createHash('md5').update(bytes).digest('hex')

const toPut = (size: number, put: Partial<ObjectPut> = {}): ObjectPut => ({
  ...PLAIN,
  size,
  hash: undefined,
  onlyIf: undefined,
  limits: LIMITS,
  ...put,
})

async function read(content: Content | undefined): Promise<Buffer> {
  if (content === undefined) throw new Error('expected a body')
  return content instanceof Uint8Array ? Buffer.from(content) : Buffer.concat(await Array.fromAsync(content))
}

const toStream = (...chunks: Uint8Array[]) => ReadableStream.from(chunks)

interface Maker {
  readonly name: string
  readonly missing?: string | undefined
  /** Even keys that are ways, or have NUL in them. */
  readonly keepsAllKeys: boolean
  readonly open: (log: (text: string) => void) => Promise<{ store: ObjectStore; end: () => Promise<void> }>
}

const MAKERS: readonly Maker[] = [
  {
    name: 'files',
    keepsAllKeys: true,
    async open(log) {
      const directory = mkdtempSync(join(tmpdir(), 'nano-objects-'))
      const end = async () => rmSync(directory, { recursive: true, force: true })
      return { store: await openFileObjects({ directory, log }), end }
    },
  },
  {
    name: 'S3',
    missing: NO_S3,
    keepsAllKeys: false,
    async open(log) {
      const server = await S3Server.start()
      return { store: await openS3Objects(server.settings, log), end: () => server[Symbol.asyncDispose]() }
    },
  },
]

for (const { name, missing, keepsAllKeys, open } of MAKERS) {
  const title = `objects in ${name}${missing === undefined ? '' : ` (skipped: ${missing})`}`
  describe.skipIf(missing !== undefined)(title, () => {
    let store: ObjectStore
    let end: () => Promise<void>
    let tests = 0
    /** Each test has buckets of its own. */
    let b = ''
    const logged: string[] = []

    beforeAll(async () => {
      ;({ store, end } = await open((text) => void logged.push(text)))
    }, 60_000)
    beforeEach(() => (b = `b${++tests}`))
    afterAll(async () => {
      await store?.[Symbol.asyncDispose]()
      await end?.()
    })

    const put = (key: string, text: string, options: Partial<ObjectPut> = {}, bucket = b) => {
      const bytes = Buffer.from(text)
      return store.put(bucket, key, toPut(bytes.length, options), bytes)
    }
    const getText = async (key: string, bucket = b, range = {}): Promise<string | undefined> => {
      const got = await store.get(bucket, key, range, undefined)
      return got && (await read(got.found?.body)).toString()
    }
    const list = (options: Partial<ListOptions> = {}) => {
      const all = { prefix: '', limit: 1000, cursor: undefined, delimiter: '', startAfter: undefined }
      return store.list(b, { ...all, hasMetadata: false, ...options })
    }

    test('are what was put, and say what was said of them', async ({ expect }) => {
      const custom = { a: 'b', __proto__x: 'ü' }
      const http = { contentType: 'text/plain', cacheExpiry: 5 }
      const object = await put('a/ü', 'text', { custom, http, storageClass: 'InfrequentAccess' })
      expect(object).toMatchObject({ key: 'a/ü', size: 4, etag: md5('text'), custom, http })
      expect(object!.checksums).toEqual({ md5: md5('text') })
      expect(await store.head(b, 'a/ü')).toEqual(object)
      expect(await getText('a/ü')).toBe('text')
      expect([await getText('a'), await getText('a/ü', 'other')]).toEqual([undefined, undefined])
    })

    test('keep keys of any kind apart', async ({ expect }) => {
      const odd = ['..', '../../etc/passwd', 'a/./b', 'a/..', '\0', 'a\0b']
      const keys = [
        '/',
        '//',
        '\u0001',
        'a\n',
        'a',
        ' a b+c ',
        '\u{10ffff}',
        '%2e%2e',
        '...',
        "'; DROP TABLE object; --",
        ...(keepsAllKeys ? odd : []),
      ]
      for (const key of keys) await put(key, `of ${key}`)
      for (const key of keys) expect(await getText(key)).toBe(`of ${key}`)
      const sorted = keys.toSorted((a, z) => Buffer.compare(Buffer.from(a), Buffer.from(z)))
      expect((await list()).objects.map(({ key }) => key)).toEqual(sorted)
      await store.delete(b, keys.slice(1))
      expect((await list()).objects.map(({ key }) => key)).toEqual(['/'])
      if (!keepsAllKeys) for (const key of odd) await expect(put(key, '')).rejects.toThrow('(10020)')
    })

    test('say all that was said of them, in listings when that is asked for', async ({ expect }) => {
      const custom = { plain: 'a b', Upper: 'x', nano: 'own', _: 'ü\n', empty: '', __proto__x: '  ' }
      const http = {
        contentDisposition: 'attachment; filename="\u00fc.txt"',
        contentLanguage: 'de',
        contentEncoding: 'br',
        cacheControl: 'max-age=60',
        cacheExpiry: 1_800_000_000_123,
      }
      const sha256 = createHash('sha256').update('x').digest('hex')
      const hash = { name: 'sha256', hex: sha256 } as const
      const object = await put('k', 'x', { custom, http, storageClass: 'InfrequentAccess', hash })
      const expected = {
        custom,
        http,
        storageClass: 'InfrequentAccess',
        checksums: { md5: md5('x'), sha256 },
      }
      expect(object).toMatchObject(expected)
      expect(object!.http).toEqual(http)
      expect((await store.get(b, 'k', undefined, undefined))!.object).toEqual(object)
      expect((await list({ hasMetadata: true })).objects).toEqual([object])
      const { key, size, etag, version, uploaded } = object!
      expect((await list()).objects).toMatchObject([{ key, size, etag, version, uploaded }])
    })

    test('are replaced as a whole: who reads one gets it to its end', async ({ expect }) => {
      const large = Buffer.alloc(2_000_000, 'a')
      await store.put(b, 'k', toPut(large.length), toStream(large.subarray(0, 7), large.subarray(7)))
      const before = await store.get(b, 'k', undefined, undefined)
      await put('k', 'new')
      expect(await getText('k')).toBe('new')
      expect(large.equals(await read(before!.found!.body))).toBe(true)
    })

    test('may have an empty key', async ({ expect }) => {
      await put('', 'empty')
      await put('a', 'a')
      expect([await getText(''), (await list()).objects.map(({ key }) => key)]).toEqual(['empty', ['', 'a']])
      await store.delete(b, [''])
      expect(await store.head(b, '')).toBeUndefined()
    })

    test('are had in parts', async ({ expect }) => {
      await put('k', '0123456789')
      const cases: [range: object, text: string][] = [
        [{}, '0123456789'],
        [{ offset: 3 }, '3456789'],
        [{ offset: 3, length: 2 }, '34'],
        [{ length: 2 }, '01'],
        [{ offset: 8, length: 100 }, '89'],
        [{ suffix: 3 }, '789'],
        [{ suffix: 30 }, '0123456789'],
        [{ header: 'bytes=2-4' }, '234'],
        [{ header: 'bytes=7-' }, '789'],
        [{ header: 'bytes=-2' }, '89'],
        [{ header: 'bytes=5-100' }, '56789'],
        [{ header: 'bytes=0-1,3-4' }, '0123456789'],
        [{ header: 'lines=0-1' }, '0123456789'],
        [{ header: 'bytes=4-2' }, '0123456789'],
        [{ header: 'bytes=10-' }, '0123456789'],
        [{ header: 'bytes=-0' }, '0123456789'],
      ]
      for (const [range, text] of cases) expect([range, await getText('k', b, range)]).toEqual([range, text])
      for (const range of [{ offset: 10 }, { offset: 3, length: 0 }, { suffix: 0 }])
        await expect(getText('k', b, range)).rejects.toThrow(
          'get: The requested range is not satisfiable (10039)',
        )
    })

    test('are had and put on conditions', async ({ expect }) => {
      const object = (await put('k', 'one'))!
      const isFound = async (condition: object) =>
        (await store.get(b, 'k', undefined, { ...NO_CONDITION, ...condition }))!.found !== undefined
      const tag = (value: string, isWeak = false) => [{ value, isWeak }]
      const cases: [condition: object, holds: boolean][] = [
        [{ etagMatches: tag(object.etag) }, true],
        [{ etagMatches: tag(object.etag, true) }, false],
        [{ etagMatches: tag('other') }, false],
        [{ etagMatches: '*' }, true],
        [{ etagDoesNotMatch: tag(object.etag, true) }, false],
        [{ etagDoesNotMatch: tag('other') }, true],
        [{ etagDoesNotMatch: '*' }, false],
        [{ uploadedBefore: object.uploaded }, false],
        [{ uploadedBefore: object.uploaded + 1 }, true],
        [{ uploadedAfter: object.uploaded }, false],
        [{ uploadedAfter: object.uploaded - 1 }, true],
        [{ uploadedAfter: object.uploaded - 1, hasSeconds: true }, object.uploaded % 1000 === 0],
        [{ etagMatches: tag(object.etag), uploadedBefore: 0 }, true],
        [{ etagDoesNotMatch: tag('other'), uploadedAfter: Infinity }, true],
      ]
      for (const [condition, holds] of cases)
        expect([condition, await isFound(condition)]).toEqual([condition, holds])
      const none = { ...NO_CONDITION, etagDoesNotMatch: '*' as const }
      expect(await put('k', 'two', { onlyIf: none })).toBeUndefined()
      expect(await getText('k')).toBe('one')
      expect(await put('new', 'two', { onlyIf: none })).toMatchObject({ size: 3 })
      const both = await Promise.all([put('race', 'a', { onlyIf: none }), put('race', 'b', { onlyIf: none })])
      expect(both.filter((each) => each !== undefined)).toHaveLength(1)
    })

    test('are refused when their bytes are not what was said', async ({ expect }) => {
      const sha256 = createHash('sha256').update('text').digest('hex')
      const object = await put('k', 'text', { hash: { name: 'sha256', hex: sha256 } })
      expect(object!.checksums).toEqual({ md5: md5('text'), sha256 })
      await expect(put('k', 'other', { hash: { name: 'sha256', hex: sha256 } })).rejects.toThrow('(10037)')
      await expect(put('k', 'other', { hash: { name: 'md5', hex: md5('text') } })).rejects.toThrow('MD5')
      for (const size of [3, 5]) await expect(put('k', 'text', { size })).rejects.toThrow(`of ${size} bytes`)
      const torn = ReadableStream.from(
        (async function* () {
          yield Buffer.from('te')
          throw new StorageError('STORAGE_INVALID', 'the client went away')
        })(),
      )
      await expect(store.put(b, 'k', toPut(4), torn)).rejects.toThrow('the client went away')
      expect(await getText('k')).toBe('text')
    })

    test('are listed in pages, with what they have in common', async ({ expect }) => {
      for (const key of ['a', 'b/1', 'b/2', 'b/3/x', 'c', 'd/1', 'd/2', 'ü/1']) await put(key, key)
      const pages: unknown[] = []
      for (let cursor: string | undefined; ;) {
        const page = await list({ limit: 2, delimiter: '/', cursor })
        pages.push([page.objects.map(({ key }) => key), page.prefixes])
        cursor = page.cursor
        if (cursor === undefined) break
      }
      expect(pages).toEqual([
        [['a'], ['b/']],
        [['c'], ['d/']],
        [[], ['ü/']],
      ])
      const keys = async (options: Partial<ListOptions>) => {
        const { objects, prefixes } = await list(options)
        return [...objects.map(({ key }) => key), ...prefixes]
      }
      expect(await keys({ prefix: 'b/' })).toEqual(['b/1', 'b/2', 'b/3/x'])
      expect(await keys({ prefix: 'b/', delimiter: '/' })).toEqual(['b/1', 'b/2', 'b/3/'])
      expect(await keys({ startAfter: 'b/2' })).toEqual(['b/3/x', 'c', 'd/1', 'd/2', 'ü/1'])
      expect(await keys({ prefix: 'nothing' })).toEqual([])
      expect((await list({ limit: 8 })).cursor).toBeUndefined()
      expect((await list({ limit: 7 })).cursor).toBeDefined()
    })

    test('may come in no parts at all', async ({ expect }) => {
      const upload = await store.createUpload(b, 'k', { ...PLAIN, custom: { a: 'b' } }, LIMITS)
      const object = await store.completeUpload(b, 'k', upload, [], LIMITS)
      expect(object).toMatchObject({ size: 0, custom: { a: 'b' } })
      expect(await getText('k')).toBe('')
    })

    test('may come in parts', async ({ expect }) => {
      const upload = await store.createUpload(b, 'k', { ...PLAIN, custom: { a: 'b' } }, LIMITS)
      const send = (part: number, bytes: Uint8Array) =>
        store.uploadPart(b, { key: 'k', upload, part, size: bytes.length, limits: LIMITS }, bytes)
      const first = Buffer.alloc(PART, '1')
      const etags = [
        await send(1, first),
        await send(2, Buffer.from('old')),
        await send(2, Buffer.from('end')),
      ]
      expect(etags[0]).toBe(md5(first))
      expect(await store.head(b, 'k')).toBeUndefined()
      const parts = [
        { partNumber: 1, etag: etags[0]! },
        { partNumber: 2, etag: etags[2]! },
      ]
      const complete = (list: typeof parts, id = upload) => store.completeUpload(b, 'k', id, list, LIMITS)
      await expect(complete([{ partNumber: 2, etag: etags[1]! }])).rejects.toThrow('(10025)')
      await expect(complete(parts, 'other')).rejects.toThrow('(10024)')
      const object = await complete(parts.toReversed())
      const digest = createHash('md5').update(md5(first), 'hex').update(md5('end'), 'hex').digest('hex')
      expect(object).toMatchObject({ size: PART + 3, etag: `${digest}-2`, checksums: {}, custom: { a: 'b' } })
      expect(await getText('k', b, { offset: PART - 2 })).toBe('11end')
      await expect(complete(parts)).rejects.toThrow('(10024)')
      await store.abortUpload(b, 'k', upload)
      await put('k', 'whole')
    })

    test('of parts that are too small or unequal are refused', async ({ expect }) => {
      const upload = await store.createUpload(b, 'k', PLAIN, LIMITS)
      const sizes = [PART, PART + 1, 5, PART]
      const parts = await Promise.all(
        sizes.map(async (size, index) => {
          const ask = { key: 'k', upload, part: index + 1, size, limits: LIMITS }
          return { partNumber: index + 1, etag: await store.uploadPart(b, ask, Buffer.alloc(size)) }
        }),
      )
      const complete = (...indexes: number[]) =>
        store.completeUpload(
          b,
          'k',
          upload,
          indexes.map((index) => parts[index]!),
          LIMITS,
        )
      await expect(complete(0, 2, 3)).rejects.toThrow('(10011)')
      await expect(complete(0, 1)).rejects.toThrow('(10048)')
      await expect(complete(0, 0)).rejects.toThrow('(10048)')
      const other = { key: 'other', upload, part: 1, size: 0, limits: LIMITS }
      await expect(store.uploadPart(b, other, Buffer.alloc(0))).rejects.toThrow('(10024)')
      await expect(store.uploadPart('c', { ...other, key: 'k' }, Buffer.alloc(0))).rejects.toThrow('(10024)')
      await store.abortUpload('c', 'k', upload)
      await store.abortUpload(b, 'k', upload)
      await expect(complete(0, 3)).rejects.toThrow('(10024)')
      expect(await store.head(b, 'k')).toBeUndefined()
    })

    test('are forgotten with their bucket, uploads included, and with no other', async ({ expect }) => {
      await Promise.all(Array.from({ length: 30 }, (_, i) => put(`k/${i}`, 'x')))
      await put('k', 'kept', {}, `${b}2`)
      const upload = await store.createUpload(b, 'k', PLAIN, LIMITS)
      const part = { key: 'k', upload, part: 1, size: 1, limits: LIMITS }
      const etag = await store.uploadPart(b, part, Buffer.from('x'))
      await store.forget(b)
      expect((await list()).objects).toEqual([])
      const parts = [{ partNumber: 1, etag }]
      await expect(store.completeUpload(b, 'k', upload, parts, LIMITS)).rejects.toThrow('(10024)')
      expect(await getText('k', `${b}2`)).toBe('kept')
      await store.forget(b)
      await put('k', 'again')
      expect(await getText('k')).toBe('again')
    })
  })
}
