/**
 * HMAC as the Web Cryptography API says it, the same as Node's in what comes out and in what is refused, with keys of any
 * age; and what there is not ends in an error, never the instance.
 */

import { createHash, createHmac, webcrypto } from 'node:crypto'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { runCases, type Subtle } from '../fixtures/shared/crypto-cases.ts'
import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const SIGNATURES = 10_000
const BATCH = 2000

describe('crypto.subtle', () => {
  let server: Served

  beforeAll(async () => {
    server = await serve([
      {
        name: 'crypto',
        hostname: 'crypto.test',
        path: fixture('crypto'),
        timeout_ms: 60_000,
        memory_mb: 256,
        cpu_ms: 60_000,
      },
    ])
  })

  afterAll(() => server.close())

  test('does what the one of Node does', async ({ expect }) => {
    const answer = await server.send('crypto.test', '/cases')
    const wanted = await runCases(webcrypto.subtle as unknown as Subtle)
    expect(answer.json()).toEqual(JSON.parse(JSON.stringify(wanted)))
  })

  test('signs and digests ten thousand times like Node, whatever is collected meanwhile', async ({
    expect,
  }) => {
    const got: string[] = []
    const wanted: string[] = []
    for (let from = 0; from < SIGNATURES; from += BATCH) {
      // oxlint-disable-next-line no-await-in-loop -- a batch keeps an instance busy
      got.push((await server.send('crypto.test', `/signatures?from=${from}&count=${BATCH}`)).text)
      wanted.push(signAll(from, BATCH))
    }
    expect(got).toEqual(wanted)
  }, 60_000)

  test('gives no key away that may not be exported', async ({ expect }) => {
    const answer = await server.send('crypto.test', '/leak')
    expect(answer.json()).toEqual({
      own: [],
      json: '{}',
      outcomes: ['InvalidAccessError', 'InvalidAccessError', 'InvalidAccessError'],
    })
  })

  test('knows each of a thousand keys again, and holds none of them when nobody asks', async ({ expect }) => {
    expect((await server.send('crypto.test', '/many?count=1000')).json()).toBe(256)
    await expect.poll(async () => (await server.counters()).heldBytes, { timeout: 10_000 }).toBe(0)
  })

  test('refuses what there is no time or no room for, and goes on', async ({ expect }) => {
    const names = (await server.send('crypto.test', '/too-much')).json<string[]>()
    expect(names).toEqual([
      'OperationError',
      'OperationError',
      'OperationError',
      'OperationError',
      'InvalidAccessError',
      'OperationError',
    ])
    expect((await server.send('crypto.test', '/many?count=1')).json()).toBe(1)
  })

  test('makes quick calls in the turn that asks for them', async ({ expect }) => {
    const turnsOf = async (path: string) => {
      const count = async () =>
        (await server.tenants()).reduce((sum, { counters }) => sum + counters.turns, 0)
      await server.send('crypto.test', path)
      const before = await count()
      const { text } = await server.send('crypto.test', path)
      return { turns: (await count()) - before, text }
    }
    expect(await turnsOf('/')).toEqual({ turns: 1, text: 'fine' })
    expect(await turnsOf('/quick')).toEqual({ turns: 1, text: '[true,true,true,false,false]' })
    expect((await server.send('crypto.test', '/wrong-key')).text).toBe('InvalidAccessError')
  })

  test('has what Workers have beside the standard, and clones keys', async ({ expect }) => {
    const { digest, clone, same, equal } = (await server.send('crypto.test', '/workers')).json<{
      digest: string
      clone: unknown[]
      same: string[]
      equal: boolean[]
    }>()
    expect(digest).toBe(createHash('sha256').update('one two').digest('hex'))
    expect(clone).toEqual([false, true, { name: 'HMAC', length: 288, hash: { name: 'SHA-256' } }])
    expect(same[0]).toBe(same[1])
    expect(equal).toEqual([true, false])
  })
})

/** What the app of test/fixtures/crypto.ts answers. */
function signAll(from: number, count: number): string {
  const all = createHash('sha256')
  for (let i = from; i < from + count; i++) {
    const message = `message ${i}`
    all.update(
      createHmac('sha256', `a secret of an odd number of letters ${i % 4}`)
        .update(message)
        .digest(),
    )
    all.update(createHash('sha256').update(message).digest())
  }
  return all.digest('hex')
}
