/** What KV on the fleet is beyond a store of one host: several of them see one another's writes. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import { NatsServer, NO_NATS } from '../../../test/harness/nats.ts'
import { openFleetKv } from './fleet-kv.ts'
import type { KvPut, KvStore } from './kv-store.ts'

const bytes = (text: string): Buffer => Buffer.from(text)
const put = (text: string, more: Partial<KvPut> = {}): KvPut => ({
  value: bytes(text),
  metadata: undefined,
  expiration: undefined,
  mostBytes: 10_000,
  ...more,
})
const ALL = { prefix: bytes(''), limit: 100, after: undefined }
const names = async (store: KvStore, namespace: string): Promise<string[]> =>
  (await store.list(namespace, ALL)).keys.map(({ name }) => Buffer.from(name).toString())
const value = async (store: KvStore, namespace: string, key: string): Promise<string | undefined> => {
  const [entry] = await store.get(namespace, [bytes(key)])
  return entry && Buffer.from(entry.value).toString()
}

describe.skipIf(NO_NATS !== undefined)(
  `KV on the fleet${NO_NATS ? ` (skipped: ${NO_NATS})` : ''}`,
  async () => {
    if (NO_NATS !== undefined) return
    const server = await NatsServer.start()
    const open = (host: string) => openFleetKv({ name: 'f', host, servers: [server.url] }, () => undefined)
    const [one, two] = await Promise.all([open('one'), open('two')])
    afterAll(async () => {
      await Promise.all([one[Symbol.asyncDispose](), two[Symbol.asyncDispose]()])
      await server[Symbol.asyncDispose]()
    })

    test('what one host has written another one reads at once, and lists soon', async ({ expect }) => {
      expect(await names(two, 'seen')).toEqual([])
      await one.put('seen', bytes('a'), put('1'))
      expect(await value(two, 'seen', 'a')).toBe('1')
      await expect.poll(() => names(two, 'seen')).toEqual(['a'])
      await two.put('seen', bytes('a'), put('2'))
      await two.put('seen', bytes('b'), put('2'))
      expect(await value(one, 'seen', 'a')).toBe('2')
      await two.delete('seen', bytes('a'))
      expect(await value(one, 'seen', 'a')).toBeUndefined()
      await expect.poll(() => names(one, 'seen')).toEqual(['b'])
      await one.forget('seen')
      expect(await value(two, 'seen', 'b')).toBeUndefined()
      await expect.poll(() => names(two, 'seen')).toEqual([])
      await two.put('seen', bytes('c'), put('3'))
      await expect.poll(() => names(one, 'seen')).toEqual(['c'])
    })

    test("with the fleet's key NATS sees no value, and what is not sealed is not taken", async ({
      expect,
    }) => {
      const directory = mkdtempSync(join(tmpdir(), 'nano-key-'))
      const file = join(directory, 'key')
      writeFileSync(file, 'a key of the fleet, which is long enough')
      const settings = { name: 'f', host: 'three', servers: [server.url], key: { file } }
      const sealed = await openFleetKv(settings, () => undefined)
      try {
        const metadata = '{"of":"secret"}'
        await sealed.put('sealed', bytes('a'), put('secret', { metadata }))
        expect(await value(sealed, 'sealed', 'a')).toBe('secret')
        expect((await sealed.list('sealed', ALL)).keys).toMatchObject([{ metadata }])
        expect((await sealed.get('sealed', [bytes('a')]))[0]).toMatchObject({ metadata })
        // as a host without the key sees it
        const [raw] = await one.get('sealed', [bytes('a')])
        expect([raw!.metadata, Buffer.from(raw!.value).toString('latin1')].join('\n')).not.toContain('secret')
        // another entry's value, and one that nobody has sealed
        await one.put('sealed', bytes('b'), put('', { value: raw!.value }))
        await one.put('sealed', bytes('c'), put('plain'))
        for (const key of ['b', 'c']) {
          await expect(value(sealed, 'sealed', key)).rejects.toMatchObject({ code: 'STORAGE_BROKEN' })
        }
      } finally {
        await sealed[Symbol.asyncDispose]()
        rmSync(directory, { recursive: true })
      }
    })

    test('what all hosts have written counts to what a namespace may take up', async ({ expect }) => {
      expect(await names(one, 'counted')).toEqual([])
      await two.put('counted', bytes('a'), put('x'.repeat(6000)))
      await expect.poll(() => names(one, 'counted')).toEqual(['a'])
      await expect(one.put('counted', bytes('b'), put('x'.repeat(6000)))).rejects.toMatchObject({
        code: 'STORAGE_LIMIT',
      })
    })

    test('a value that NATS does not take is refused, with what to do', async ({ expect }) => {
      const large = put('', { value: Buffer.alloc(1024 * 1024), mostBytes: 2 ** 30 })
      await expect(one.put('large', bytes('a'), large)).rejects.toMatchObject({
        code: 'STORAGE_LIMIT',
        message: expect.stringContaining('max_payload') as string,
      })
      const most = { ...large, value: Buffer.alloc(1_000_000, 7) }
      await one.put('large', bytes('a'), most)
      const [entry] = await two.get('large', [bytes('a')])
      expect(Buffer.compare(entry!.value, most.value)).toBe(0)
    })

    test(
      'servers that go away fail calls, and everything is there when they are back',
      { timeout: 30_000 },
      async ({ expect }) => {
        await one.put('back', bytes('a'), put('1'))
        expect(await names(two, 'back')).toEqual(['a'])
        await server.kill()
        await expect(one.get('back', [bytes('a')])).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
        await expect(one.put('back', bytes('b'), put('2'))).rejects.toMatchObject({
          code: 'STORAGE_UNAVAILABLE',
        })
        await server.start()
        await expect
          .poll(() => one.put('back', bytes('c'), put('3')).then(() => 'put', String), { timeout: 10_000 })
          .toBe('put')
        await expect.poll(() => value(two, 'back', 'a').catch(String), { timeout: 10_000 }).toBe('1')
        // an index that was read before hears of it as well
        await expect
          .poll(async () => (await names(two, 'back')).includes('c'), { timeout: 15_000 })
          .toBe(true)
      },
    )
  },
)
