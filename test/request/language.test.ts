/**
 * `Intl`, normal forms and regular expressions in an app are Node's; what is not named is `en-US` and UTC, whatever the
 * machine's; and no question takes longer than a turn may.
 */

import { afterAll, beforeAll, describe, test } from 'vitest'

import { runCases } from '../fixtures/shared/language-cases.ts'
import { fixture, serve, type Served } from '../harness/serve.ts'

const HOST = 'language.test'
const app = { name: 'language', hostname: HOST, path: fixture('language'), memory_mb: 256 }

describe('languages', () => {
  let server: Served
  const ask = async (path: string) => server.send(HOST, path)

  beforeAll(async () => {
    server = await serve([
      { ...app, timeout_ms: 60_000, cpu_ms: 60_000 },
      { ...app, name: 'hasty', hostname: 'hasty.test', cpu_ms: 500 },
    ])
  })

  afterAll(() => server.close())

  test('an app gets the answers that Node gives, in many languages and time zones', async ({ expect }) => {
    const answer = await ask('/cases')
    expect(answer.json()).toEqual(JSON.parse(JSON.stringify(runCases())))
  })

  test("the app's top level gets answers, and what it makes works in an instance", async ({ expect }) => {
    expect((await ask('/early')).json()).toEqual([
      '1.234,50\u00a0€',
      '\u00e9',
      '1970/1/1',
      '2,50\u00a0€',
      ['é', 'a'],
    ])
  })

  test("what is not named is en-US and UTC, not the machine's", async ({ expect }) => {
    expect((await ask('/defaults')).json()).toEqual([
      expect.objectContaining({ locale: 'en-US', timeZone: 'UTC' }),
      'en-US',
      '1/1/1970, 12:00:00 AM',
      '1,234.5',
      'Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)',
      '00:00:00 GMT+0000 (Coordinated Universal Time)',
    ])
  })

  test.for([
    ['/hostile', 'RangeError: expected fewer than 1024 combining marks in a row'],
    ['/long', 'RangeError: locales and options: expected at most 4096 bytes'],
    ['/pattern', 'RangeError: this regular expression is too much'],
  ])('%s: what would take too long is refused', async ([path, message], { expect }) => {
    const answer = await ask(path!)
    expect(answer.status).toBe(400)
    expect(answer.text).toContain(message)
  })

  test('formatters beyond those that are kept are made anew', async ({ expect }) => {
    expect((await ask('/many')).json()).toBe('made')
  })

  test('questions without end are stopped like any other work', async ({ expect }) => {
    const answer = await server.send('hasty.test', '/endless')
    expect([answer.status, answer.text]).toEqual([503, expect.stringContaining('APP_CPU_LIMIT')])
  })
})
