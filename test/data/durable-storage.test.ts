/** What an object's storage gives, case by case, beside workerd's own; and what it refuses. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { fixture, fixtureSource, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { type Peer, startWorkerd } from '../harness/workerd.ts'

let server: Served
let peer: Peer

beforeAll(async () => {
  const durable_objects = { bindings: [{ name: 'ROOM', class_name: 'Room' }] }
  const limits = { cpu_ms: 5000, timeout_ms: 20_000 }
  server = await serve([{ name: 'rooms', path: fixture('durable-storage'), durable_objects, ...limits }], 2)
  peer = await startWorkerd(fixtureSource('durable-storage'), ['Room'])
})

afterAll(async () => {
  await server.close()
  await peer[Symbol.asyncDispose]()
})

const own = async (name: string): Promise<unknown> =>
  JSON.parse((await server.send('rooms', `/${encodeURIComponent(name)}`)).text)
const theirs = async (name: string): Promise<unknown> =>
  (await fetch(`${peer.origin}/${encodeURIComponent(name)}`)).json()

/** What is wrong is the same, and is said in words of one's own. */
const withoutWords = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, each: unknown) => (key === 'message' ? undefined : each)))

describe('the storage of an object', () => {
  test.for([
    'values',
    'keys',
    'listing',
    'wrong lists',
    'wrong keys and values',
    'deleting',
    'transactions',
    'synchronous transactions',
    'synchronous keys',
    'alarms',
    'deleting all',
    'sql',
    'bindings',
    'wrong sql',
    'shapes',
  ])('has the same for %s', async (name) => {
    const [mine, other] = await Promise.all([own(name), theirs(name)])
    expect(withoutWords(mine)).toEqual(withoutWords(other))
  })

  test('says what a key, a value and a call may be', async () => {
    const [longest, ...rest] = (await own('limits')) as { error: string; message: string }[]
    expect(longest).toEqual({ undefined: true })
    const refused = rest.map((each, i) => (each.error === 'RangeError' ? i + 1 : 0)).filter((i) => i > 0)
    // long keys, a large value, too many keys
    expect(refused).toEqual([1, 2, 3, 5, 7, 8, 9])
  })

  test('says what there is not', async () => {
    expect(await own('history')).toMatchObject({
      error: 'Error',
      message: expect.stringContaining('no bookmarks') as string,
    })
  })
})
