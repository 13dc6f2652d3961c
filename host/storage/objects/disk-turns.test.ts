import { setImmediate as tick } from 'node:timers/promises'

import { describe, test } from 'vitest'

import { DiskTurns } from './disk-turns.ts'

describe('turns at a disk', () => {
  test('are had by some at once, the others in order', async ({ expect }) => {
    const turns = new DiskTurns(2)
    const begun: number[] = []
    const ends = [0, 1, 2, 3].map(() => Promise.withResolvers<void>())
    const all = ends.map(({ promise }, index) =>
      turns.run(async () => {
        begun.push(index)
        await promise
        return index
      }),
    )
    await tick()
    expect(begun).toEqual([0, 1])
    ends[1]!.reject(new Error('it failed'))
    await expect(all[1]).rejects.toThrow('it failed')
    await tick()
    expect(begun).toEqual([0, 1, 2])
    for (const { resolve } of ends) resolve()
    expect(await Promise.all([all[0], all[2], all[3]])).toEqual([0, 2, 3])
  })

  test('are given up by who waits no longer, and by nobody who has begun', async ({ expect }) => {
    const turns = new DiskTurns(1)
    const end = Promise.withResolvers<string>()
    const { signal: first } = new AbortController()
    const running = turns.run(() => end.promise, first)
    const given = new AbortController()
    const waiting = turns.run(async () => expect.fail('it has no turn'), given.signal)
    const next = turns.run(async () => 'next')
    given.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    await expect(turns.run(async () => 'late', given.signal)).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
    })
    end.resolve('done')
    expect([await running, await next]).toEqual(['done', 'next'])
    expect(await turns.run(async () => 'free')).toBe('free')
  })
})
