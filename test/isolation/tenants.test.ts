/**
 * Tenants apart: the same component served twice shares code, and nothing else.
 */

import { afterAll, beforeAll, describe, test } from 'vitest'

import { fixture, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

interface Randoms {
  math: number[]
  bytes: number[]
  uuid: string
}

const JSON_ENV = { TEXT: '{}', LIST: [1, 'a', null, { b: [] }], NUMBER: -0.5, NONE: null, constructor: true }

describe('tenants', () => {
  let server: Served

  beforeAll(async () => {
    const path = fixture('memory')
    server = await serve([
      { name: 'a', hostname: 'a.test', path, env: { NAME: 'a', SECRET: 'of a' } },
      { name: 'b', hostname: 'b.test', path, env: { NAME: 'b' } },
      { name: 'c', hostname: 'c.test', path },
      { name: 'd', hostname: 'd.test', path, env: JSON_ENV },
    ])
  })

  afterAll(() => server.close())

  test('each sees its own env and nothing of the process', async ({ expect }) => {
    expect((await server.send('a.test', '/env')).json()).toEqual({ NAME: 'a', SECRET: 'of a' })
    expect((await server.send('b.test', '/env')).json()).toEqual({ NAME: 'b' })
    expect((await server.send('c.test', '/env')).json()).toEqual({})
  })

  test('env holds any JSON value that the configuration gives', async ({ expect }) => {
    expect((await server.send('d.test', '/env')).json()).toEqual(JSON_ENV)
  })

  test('what one does to its env stays with it', async ({ expect }) => {
    await server.send('a.test', '/change-env')
    expect((await server.send('b.test', '/env')).json()).toEqual({ NAME: 'b' })
  })

  test('requests of one tenant share module state, tenants do not', async ({ expect }) => {
    await server.send('a.test', '/note?one=1')
    await server.send('a.test', '/note?two=2')
    expect((await server.send('a.test', '/note')).json()).toEqual({ one: '1', two: '2' })
    expect((await server.send('b.test', '/note')).json()).toEqual({})
    await server.send('a.test', '/leak-global?x')
    expect((await server.send('b.test', '/read-global')).json()).toEqual({ leaked: null })
  })

  test('random values differ between tenants and between servers', async ({ expect }) => {
    const path = fixture('memory')
    await using second = await serve([{ name: 'a', hostname: 'a.test', path }])
    const all = await Promise.all([
      ...['a.test', 'b.test', 'c.test'].map((host) => server.send(host, '/random')),
      second.send('a.test', '/random'),
    ])
    const values = all.map((answer) => answer.json<Randoms>())
    for (const pick of [
      (v: Randoms) => v.uuid,
      (v: Randoms) => v.bytes.join(),
      (v: Randoms) => v.math.join(),
    ]) {
      expect(new Set(values.map(pick)).size).toBe(values.length)
    }
    expect(values[0]!.math[0]).not.toBe(values[0]!.math[1])
    for (const { uuid } of values)
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })
})
