/**
 * Stacks as V8 has them, in the app's own files, and what `console` says, compared with Node's own words.
 */

import { readFileSync } from 'node:fs'
import { format } from 'node:util'

import { afterAll, beforeAll, describe, onTestFinished, test } from 'vitest'

import { buildApp } from '../../host/build/build.ts'
import { createSourceDir } from '../build/source-dir.ts'
import { CASES } from '../fixtures/shared/log-cases.ts'
import type { LogEntry } from '../../host/log/entry.ts'
import { fixture, fixtureSource, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const SOURCE = readFileSync(fixtureSource('stacks'), 'utf8').split('\n')

/** `stacks.ts:12`, where line 12 ends in the comment that marks this path. */
function lineOf(path: string): string {
  return `stacks.ts:${SOURCE.findIndex((line) => line.endsWith(`// line of ${path}`)) + 1}`
}

const toSaid = ({ level, text }: LogEntry): string => `${level} ${text}`

const FRAME = /^ {4}at (?:async )?(?:[^()]+ \()?(?:[\w./-]+\/)?stacks\.ts:\d+:\d+\)?$/

describe('stacks and the console', () => {
  let server: Served

  beforeAll(async () => {
    const limits = { cpu_ms: 5000, timeout_ms: 20_000 }
    server = await serve([{ name: 'stacks', hostname: 'stacks.test', path: fixture('stacks'), ...limits }])
  })

  afterAll(() => server.close())

  /** What is said from here on, until the test is over. */
  function follow(): LogEntry[] {
    const entries: LogEntry[] = []
    const subscription = server.logs.subscribe({}, (entry) => void entries.push(entry))
    onTestFinished(() => subscription[Symbol.dispose]())
    return entries
  }

  async function ask<T>(name: string): Promise<T> {
    return (await server.send('stacks.test', `/${name}`)).json<{ value: T }>().value
  }

  test.for([
    ['made', 'TypeError: made', lineOf('makeError'), 'makeError'],
    ['later', 'TypeError: later', lineOf('makeError'), 'makeLater'],
    ['problem', 'Problem: own class', lineOf('problem'), 'problem'],
    ['exception', 'AbortError: stopped', lineOf('exception'), 'exception'],
    ['captured', 'Error', lineOf('captured'), 'captured'],
  ] as const)('%s: the error, then frames of the app alone', async ([name, head, line, word], { expect }) => {
    const [first, ...frames] = (await ask<string>(name)).split('\n')
    expect(first).toBe(head)
    expect(frames.length).toBeGreaterThan(0)
    for (const frame of frames) expect(frame).toMatch(FRAME)
    expect(frames.join('\n')).toContain(line)
    expect(frames.join('\n')).toContain(word)
  })

  test('beyond an await they go on only where the build says so', async ({ expect }) => {
    using folder = createSourceDir({})
    const path = folder.at('stacks.wasm')
    await buildApp({ entry: fixtureSource('stacks'), outFile: path, asyncStacks: true })
    await using development = await serve([{ name: 'stacks', hostname: 'stacks.test', path }])
    const { value } = (await development.send('stacks.test', '/later')).json<{ value: string }>()
    expect(value).toMatch(new RegExp(`async .*${lineOf('later')}:`))
    expect(await ask<string>('later')).not.toMatch(/async|\n.*\n.*\n/)
  })

  test('the engine names its own errors, and the shim its', async ({ expect }) => {
    expect(await ask('parsed')).toMatch(/^SyntaxError: .*\n {4}at .*stacks\.ts:\d+:\d+/)
    expect(await ask('aborted')).toMatch(/^AbortError: /)
  })

  test('frames for who prepares stacks', async ({ expect }) => {
    const sites = await ask<unknown[][]>('sites')
    expect(sites.length).toBeGreaterThan(1)
    expect(sites[0]).toEqual(['readSites', expect.stringContaining(lineOf('readSites')), false, true])
  })

  test('as many frames as the limit says', async ({ expect }) => {
    expect(await ask('limits')).toEqual([10, 1, 4, 21])
  })

  test('a stack stays, can be set and is no key of the error', async ({ expect }) => {
    expect(await ask('copies')).toEqual([true, true, 'set', [], '{}', {}])
    expect(await ask('others')).toEqual([null, null, null, true, 20, true])
  })

  test('an object that is thrown is shown', async ({ expect }) => {
    expect((await server.send('stacks.test', '/throw-object')).status).toBe(500)
    await server.logged('Thrown: { code: 5, why: { deep: true } }')
  })

  test('an error that is thrown has its class and its cause, each with its line', async ({ expect }) => {
    expect((await server.send('stacks.test', '/throw-cause')).status).toBe(500)
    const text = await server.logged('Error: outer', '[cause]: Problem: inner', lineOf('throw-cause'))
    expect(text).not.toMatch(/nano:|initializer/)
  })

  test('a rejection that nobody handles is a line with its stack', async ({ expect }) => {
    expect((await server.send('stacks.test', '/unhandled')).text).toBe('answered')
    await server.logged('Unhandled rejection: TypeError: nobody', lineOf('makeError'), "code: 'E_NOBODY'")
  })

  test('what is logged is what Node says', async ({ expect }) => {
    const said = (await server.send('stacks.test', '/cases')).json<Record<string, string>>()
    const wanted = Object.fromEntries(Object.entries(CASES).map(([name, make]) => [name, format(...make())]))
    expect(said).toEqual(wanted)
  })

  test('every method of the console', async ({ expect }) => {
    const entries = follow()
    await server.send('stacks.test', '/console')
    const said = await waitFor(() => (entries.at(-1)?.text === '' ? entries.map(toSaid) : undefined))
    const trace = said.findIndex((text) => text.includes('Trace'))
    expect(said[trace]).toContain(lineOf('console'))
    expect(said.toSpliced(trace, 1)).toEqual([
      'error Assertion failed: no luck',
      'error Assertion failed { a: 1 }',
      'info default: 1',
      'info default: 2',
      'info default: 1',
      "warn Count for 'never' does not exist",
      "warn Label 'wait' already exists for console.time()",
      "info wait: 0ms { so: 'far' }",
      'info wait: 0ms',
      "warn No such label 'wait' for console.timeEnd()",
      'info group 1',
      'info   two\n  lines',
      "info     { in: 'it' }",
      'info { a: [Object] }',
      'info xml [ 1 ]',
      `info ${[
        '┌─────────┬───┬─────┐',
        '│ (index) │ a │ b   │',
        '├─────────┼───┼─────┤',
        '│ 0       │ 1 │     │',
        "│ 1       │   │ 'x' │",
        '└─────────┴───┴─────┘',
      ].join('\n')}`,
      `info ${['┌─────────┬───┐', '│ (index) │ b │', '├─────────┼───┤', '│ 0       │ 2 │', '└─────────┴───┘'].join('\n')}`,
      'info no table',
      'debug -0 and 10n',
      'info ',
    ])
  })

  test('what is large is shown in part', async ({ expect }) => {
    const entries = follow()
    expect((await server.send('stacks.test', '/large')).text).toBe('said')
    const said = await waitFor(() => (entries.length === 5 ? entries : undefined))
    for (const { text } of said) expect(text.length).toBeLessThan(17_000)
  })
})
