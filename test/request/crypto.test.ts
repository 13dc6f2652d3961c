/**
 * HMAC as the Web Cryptography API says it, the same as Node's in what comes out and in what is refused, with keys of any
 * age; and what there is not ends in an error, never the instance.
 */

import { createHash, createHmac, webcrypto } from 'node:crypto'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { runCases, type Subtle } from '../fixtures/shared/crypto-cases.ts'
import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const SIGNATURES = 100_000
const BATCH = 20_000

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

  test('signs and digests a hundred thousand times like Node, whatever is collected meanwhile', async ({
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

  test('refuses every algorithm that there is not', async ({ expect }) => {
    const names = (await server.send('crypto.test', '/unsupported')).json<string[]>()
    expect(names.length).toBeGreaterThan(100)
    expect(new Set(names)).toEqual(new Set(['NotSupportedError']))
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
