/** Apps that come, go and change while shards serve. */

import { connect } from 'node:net'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { Opener } from '../../host/deploy/opener.ts'
import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { watchThreads } from '../harness/threads.ts'
import { putOpened, toVersion as app } from '../harness/versions.ts'

/** Over several connections, so that more than one shard is asked. */
async function ask(server: Served, host: string): Promise<Set<string>> {
  const answers = await Promise.all(Array.from({ length: 12 }, () => server.send(host, '/')))
  return new Set(answers.map(({ status, text }) => (status === 200 ? text.split(' ', 1)[0]! : `${status}`)))
}

describe('a running server', () => {
  let server: Served
  beforeAll(async () => {
    server = await serve([app('old', 'one'), app('other', 'one')], 2)
  })
  afterAll(() => server.close())

  test('serves an app that comes, and no longer one that goes', async ({ expect }) => {
    expect(await ask(server, 'new.test')).toEqual(new Set(['404']))
    await server.put(app('new', 'first'))
    expect(await ask(server, 'new.test')).toEqual(new Set(['first']))
    expect(server.registry.apps.map(({ name, state }) => [name, state])).toEqual([
      ['old', 'serving'],
      ['other', 'serving'],
      ['new', 'serving'],
    ])
    await server.registry.remove('new')
    expect(await ask(server, 'new.test')).toEqual(new Set(['404']))
    await expect(server.registry.remove('new')).rejects.toThrow('there is no app "new"')
  })

  test('serves the next version from when `put` resolves, and what was begun stays with the one before', async ({
    expect,
  }) => {
    const begun = Array.from({ length: 8 }, () => server.send('old.test', '/?ms=1500'))
    await expect.poll(async () => (await server.counters()).openRequests).toBe(8)
    await server.put(app('old', 'two'))
    expect(await ask(server, 'old.test')).toEqual(new Set(['two']))
    for (const { text } of await Promise.all(begun)) expect(text).toMatch(/^one /)
    // the version before has gone with what it had
    await expect
      .poll(async () => (await server.tenants()).find(({ name }) => name === 'old')?.counters.liveInstances)
      .toBeLessThanOrEqual(2)
  })

  test('serves a request that was begun neither by the version before nor by another', async ({ expect }) => {
    using opener = new Opener()
    const component = await opener.component(fixture('version'), {}, () => {})
    await putOpened(server, component, 'slow-body', 'one')
    const socket = connect(server.port, '127.0.0.1')
    socket.write(
      'POST / HTTP/1.1\r\nHost: slow-body.test\r\nContent-Length: 4\r\nConnection: close\r\n\r\nab',
    )
    // the shard waits for its small body for a moment
    await putOpened(server, component, 'slow-body', 'two')
    socket.write('cd')
    let answer = ''
    for await (const part of socket) answer += String(part)
    expect(answer).toMatch(/^HTTP\/1.1 200 [^]*(one|two) 1$/)
  })

  test('takes another host name with another version, and gives the old one back', async ({ expect }) => {
    await server.put(app('moves', 'here'))
    await server.put(app('moves', 'there', { hostname: 'elsewhere.test' }))
    expect(await ask(server, 'elsewhere.test')).toEqual(new Set(['there']))
    expect(await ask(server, 'moves.test')).toEqual(new Set(['404']))
    await server.put(app('follows', 'it', { hostname: 'moves.test' }))
    expect(await ask(server, 'moves.test')).toEqual(new Set(['it']))
  })

  test('refuses a host name that another app has, even while that is being opened', async ({ expect }) => {
    const first = server.put(app('first', 'first', { hostname: 'shared.test' }))
    await expect(server.put(app('second', 'second', { hostname: 'shared.test' }))).rejects.toThrow(
      'the host name shared.test is taken by app first',
    )
    await first
    expect(await ask(server, 'shared.test')).toEqual(new Set(['first']))
    expect(server.registry.has('second')).toBe(false)
  })

  test('keeps the version that serves when the next one is no good', async ({ expect }) => {
    const bad = app('other', 'bad', { path: fixture('nothing-there') })
    await expect(server.put(bad)).rejects.toThrow('there is no such file')
    expect(await ask(server, 'other.test')).toEqual(new Set(['one']))
    await expect(server.put(app('never', 'x', { path: fixture('nothing-there') }))).rejects.toThrow()
    expect(server.registry.has('never')).toBe(false)
    await server.put(app('never', 'at last'))
    expect(await ask(server, 'never.test')).toEqual(new Set(['at']))
  })

  test('does what is asked for one app in that order', async ({ expect }) => {
    const puts = ['1', '2', '3', '4'].map((version) => server.put(app('queued', version)))
    const removed = server.registry.remove('queued')
    const last = server.put(app('queued', '5'))
    expect(await Promise.all(puts).then((ids) => ids.toSorted((a, b) => a - b))).toEqual(
      await Promise.all(puts),
    )
    await removed
    await last
    expect(await ask(server, 'queued.test')).toEqual(new Set(['5']))
  })

  test('takes larger heads from when an app does, on connections that are open, too', async ({ expect }) => {
    const headers = { 'x-large': 'a'.repeat(70_000) }
    expect((await server.send('old.test', '/', { headers })).status).toBe(431)
    await server.put(app('large', 'heads', { max_header_kb: 100 }))
    expect((await server.send('large.test', '/', { headers })).status).toBe(200)
    expect((await server.send('old.test', '/', { headers })).status).toBe(431)
    await server.registry.remove('large')
  })

  test('counts go on over versions, and those of an app that goes stay in the sum', async ({ expect }) => {
    await server.put(app('counted', 'a'))
    await ask(server, 'counted.test')
    const requests = async (): Promise<number | undefined> =>
      (await server.tenants()).find(({ name }) => name === 'counted')?.counters.requests
    expect(await requests()).toBe(12)
    await server.put(app('counted', 'b'))
    await ask(server, 'counted.test')
    expect(await requests()).toBe(24)
    const { requests: before } = await server.counters()
    await server.registry.remove('counted')
    await expect.poll(requests).toBeUndefined()
    expect((await server.counters()).requests).toBe(before)
  })
})

test('a shard that is started again serves what is served then', async ({ expect }) => {
  using threads = watchThreads()
  await using server = await serve([app('one', 'old'), app('leaves', 'x')], 1)
  await server.put(app('one', 'new'))
  await server.put(app('comes', 'y'))
  await server.registry.remove('leaves')
  const before = threads.find('shard 0')
  await before.terminate()
  await expect.poll(() => threads.find('shard 0') !== before, { timeout: 10_000 }).toBe(true)
  // it is told of what changes while it starts
  await server.put(app('late', 'z'))
  await server.logged('died and is started again')
  await expect
    .poll(() => ask(server, 'one.test').catch(() => 'nobody listens'), { timeout: 10_000 })
    .toEqual(new Set(['new']))
  expect(await ask(server, 'comes.test')).toEqual(new Set(['y']))
  expect(await ask(server, 'late.test')).toEqual(new Set(['z']))
  expect(await ask(server, 'leaves.test')).toEqual(new Set(['404']))
})
