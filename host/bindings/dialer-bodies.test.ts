/** Bodies of a dialer's answers, and the collector. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { test } from 'vitest'

import { collectGarbage } from '../limits/collect.ts'
import { openDialer } from './dialer.ts'

test('a body that nobody has begun to read is there when the collector has run', async ({ expect }) => {
  const server = createServer((_request, response) => response.end('whole'))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  using dialer = openDialer({ allow: ['127.0.0.1'] })
  const { signal } = new AbortController()
  const open = async () => {
    const { body } = await dialer.fetch(url, {
      method: 'GET',
      headers: [],
      body: undefined,
      redirect: 'follow',
      signal,
    })
    return body!
  }
  const bodies = await Promise.all(Array.from({ length: 5 }, open))
  for (let i = 0; i < 3; i++) {
    collectGarbage()
    // oxlint-disable-next-line no-await-in-loop -- what follows from it comes in a task of its own
    await setImmediate()
  }
  const texts = await Promise.all(
    bodies.map(async (body) => Buffer.concat(await Array.fromAsync(body)).toString()),
  )
  expect(texts).toEqual(Array.from({ length: 5 }, () => 'whole'))
  server.close()
})
