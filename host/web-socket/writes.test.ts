import { setImmediate } from 'node:timers/promises'

import { test } from 'vitest'

import { Writes } from './writes.ts'

/** So many connections of one app, which note when they write. */
function open(writes: Writes, count: number, written: string[], app: string): void {
  const owner = {}
  for (let i = 0; i < count; i++) writes.add({ owner, write: () => void written.push(app) })
}

test('who has thousands of connections to write to leaves the event loop to others', async ({ expect }) => {
  const writes = new Writes()
  const written: string[] = []
  open(writes, 1000, written, 'large')
  expect(written).toEqual([])
  let rounds = 0
  for (; written.length < 1000; rounds++) {
    const before = written.length
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await setImmediate()
    // what was waited for comes before or behind a round
    expect(written.length - before).toBeLessThanOrEqual(128)
  }
  expect(rounds).toBeGreaterThan(5)
})

test('apps have their turns', async ({ expect }) => {
  const writes = new Writes()
  const written: string[] = []
  open(writes, 1000, written, 'large')
  open(writes, 3, written, 'small')
  await setImmediate()
  expect(written.slice(0, 6)).toEqual(['large', 'small', 'large', 'small', 'large', 'small'])
})

test('what is gone does not write', async ({ expect }) => {
  const writes = new Writes()
  const written: string[] = []
  const gone = { owner: {}, write: () => void written.push('gone') }
  writes.add(gone)
  open(writes, 1, written, 'there')
  writes.delete(gone)
  await setImmediate()
  expect(written).toEqual(['there'])
})
