/** Who has the next place for work off the shard's thread. */
import { describe, test } from 'vitest'

import { JobPool } from './job-pool.ts'

const LONG = 100
const SHORT = 1

/** Jobs that are done when they are told to be, and what has begun so far. */
function makeJobs() {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const job = (name: string) => (): Promise<void> => {
    begun.push(name)
    return new Promise((resolve) => ends.set(name, resolve))
  }
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.()
    // the next one begins when the loop had its say
    await new Promise(setImmediate)
    await new Promise(setImmediate)
  }
  return { begun, job, end }
}

describe('jobs', () => {
  test('of several tenants are done by turns', async ({ expect }) => {
    const pool = new JobPool()
    const { begun, job, end } = makeJobs()
    const [a, b] = [pool.open(), pool.open()]
    for (const name of ['a1', 'a2', 'a3']) a.run(LONG, job(name))
    for (const name of ['b1', 'b2']) b.run(LONG, job(name))
    for (const name of ['a1', 'a2', 'b1', 'a3', 'b2']) await end(name)
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a3', 'b2'])
  })

  test('that are short wait for no long one, and so many run at once', async ({ expect }) => {
    const pool = new JobPool()
    const { begun, job, end } = makeJobs()
    const line = pool.open()
    for (const name of ['long 1', 'long 2']) line.run(LONG, job(name))
    for (let i = 1; i <= 6; i++) line.run(SHORT, job(`short ${i}`))
    expect(begun).toEqual(['long 1', 'short 1', 'short 2', 'short 3', 'short 4'])
    await end('short 2')
    expect(begun.at(-1)).toBe('short 5')
    await end('long 1')
    expect(begun.at(-1)).toBe('long 2')
  })
})
