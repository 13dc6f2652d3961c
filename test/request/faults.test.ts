/**
 * What goes wrong in an app becomes a prompt, defined response and a log line that names the app's own source line;
 * the next request is answered.
 */

import { readFileSync } from 'node:fs'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { fixture, fixtureSource, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const SOURCE = readFileSync(fixtureSource('faults'), 'utf8').split('\n')

/** `faults.ts:12`, where line 12 ends in the comment that marks this path. */
function lineOf(path: string): string {
  return `faults.ts:${SOURCE.findIndex((line) => line.endsWith(`// line of ${path}`)) + 1}`
}

describe('faults', () => {
  let server: Served

  beforeAll(async () => {
    server = await serve([
      { name: 'faults', hostname: 'faults.test', path: fixture('faults'), timeout_ms: 1000 },
      { name: 'neighbour', hostname: 'neighbour.test', path: fixture('memory') },
    ])
    await server.send('faults.test', '/')
  })

  afterAll(() => server.close())

  async function expectError(path: string, status: number, code: string, within = 5000) {
    const started = performance.now()
    const answer = await server.send('faults.test', path)
    const took = performance.now() - started
    const body = answer.json<{ error: { code: string; message: string } }>()
    if (took > within) throw new Error(`${path} took ${took} ms`)
    if (answer.status !== status || body.error.code !== code)
      throw new Error(`${path}: ${answer.status} ${answer.text}`)
    return answer
  }

  test.for(['/throw', '/throw-deep', '/reject'])(
    '%s: 500 and a stack with the source line',
    async (path, { expect }) => {
      const answer = await expectError(path, 500, 'APP_THREW')
      expect(answer.text).not.toContain('faults')
      expect(answer.text).not.toContain('thrown')
      await server.logged(lineOf(path))
    },
  )

  test.for(['/throw-string', '/throw-null', '/reject-undefined', '/hostile-error'])(
    '%s: what is thrown need not be an error',
    async (path, { expect }) => {
      const logged = server.log.length
      await expectError(path, 500, 'APP_THREW')
      await waitFor(() => (server.log.length > logged ? true : undefined))
      expect((await server.send('faults.test', '/')).text).toBe('fine')
    },
  )

  test.for(['/not-a-response', '/nothing'])('%s: 500, and the log says what came', async (path) => {
    await expectError(path, 500, 'APP_BAD_RESPONSE')
    await server.logged('Response')
  })

  test('a Response whose body is used up: 500', async () => {
    await expectError('/used-up', 500, 'APP_BAD_RESPONSE')
    await expectError('/locked', 500, 'APP_BAD_RESPONSE')
  })

  test('a Response answers one request, unless it has no body or is cloned', async ({ expect }) => {
    expect((await server.send('faults.test', '/same')).text).toBe('the same')
    await expectError('/same', 500, 'APP_BAD_RESPONSE')
    await server.logged('GET /same: ', 'used already')
    for (const path of ['/same-clone', '/same-clone', '/same-empty', '/same-empty']) {
      expect((await server.send('faults.test', path)).status).toBe(path === '/same-empty' ? 204 : 200)
    }
  })

  test('a handler that can never answer: 500 at once', async () => {
    await expectError('/never', 500, 'APP_HUNG')
    await server.logged('APP_HUNG')
  })

  test('a handler that does not answer but has work: 504 in time', async ({ expect }) => {
    const started = performance.now()
    await expectError('/never-with-interval', 504, 'APP_TIMEOUT')
    expect(performance.now() - started).toBeGreaterThan(900)
  })

  test('a stream that fails: the client sees that it is cut, the log says why', async ({ expect }) => {
    await expect(server.send('faults.test', '/stream-fails')).rejects.toThrow(/aborted|reset|hang up/)
    await server.logged(lineOf('/stream-fails'))
  })

  test('a throw in a timer is logged and hurts nobody', async ({ expect }) => {
    expect((await server.send('faults.test', '/timer-throws')).text).toBe('answered')
    await server.logged(lineOf('/timer-throws'))
    expect((await server.send('faults.test', '/')).text).toBe('fine')
  })

  test('a rejected waitUntil is logged and hurts nobody', async ({ expect }) => {
    expect((await server.send('faults.test', '/wait-until-rejects')).text).toBe('answered')
    await server.logged(lineOf('/wait-until-rejects'))
    expect((await server.send('faults.test', '/')).text).toBe('fine')
  })

  test.for(['/exhaust', '/recurse'])(
    '%s: an error, and the next request is answered',
    async (path, { expect }) => {
      await server.send('neighbour.test', '/note?kept=yes')
      const answer = await server.send('faults.test', path)
      expect([500, 502, 503]).toContain(answer.status)
      expect(answer.json()).toEqual({
        error: { code: expect.stringMatching(/^APP_/), message: expect.any(String) },
      })
      expect((await server.send('faults.test', '/')).text).toBe('fine')
      expect((await server.send('neighbour.test', '/note')).json()).toEqual({ kept: 'yes' })
    },
  )

  test('the failure of one request leaves the others of its instance alone', async ({ expect }) => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => server.send('faults.test', i % 2 === 0 ? '/' : '/reject')),
    )
    expect(answers.map((answer) => answer.status)).toEqual(answers.map((_, i) => (i % 2 === 0 ? 200 : 500)))
  })
})
