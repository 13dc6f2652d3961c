/** What every KV store does, whichever engine has it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import { NatsServer, NO_NATS } from '../../../test/harness/nats.ts'
import { NO_REDIS, RedisServer } from '../../../test/harness/redis.ts'
import { openFleetKv } from './fleet-kv.ts'
import type { KvListed, KvPut, KvStore } from './kv-store.ts'
import { openRedisKv } from './redis-kv.ts'
import { openSqliteKv } from './sqlite-kv.ts'

const bytes = (text: string): Buffer => Buffer.from(text)
const MOST_BYTES = 100_000
const put = (value: string | Uint8Array, more: Partial<KvPut> = {}): KvPut => ({
  value: typeof value === 'string' ? bytes(value) : value,
  metadata: undefined,
  expiration: undefined,
  mostBytes: MOST_BYTES,
  ...more,
})
const now = (): number => Math.floor(Date.now() / 1000)

interface Maker {
  readonly name: string
  readonly missing?: string | undefined
  readonly open: () => Promise<{ store: KvStore; end: () => Promise<void> }>
}

const MAKERS: readonly Maker[] = [
  {
    name: 'SQLite',
    async open() {
      const directory = mkdtempSync(join(tmpdir(), 'nano-kv-'))
      const end = async () => rmSync(directory, { recursive: true })
      return { store: await openSqliteKv({ directory }), end }
    },
  },
  {
    name: 'Redis',
    missing: NO_REDIS,
    async open() {
      const server = await RedisServer.start()
      const { url } = server
      return { store: await openRedisKv({ url }, () => undefined), end: () => server[Symbol.asyncDispose]() }
    },
  },
  {
    name: 'NATS',
    missing: NO_NATS,
    async open() {
      const server = await NatsServer.start()
      const settings = { name: 'test', host: 'a', servers: [server.url] }
      return { store: await openFleetKv(settings, () => undefined), end: () => server[Symbol.asyncDispose]() }
    },
  },
]

for (const { name, missing, open } of MAKERS) {
  const title = missing === undefined ? name : `${name} (skipped: ${missing})`
  describe.skipIf(missing !== undefined)(title, async () => {
    const { store, end } = missing === undefined ? await open() : ({} as Awaited<ReturnType<typeof open>>)
    afterAll(async () => {
      await store[Symbol.asyncDispose]()
      await end()
    })
    const get = async (namespace: string, ...keys: string[]) => {
      const entries = await store.get(namespace, keys.map(bytes))
      return entries.map((entry) => entry && [Buffer.from(entry.value).toString(), entry.metadata])
    }
    const list = async (namespace: string, prefix = '', limit = 1000, after?: string) => {
      const { keys, next } = await store.list(namespace, {
        prefix: bytes(prefix),
        limit,
        after: after === undefined ? undefined : bytes(after),
      })
      const named = keys.map(({ name: key }: KvListed) => Buffer.from(key).toString())
      return [named, next && Buffer.from(next).toString()]
    }

    test('gives what was put last, with its metadata', async ({ expect }) => {
      await store.put('last', bytes('a'), put('1', { metadata: '{"m":1}' }))
      await store.put('last', bytes('b'), put(''))
      expect(await get('last', 'a', 'none', 'b')).toEqual([['1', '{"m":1}'], undefined, ['', undefined]])
      await store.put('last', bytes('a'), put('2'))
      expect(await get('last', 'a')).toEqual([['2', undefined]])
    })

    test('keeps any bytes, many of them too', async ({ expect }) => {
      const value = Buffer.alloc(90_000, Buffer.from([0, 255, 10, 13]))
      await store.put('bytes', bytes('a'), put(value))
      const [entry] = await store.get('bytes', [bytes('a')])
      expect(Buffer.compare(entry!.value, value)).toBe(0)
    })

    test('forgets what is deleted, and nothing when there is no such key', async ({ expect }) => {
      await store.put('deleted', bytes('a'), put('1'))
      await store.delete('deleted', bytes('a'))
      await store.delete('deleted', bytes('a'))
      expect(await get('deleted', 'a')).toEqual([undefined])
      expect(await list('deleted')).toEqual([[], undefined])
    })

    test('has namespaces that have nothing in common', async ({ expect }) => {
      await store.put('one', bytes('a'), put('1'))
      for (const other of ['One', 'one:e', 'one}:e:', 'on', 'one%', 'one\0', ''])
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect([await get(other, 'a', ':a', '\0a'), await list(other)]).toEqual([
          [undefined, undefined, undefined],
          [[], undefined],
        ])
    })

    test('takes every key for itself', async ({ expect }) => {
      const keys = [
        '%',
        '_',
        '*',
        '?',
        '.',
        '>',
        'a.>',
        '$',
        'a\0',
        'a',
        '\n',
        '{x}',
        "'; DROP TABLE entry --",
        'é',
        'e\u0301',
        '😀',
        '[',
        '(',
        '-',
        '+',
        '\u{10ffff}',
      ]
      for (const key of keys) await store.put('keys', bytes(key), put(key)) // oxlint-disable-line no-await-in-loop -- in order
      expect(await get('keys', ...keys)).toEqual(keys.map((key) => [key, undefined]))
      const sorted = keys.toSorted((a, b) => Buffer.compare(bytes(a), bytes(b)))
      expect(await list('keys')).toEqual([sorted, undefined])
      for (const key of keys) {
        const those = sorted.filter((each) => each.startsWith(key))
        expect(await list('keys', key)).toEqual([those, undefined]) // oxlint-disable-line no-await-in-loop -- in order
      }
    })

    test('lists page by page, in the order of bytes', async ({ expect }) => {
      const keys = Array.from({ length: 25 }, (_, i) => `p:${String(i).padStart(2, '0')}`)
      await Promise.all([...keys, 'o', 'q'].map((key) => store.put('pages', bytes(key), put(key))))
      expect(await list('pages', 'p:', 10)).toEqual([keys.slice(0, 10), 'p:09'])
      expect(await list('pages', 'p:', 10, 'p:09')).toEqual([keys.slice(10, 20), 'p:19'])
      expect(await list('pages', 'p:', 10, 'p:19')).toEqual([keys.slice(20), undefined])
      expect(await list('pages', 'p:', 25)).toEqual([keys, undefined])
      // a cursor of another listing leads nowhere else
      expect(await list('pages', 'p:', 2, 'a')).toEqual([keys.slice(0, 2), 'p:01'])
      expect(await list('pages', 'p:', 2, 'z')).toEqual([[], undefined])
    })

    test('lists expirations and metadata', async ({ expect }) => {
      const expiration = now() + 100
      await store.put('listed', bytes('a'), put('1', { expiration, metadata: '[1]' }))
      const { keys } = await store.list('listed', { prefix: bytes(''), limit: 1, after: undefined })
      expect(keys.map(({ name: key, ...rest }) => [Buffer.from(key).toString(), rest])).toEqual([
        ['a', { expiration, metadata: '[1]' }],
      ])
    })

    test('shows nothing that has expired, until it is put again', async ({ expect }) => {
      const expiration = now() - 1
      for (const key of ['a', 'b', 'c', 'd']) {
        // oxlint-disable-next-line no-await-in-loop -- in order
        await store.put('expired', bytes(key), put('1', key === 'd' ? {} : { expiration }))
      }
      expect(await get('expired', 'a')).toEqual([undefined])
      expect(await list('expired', '', 1)).toEqual([['d'], undefined])
      await store.put('expired', bytes('b'), put('2'))
      expect(await get('expired', 'b')).toEqual([['2', undefined]])
      expect(await list('expired')).toEqual([['b', 'd'], undefined])
    })

    test('takes no more than a namespace may have, and goes on', async ({ expect }) => {
      const large = 'x'.repeat(60_000)
      await store.put('full', bytes('a'), put(large))
      const refused = store.put('full', bytes('b'), put(large))
      const taken = store.put('full', bytes('c'), put('small'))
      await expect(refused).rejects.toMatchObject({ code: 'STORAGE_LIMIT' })
      await taken
      await store.put('full', bytes('a'), put(`${large}!`))
      await store.delete('full', bytes('a'))
      await store.put('full', bytes('b'), put(large))
      expect((await get('full', 'a', 'c')).map((entry) => entry?.[0])).toEqual([undefined, 'small'])
    })

    test.runIf(name !== 'SQLite')('counts what has expired no more', async ({ expect }) => {
      const large = put('x'.repeat(60_000), { expiration: now() - 1 })
      for (const key of ['a', 'b', 'c']) await store.put('counted', bytes(key), large) // oxlint-disable-line no-await-in-loop -- in order
      await store.put('counted', bytes('d'), put('x'.repeat(60_000), { metadata: '[1]' }))
      await expect(store.put('counted', bytes('e'), put('x'.repeat(60_000)))).rejects.toMatchObject({
        code: 'STORAGE_LIMIT',
      })
      await store.delete('counted', bytes('d'))
      await store.put('counted', bytes('e'), put('x'.repeat(99_000)))
    })

    test('forgets a namespace, however much it has, and no other', async ({ expect }) => {
      const keys = Array.from({ length: 1201 }, (_, i) => `k${i}`)
      await Promise.all(
        keys.map((key) => store.put('forgotten', bytes(key), put('v', { mostBytes: 10 ** 6 }))),
      )
      await store.put('forgotten2', bytes('a'), put('kept'))
      await store.forget('forgotten')
      expect(await list('forgotten')).toEqual([[], undefined])
      expect(await get('forgotten', 'k0', 'k1200')).toEqual([undefined, undefined])
      expect(await get('forgotten2', 'a')).toEqual([['kept', undefined]])
      await store.forget('forgotten')
      // nothing of it is counted any more
      await store.put('forgotten', bytes('a'), put('v', { mostBytes: 100 }))
      expect(await get('forgotten', 'a')).toEqual([['v', undefined]])
    })
  })
}
