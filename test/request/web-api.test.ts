/**
 * Signals, streams, events, files and clones, as the standards have them and packages use them. Each path of the fixture is
 * one use.
 */

import { readFileSync } from 'node:fs'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { fixture, fixtureSource, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const SOURCE = readFileSync(fixtureSource('web-api'), 'utf8').split('\n')
const REFUSED = {
  whole: true,
  cut: Array(4).fill('TypeError'),
  wrong: 'TypeError',
  longer: 'TypeError',
  empty: 'TypeError',
}

describe('the Web API', () => {
  let server: Served

  beforeAll(async () => {
    const limits = { cpu_ms: 5000, timeout_ms: 20_000 }
    server = await serve([{ name: 'web', hostname: 'web.test', path: fixture('web-api'), ...limits }])
  })

  afterAll(() => server.close())

  const cases: Readonly<Record<string, unknown>> = {
    signals: {
      before: false,
      after: true,
      reason: 'why',
      order: ['event', 'handler'],
      heard: 1,
      abort: 'AbortError',
      thrown: 'string why',
      timeout: 'TypeError',
      timedOut: 'TimeoutError',
    },
    pipes: { whole: '0,1,2,', cut: 'string enough', cancelled: 'enough' },
    tee: ['tea', 'tea'],
    iterate: ['a', 'b'],
    transformer: 'no more',
    text: ['grü😀n', '€\ufffd'],
    fixed: {
      identity: 'pass',
      isTransform: true,
      short: 'TypeError',
      long: 'TypeError',
      enough: 'abc',
      cancelled: 'undefined undefined',
    },
    compression: { gzip: REFUSED, deflate: REFUSED, 'deflate-raw': REFUSED },
    blobs: {
      text: 'a\nbc',
      bytes: [97, 10, 98, 99],
      byob: 'a\n',
      slice: 'text/y',
      file: ['name.txt', 'text/plain', 5, true],
      blob: ['text/x', 'a\nbc'],
    },
    clones: {
      isCircle: true,
      detached: 0,
      shared: true,
      view: [2, 2],
      when: 7,
      map: true,
      error: [true, 'out', 'none', 'AbortError'],
      refused: Array(6).fill('DataCloneError'),
      kept: 4,
    },
    streamClones: ['0,1,2,', true],
    tags: ['URL', 'URLSearchParams', 'FormData', 'Headers', 'Response'].map((name) => `[object ${name}]`),
    timers: [
      ['object', true, true, true, false, true, true, 'Immediate'],
      ['immediate', 'timer', 'timer'],
      true,
      'Timeout',
      [],
    ],
    names: ['structuredClone', 'fetch', 'atob', 'queueMicrotask', 'setTimeout', 'Response'],
    parts: ['first=1&second=%C3%A4&third=3', 'ä', 'second', '2'],
    base64: ['hi', 'hi', 'aP8=', 'InvalidCharacterError', 'InvalidCharacterError', 'InvalidCharacterError'],
    events: { seen: ['x', true, 'x', true], isPassive: true, isCancelled: true },
    reported: ['told', 'RangeError', 'from a microtask', 'TypeError'],
    rejected: ['Error: nobody waits'],
  }

  test.for(Object.keys(cases))('%s', async (name, { expect }) => {
    const answer = await server.send('web.test', `/${name}`)
    expect(answer.json<{ got: unknown }>().got).toEqual(cases[name])
  })

  test('a body is read into buffers of the app, as many bytes as it wants at least', async ({ expect }) => {
    const answer = await server.send('web.test', '/byob', { method: 'POST', body: Buffer.alloc(19, 1) })
    const { sizes, isOwn } = answer.json<{ got: { sizes: number[]; isOwn: boolean } }>().got
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(19)
    expect(sizes.slice(0, -1).every((size) => size >= 4)).toBe(true)
    expect(isOwn).toBe(true)
  })

  test('signals that nobody listens to are not kept by what they follow', async ({ expect }) => {
    const { got } = (await server.send('web.test', '/forgotten')).json<{ got: number }>()
    expect(got).toBeLessThan(200)
  })

  test('a rejection that nobody handles is a line of the log, with the place in the source', async ({
    expect,
  }) => {
    expect((await server.send('web.test', '/rejected-and-logged')).text).toContain('answered')
    const line = SOURCE.findIndex((text) => text.endsWith('// line of rejected-and-logged')) + 1
    await server.logged('Unhandled rejection: Error: lost in the dark')
    await server.logged(`web-api.ts:${line}`)
  })
})
