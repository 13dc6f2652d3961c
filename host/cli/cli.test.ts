/** What the command line understands, what it says about what it does not, and what it prints. */

import { describe, it } from 'vitest'

import { NanoError } from '../errors.ts'
import { DEFAULT_LIMITS } from '../config/limits.ts'
import { toLine, toLogLine } from '../log/line.ts'
import { readFormat } from './log.ts'
import { toAnnouncement, toComplaint, toDuration, toSize } from './messages.ts'
import { createProgram, runProgram } from './program.ts'

/** A command line as far as its command: its name, and what that is given. */
async function parse(line: string): Promise<unknown[]> {
  const program = createProgram(() => Promise.reject(new Error('not to be started')), 'text')
  const seen: unknown[] = []
  for (const command of program.commands) {
    if (command.name() === 'help') continue
    command.action((...given: unknown[]) => void seen.push(command.name(), ...given.slice(0, -1)))
  }
  await runProgram(program, toWords(line))
  return seen
}

const toWords = (line: string) => (line === '' ? [] : line.split(' '))

describe('arguments', () => {
  const cases: [line: string, seen: unknown[]][] = [
    ['serve', ['serve', {}]],
    ['serve --config a.json --port 0', ['serve', { config: 'a.json', port: 0 }]],
    ['serve --app=a.wasm --host ::1 --shards 3', ['serve', { app: 'a.wasm', host: '::1', shards: 3 }]],
    ['serve --admin-port 0', ['serve', { adminPort: 0 }]],
    ['build a.ts -o b.wasm', ['build', 'a.ts', { out: 'b.wasm' }]],
    ['build --out b.wasm a.ts', ['build', 'a.ts', { out: 'b.wasm' }]],
    [
      'build a.ts -o b.wasm --allow-read x --timeout-ms 500 --allow-read=y --memory-mb 64',
      ['build', 'a.ts', { out: 'b.wasm', allowRead: ['x', 'y'], timeoutMs: 500, memoryMb: 64 }],
    ],
    ['serve --app a.ts --allow-read x', ['serve', { app: 'a.ts', allowRead: ['x'] }]],
    ['serve --allow-loopback', ['serve', { allowLoopback: true }]],
    ['serve --data-dir d', ['serve', { dataDir: 'd' }]],
    ['deploy a.wasm', ['deploy', 'a.wasm', { traffic: true }]],
    [
      'deploy a.ts --name x --hostname y --settings s.json --no-traffic --json',
      ['deploy', 'a.ts', { name: 'x', hostname: 'y', settings: 's.json', traffic: false, json: true }],
    ],
    ['apps --json', ['apps', { json: true }]],
    ['versions a', ['versions', 'a', {}]],
    ['rollback a', ['rollback', 'a', undefined, {}]],
    ['rollback a 3 --json', ['rollback', 'a', 3, { json: true }]],
    ['promote a 3', ['promote', 'a', 3, {}]],
    ['delete a', ['delete', 'a', {}]],
    ['run a.ts --allow-read x --name b', ['run', 'a.ts', { allowRead: ['x'], name: 'b' }]],
    ['eval 1+1', ['eval', '1+1', {}]],
    ['repl --allow-loopback', ['repl', { allowLoopback: true }]],
    ['inspect a.wasm --json', ['inspect', 'a.wasm', { json: true }]],
  ]
  for (const [line, seen] of cases) {
    it(line, async ({ expect }) => {
      expect(await parse(line)).toEqual(seen)
    })
  }

  const refused: [line: string, complaint: RegExp][] = [
    [
      '',
      /expected a command; known are serve, build, dev, run, eval, repl, init, types, validate, inspect, deploy, push, apps, versions, rollback, promote, delete, scheduled, queues, fleet, logs, d1, purge, completion, help/,
    ],
    ['sevre', /unknown command 'sevre'; did you mean serve\?/],
    ['zzzzz', /unknown command 'zzzzz'; known are serve, build, dev, run, eval, repl, init, types, validate/],
    [
      'help zzzzz',
      /unknown command 'zzzzz'; known are serve, build, dev, run, eval, repl, init, types, validate/,
    ],
    ['--port 1', /the command comes first/],
    ['serve --prot 1', /unknown option '--prot'; did you mean --port\?/],
    ['serve -p 1', /unknown option '-p'/],
    ['serve --allow-loopback=no', /unknown option '--allow-loopback=no'; did you mean --allow-loopback\?/],
    ['serve --allow-loopback --allow-loopback', /--allow-loopback is given twice/],
    ['serve --dev', /--dev is called --allow-loopback now/],
    ['serve --port', /'--port <n>' argument missing/],
    ['serve --port --host x', /--port: expected a value, got "--host"/],
    ['serve --port=', /--port: expected a value, got ""/],
    ['serve --port 1 --port 2', /--port is given twice/],
    ['serve --port 1e3', /--port: expected a whole number from 0 to 65535, got "1e3"/],
    ['serve --shards 0', /--shards: expected a whole number from 1 to 256, got "0"/],
    ['serve --app a --config b', /'--app <path>' cannot be used with option '--config <file>'/],
    ['serve --admin-port x', /--admin-port: expected a whole number from 0 to 65535, got "x"/],
    ['serve a.wasm', /did you mean --app a\.wasm\?/],
    ['serve --allow-read x', /--allow-read is for --app; .*"allow_read"/],
    ['build a.ts -o b --memory-mb 63', /--memory-mb: expected a whole number from 64/],
    ['build a.wasm -o b.wasm --allow-read x', /--allow-read is for sources/],
    ['build', /missing required argument 'entry'/],
    ['promote a', /missing required argument 'version'/],
    ['rollback a x', /version: expected a whole number from 1, got "x"/],
    ['deploy', /expected an app, --assets, or both/],
    ['build a.ts', /build needs -o/],
    ['build a.ts b.ts -o c', /a\.ts, b\.ts/],
    ['dev', /missing required argument 'entry'/],
    ['dev a.ts --shards 2', /unknown option '--shards'/],
    ['validate --jso', /unknown option '--jso'; did you mean --json\?/],
    ['init a b', /a, b/],
    ['completion tcsh', /shell: expected one of bash, zsh, fish, got "tcsh"/],
    ['build a.ts --output c', /unknown option '--output'; did you mean --out\?/],
  ]
  for (const [line, complaint] of refused) {
    it(`refused: ${line}`, async ({ expect }) => {
      const program = createProgram(() => Promise.reject(new Error('not to be started')), 'text')
      const outcome = runProgram(program, toWords(line))
      await expect(outcome).rejects.toThrow(complaint)
      await expect(outcome).rejects.toMatchObject({ code: 'USAGE' })
    })
  }

  it('each command has help of its own, which names every option', ({ expect }) => {
    const program = createProgram(() => Promise.reject(new Error('not to be started')), 'text')
    for (const command of program.commands) {
      for (const { long, hidden } of command.options) {
        if (!hidden) expect(command.helpInformation()).toContain(long)
      }
    }
    expect(program.helpInformation()).toMatch(/serve .*\n.*\n? +build /)
  })
})

describe('messages', () => {
  const app = { path: '/a', env: {}, limits: DEFAULT_LIMITS }

  it('a curl line that works for each app', ({ expect }) => {
    const apps = [
      { ...app, name: 'a', hostname: 'a.localhost' },
      { ...app, name: 'shop', hostname: 'shop.example' },
      { ...app, name: 'ip', hostname: '127.0.0.1' },
    ]
    expect(toAnnouncement(apps, { host: '0.0.0.0', port: 3000 }, false).split('\n')).toEqual([
      'a     a.localhost   curl http://a.localhost:3000/',
      "shop  shop.example  curl -H 'Host: shop.example' http://127.0.0.1:3000/",
      'ip    127.0.0.1     curl http://127.0.0.1:3000/',
      '',
    ])
    expect(toAnnouncement(apps, { host: '::', port: 80 }, true)).toBe(
      'a  every host name  curl http://[::1]:80/\n',
    )
  })

  it('sizes, times and complaints', ({ expect }) => {
    expect([toSize(999), toSize(12_345_678), toDuration(31.6), toDuration(2345)]).toEqual([
      '1.0 kB',
      '12.3 MB',
      '32 ms',
      '2.3 s',
    ])
    expect(toComplaint(new NanoError('CONFIG_INVALID', 'a:1:1: b'))).toBe(
      'nano-workers: CONFIG_INVALID: a:1:1: b\n',
    )
    expect(toComplaint(new NanoError('USAGE', 'x'))).toContain('--help')
  })

  it('log lines that an app cannot forge', ({ expect }) => {
    const time = Date.UTC(2026, 10, 23, 10, 20, 30, 456)
    expect(toLogLine({ time, level: 'warn', app: 'a', text: 'x\nerror [b] y\r\u001b[31m' })).toBe(
      '2026-11-23T10:20:30.456Z warn  [a] x\n    error [b] y\\u000d\\u001b[31m\n',
    )
    expect(toLogLine({ time: 0, level: 'info', text: 'x' })).toBe('1970-01-01T00:00:00.000Z info  x\n')
  })

  it('log entries as JSON lines, with nothing in them that a terminal would act on', ({ expect }) => {
    const time = Date.UTC(2026, 10, 23, 10, 20, 30, 456)
    const text = 'x\nerror [b] y\r\u001b[31m\u202e\u2028\u009b "}'
    const line = toLine('json', { time, level: 'warn', app: 'a', request: '1.2', text })
    expect(JSON.parse(line)).toEqual({
      time: '2026-11-23T10:20:30.456Z',
      level: 'warn',
      app: 'a',
      request: '1.2',
      msg: text,
    })
    expect(line).toMatch(/^[ -~]+\n$/)
    expect(toLine('json', { time: 0, level: 'info', text: 'x' })).toBe(
      '{"time":"1970-01-01T00:00:00.000Z","level":"info","msg":"x"}\n',
    )
  })

  it('the format of the log is one of three', ({ expect }) => {
    expect([{}, { NANO_LOG_FORMAT: '' }, { NANO_LOG_FORMAT: 'json' }].map(readFormat)).toEqual([
      'text',
      'text',
      'json',
    ])
    expect(() => readFormat({ NANO_LOG_FORMAT: 'xml' })).toThrow(
      /expected "text", "json" or "apache", got "xml"/,
    )
  })
})
