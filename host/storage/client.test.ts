/** A shard's way to the storage thread. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'

import { expect, test, vi } from 'vitest'

import { StorageClient } from './client.ts'
import type { StorageFailure } from './failure.ts'
import { serveShard } from './session.ts'
import { Stores } from './stores.ts'

test('calls that nobody waits for are bounded while the thread stands still, and forgotten when it goes on', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'nano-client-'))
  await using stores = new Stores({ directory, settings: {}, log: () => undefined })
  const { port1, port2 } = new MessageChannel()
  using client = new StorageClient(() => client.attach(port1))
  const key = Buffer.from('k')
  const put = () => {
    const body = new Uint8Array(1024 * 1024)
    const args = { key, expiration: undefined, metadata: undefined, mostBytes: 2 ** 30 }
    const outcome = Promise.withResolvers<StorageFailure | undefined>()
    const handle = client.call({ kind: 'kv', key: 'a', op: 'put', args, body }, false, {
      onAnswer: () => outcome.resolve(undefined),
      onChunk() {},
      onWant() {},
      onFailed: outcome.resolve,
    })
    return { handle, outcome: outcome.promise }
  }
  for (let i = 0; i < 32; i++) put().handle.abort()
  const refused = await put().outcome
  expect(refused).toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
  expect(refused!.message).toMatch(/far behind; nothing was changed$/)
  serveShard(port2, stores, (error) => expect.unreachable(String(error)))
  await vi.waitFor(async () => expect(await put().outcome).toBeUndefined())
  const { handle, outcome } = put()
  expect(await outcome).toBeUndefined()
  // one that is over is not abandoned
  for (let i = 0; i < 100; i++) handle.abort()
  expect(await put().outcome).toBeUndefined()
  rmSync(directory, { recursive: true })
})
