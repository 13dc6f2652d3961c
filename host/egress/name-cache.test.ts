/** What is kept of names, for how long, and how much of it. */
import { describe, test } from 'vitest'

import { type Found, NameCache } from './name-cache.ts'

function open() {
  const clock = { ms: 0 }
  const cache = new NameCache(() => clock.ms)
  const asked: string[] = []
  return {
    clock,
    asked,
    find: (name: string, answer: Partial<Found> | Error | Promise<Found> = {}) =>
      cache.find(name, async () => {
        asked.push(name)
        if (answer instanceof Error) throw answer
        return { addresses: ['192.0.2.1'], ttl: 30, ...(await answer) }
      }),
  }
}

function toError(code: string): Error {
  return Object.assign(new Error(code), { code })
}

describe('a cache of names', () => {
  test.for([
    ['as long as it says', 30, 30_000],
    ['for a second at least', 0, 1000],
    ['for a minute at most', 86_400, 60_000],
  ] as const)('keeps what was found %s', async ([, ttl, ms], { expect }) => {
    const { clock, asked, find } = open()
    await find('a.test', { ttl })
    clock.ms = ms - 1
    expect(await find('a.test', { addresses: [] })).toEqual(['192.0.2.1'])
    clock.ms = ms
    expect(await find('a.test', { addresses: ['192.0.2.2'] })).toEqual(['192.0.2.2'])
    expect(asked).toHaveLength(2)
  })

  test.for(['ENOTFOUND', 'ENODATA'])(
    'keeps for a second that a name is not there: %s',
    async (code, { expect }) => {
      const { clock, asked, find } = open()
      await expect(find('a.test', toError(code))).rejects.toThrow(code)
      clock.ms = 999
      await expect(find('a.test')).rejects.toThrow(code)
      clock.ms = 1000
      expect(await find('a.test')).toEqual(['192.0.2.1'])
      expect(asked).toHaveLength(2)
    },
  )

  test.for(['ETIMEOUT', 'ESERVFAIL', 'ECONNREFUSED', 'EAI_AGAIN'])(
    'keeps no failure: %s',
    async (code, { expect }) => {
      const { clock, find } = open()
      await find('a.test', { ttl: 1 })
      clock.ms = 1000
      await expect(find('a.test', toError(code))).rejects.toThrow(code)
      expect(await find('a.test', { addresses: ['192.0.2.2'] })).toEqual(['192.0.2.2'])
    },
  )

  test('asks once for all who wait, and tells all of them, a failure too', async ({ expect }) => {
    const { asked, find } = open()
    const slow = Promise.withResolvers<Found>()
    const all = Array.from({ length: 100 }, () => find('a.test', slow.promise))
    slow.reject(toError('ETIMEOUT'))
    const outcomes = await Promise.allSettled(all)
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']))
    expect(asked).toHaveLength(1)
    await find('a.test')
    expect(asked).toHaveLength(2)
  })

  test('keeps 128 names, those that were used last', async ({ expect }) => {
    const { asked, find } = open()
    for (let i = 0; i < 128; i++) await find(`${i}.test`)
    await find('0.test')
    await find('128.test')
    asked.length = 0
    await find('0.test')
    await find('1.test')
    expect(asked).toEqual(['1.test'])
  })

  test('keeps no name with very many addresses', async ({ expect }) => {
    const { asked, find } = open()
    const addresses = Array.from({ length: 17 }, (_, i) => `192.0.2.${i}`)
    for (let i = 0; i < 2; i++) expect(await find('a.test', { addresses })).toEqual(addresses)
    expect(asked).toHaveLength(2)
  })
})
