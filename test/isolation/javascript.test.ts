/**
 * Apps that do their worst with JavaScript alone, each beside a neighbour on the same shard that is asked for something
 * all the time: the client gets a defined answer, the neighbour never sees an error, and the app's next request is
 * answered. What an app does with processor time, memory and fetches is tested beside this.
 */
import { afterAll, beforeAll, describe, test } from 'vitest'

import type { Answer } from '../harness/http.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { fixture, serve, sleep, waitFor } from '../harness/serve.ts'
import type { AppSpec, Served } from '../harness/serve.ts'

/** For those who are to meet them. */
const CPU_MS = 300
const TIMEOUT_MS = 1000
/** For those who are not, however busy the machine. */
const PLENTY_MS = 10_000
const RECOVERY_MS = 12_000

/** What a terminal acts on. */
// oxlint-disable-next-line no-control-regex -- they are what must not be there
const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/

/** What the client gets: the text of an answer, or codes of which it is one. */
type Attack = [path: string, ends: string | RegExp]

// S3, S4
const DEEP: Attack[] = [
  ['recursion-caught', 'caught'],
  ['recursion-in-to-string', /APP_THREW/],
  ['recursion-in-getter', /APP_THREW/],
  ['nested-json', /APP_THREW/],
  ['nested-array', /APP_THREW/],
  ['looping-proxy', /APP_THREW/],
]
// S9, S12, A13
const LARGE: Attack[] = [
  ['recursion-and-imports', /CPU_LIMIT|THREW|TRAPPED/],
  ['long-text', /100000000|CPU_LIMIT/],
  ['too-long-text', /APP_THREW|CPU_LIMIT/],
  ['huge-number', /APP_THREW|CPU_LIMIT/],
  ['square-numbers', /CPU_LIMIT|THREW|MEMORY_LIMIT|TRAPPED/],
  ['huge-array', /CPU_LIMIT|THREW|MEMORY_LIMIT|TRAPPED/],
  ['promises', /CPU_LIMIT|THREW|MEMORY_LIMIT|TRAPPED/],
  ['closures', /CPU_LIMIT|THREW|MEMORY_LIMIT|TRAPPED/],
]
// S10, S15
const TIMERS: Attack[] = [
  ['timers-without-end', /CPU_LIMIT|MEMORY_LIMIT|TRAPPED|THREW/],
  ['timers-that-breed', /CPU_LIMIT|MEMORY_LIMIT|TRAPPED|TIMEOUT/],
  ['interval-of-nothing', /APP_TIMEOUT|CPU_LIMIT/],
  ['never-with-timer', /APP_TIMEOUT/],
]
// S14, S22
const THROWS: Attack[] = [
  ['throw-symbol', /APP_THREW/],
  ['throw-frozen', /APP_THREW/],
  ['throw-huge', /APP_THREW/],
  ['throw-function', /APP_THREW/],
  ['throw-class', /APP_THREW/],
  ['throw-looping-stack', /APP_THREW/],
  ['throw-looping-cause', /APP_THREW/],
  ['throw-bytes', /APP_THREW/],
  ['throw-revoked', /APP_THREW/],
  ['throw-forged-stack', /APP_THREW/],
  ['never', /APP_HUNG/],
]
// S23
const NO_RESPONSES: Attack[] = [
  ['return-number', /APP_BAD_RESPONSE/],
  ['return-text', /APP_BAD_RESPONSE/],
  ['return-promise', /APP_BAD_RESPONSE/],
  ['return-thenable', /APP_BAD_RESPONSE/],
  ['return-thenable-that-throws', /APP_THREW/],
  ['return-forgery', /APP_BAD_RESPONSE/],
  ['return-proxy', /APP_BAD_RESPONSE/],
]
// S33
const CODE: Attack[] = [
  ['eval', '42'],
  ['new-function', '42'],
  ['import', 'rejected'],
  // which compiles nothing
  ['globals', '["WebAssembly"]'],
]
const GROUPS: [title: string, attacks: Attack[]][] = [
  ['goes too deep', DEEP],
  ['asks for too much', LARGE],
  ['sets timers', TIMERS],
  ['throws what is no error, or never answers', THROWS],
  ['returns no response', NO_RESPONSES],
  ['makes code of its own', CODE],
]
const STOPPED = new Set([LARGE, TIMERS])
const OTHERS = [
  'log-flood',
  'log-forgery',
  'log-huge',
  'throw-after',
  'reject-after',
  'timers',
  'odd-timers',
  'pollute',
  'bystander',
]
/** The text of a good answer, the code of another. */
function endOf(answer: Answer): string {
  if (answer.status === 200) return answer.text
  return `${answer.status} ${answer.json<{ error: { code: string } }>().error.code}`
}

const toApp = (name: string, cpu_ms = PLENTY_MS, timeout_ms = PLENTY_MS): AppSpec => ({
  name,
  hostname: `${name}.test`,
  path: fixture('hostile'),
  cpu_ms,
  timeout_ms,
})

describe('hostile JavaScript', () => {
  let server: Served

  beforeAll(async () => {
    // one app for each: what one does is not held against the next
    const attackers = GROUPS.flatMap(([, attacks]) =>
      attacks.map(([path]) => (STOPPED.has(attacks) ? toApp(path, CPU_MS, TIMEOUT_MS) : toApp(path))),
    )
    const others = OTHERS.map((name) => toApp(name))
    server = await serve([...attackers, ...others, NEIGHBOUR])
  })

  afterAll(() => server.close())

  const ask = (name: string, path = `/${name}`) => server.send(`${name}.test`, path)

  const expectRecovery = (name: string): Promise<true> =>
    waitFor(async () => ((await ask(name, '/')).text === 'fine' ? true : undefined), RECOVERY_MS)

  const linesOf = (name: string): string[] =>
    server.log.filter((entry) => /^\w+ +\[([^ \]]+)/.exec(entry)?.[1] === name)

  describe.for(GROUPS)('that %s', ([, attacks]) => {
    test.for(attacks)('%s', async ([name, ends], { expect }) => {
      const neighbour = watchNeighbour(server)
      const start = performance.now()
      const answer = await ask(name)
      const elapsed = performance.now() - start
      expect(endOf(answer)).toMatch(ends)
      expect(elapsed).toBeLessThan(PLENTY_MS)
      // S22: whatever is thrown, the log and the client get a bounded part
      expect(answer.body.length).toBeLessThan(1000)
      for (const line of linesOf(name)) expect(line.length).toBeLessThan(40_000)
      await expectRecovery(name)
      await neighbour.stop()
    })
  })

  // S13
  test('a flood of log lines is cut, and the log says so', async ({ expect }) => {
    const neighbour = watchNeighbour(server)
    const before = server.log.length
    // it says so with the first line of a later second
    await waitFor(async () => {
      expect(endOf(await ask('log-flood'))).toBe('logged')
      return linesOf('log-flood').some((line) => line.includes('dropped')) || undefined
    })
    await expectRecovery('log-flood')
    expect(server.log.length - before).toBeLessThan(10_000)
    await neighbour.stop()
  })

  // S13
  test('a line of twenty million characters is cut', async ({ expect }) => {
    await using _ = watchNeighbour(server)
    expect(endOf(await ask('log-huge'))).toBe('logged')
    await server.logged('[log-huge ', 'xxx')
    for (const line of linesOf('log-huge')) expect(line.length).toBeLessThan(40_000)
    await expectRecovery('log-huge')
  })

  // S13
  test('a line cannot drive a terminal, begin another one or turn its text around', async ({ expect }) => {
    await using _ = watchNeighbour(server)
    expect(endOf(await ask('log-forgery'))).toBe('logged')
    const entry = await server.logged('[log-forgery ', 'gnp.exe')
    expect(entry).not.toMatch(UNSAFE)
    expect(entry.split('\n').filter((line) => line.includes('forged'))).toEqual([
      expect.stringMatching(/^ {4}/),
    ])
    expect(linesOf('neighbour')).toEqual([])
  })

  // S24
  test('what is thrown after the answer is in the log, and the answer stays', async ({ expect }) => {
    await using _ = watchNeighbour(server)
    expect(endOf(await ask('throw-after'))).toBe('answered')
    await server.logged('[throw-after ', 'thrown behind the answer')
    await server.logged('[throw-after ', 'a bare text from a timer')
    await expectRecovery('throw-after')
    expect(linesOf('throw-after').filter((line) => line.includes('thrown behind'))).toHaveLength(1)
  })

  // S25
  test('what is rejected with nobody there is nothing to the host', async ({ expect }) => {
    await using _ = watchNeighbour(server)
    const seen: unknown[] = []
    const see = (reason: unknown): unknown => seen.push(reason)
    process.on('unhandledRejection', see)
    expect(endOf(await ask('reject-after'))).toBe('answered')
    await sleep(50)
    await expectRecovery('reject-after')
    process.off('unhandledRejection', see)
    expect(seen).toEqual([])
    expect(server.log.filter((entry) => /INTERNAL|shard/.test(entry))).toEqual([])
  })

  // S10
  test('twenty thousand timers, and timers of odd lengths and ids, end well', async ({ expect }) => {
    await using _ = watchNeighbour(server)
    expect(endOf(await ask('timers'))).toBe('set')
    await expectRecovery('timers')
    expect((await ask('odd-timers')).json<string[]>()).toEqual(expect.arrayContaining(['NaN', '-1', '1']))
    await expectRecovery('odd-timers')
  })

  // S27
  test('builtins that one app spoils are spoilt for it alone, and the way to its answers is not', async ({
    expect,
  }) => {
    const neighbour = watchNeighbour(server)
    expect(endOf(await ask('pollute'))).toMatch(/APP_BAD_RESPONSE/)
    expect(endOf(await ask('pollute', '/alive'))).toBe('alive')
    expect(endOf(await ask('pollute', '/'))).toMatch(/APP_THREW/)
    expect(endOf(await ask('bystander', '/polluted'))).toBe('false')
    expect(endOf(await ask('bystander', '/headers'))).toContain('host')
    expect({}).not.toHaveProperty('polluted')
    await neighbour.stop()
  })

  // S28
  test('headers with the names of builtins are headers', async ({ expect }) => {
    await using _ = watchNeighbour(server)
    const headers = { ['__proto__']: 'a', constructor: 'b', hasownproperty: 'c', 'x-token': 'd' }
    const sent = Object.entries(headers)
    const answer = await server.send('bystander.test', '/headers', { headers: Object.fromEntries(sent) })
    expect(answer.json<[string, string][]>()).toEqual(expect.arrayContaining(sent))
    const names = answer.rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase())
    expect(names).toEqual(expect.arrayContaining(['__proto__', 'constructor', 'hasownproperty', 'tostring']))
  })
})
