/** What the command line understands, what it says about what it does not, and what it prints. */

import { describe, it } from 'vitest'

import { NanoError } from '../errors.ts'
import { DEFAULT_LIMITS } from '../config/limits.ts'
import { parseArguments } from './arguments.ts'
import type { Command } from './arguments.ts'
import { toLogLine } from './log-line.ts'
import { toAnnouncement, toComplaint, toDuration, toSize } from './messages.ts'

describe('arguments', () => {
  const cases: [line: string, command: Command][] = [
    ['serve', { name: 'serve', source: { config: 'nano.json' } }],
    ['serve --config a.json --port 0', { name: 'serve', source: { config: 'a.json' }, port: 0 }],
    [
      'serve --app=a.wasm --host ::1 --shards 3',
      { name: 'serve', source: { app: 'a.wasm' }, host: '::1', shards: 3 },
    ],
    ['serve --admin-port 0', { name: 'serve', source: { config: 'nano.json' }, adminPort: 0 }],
    ['build a.ts -o b.wasm', { name: 'build', entry: 'a.ts', output: 'b.wasm' }],
    ['build --out b.wasm a.ts', { name: 'build', entry: 'a.ts', output: 'b.wasm' }],
    [
      'build a.ts -o b.wasm --allow-read x --timeout-ms 500 --allow-read=y --memory-mb 64',
      {
        name: 'build',
        entry: 'a.ts',
        output: 'b.wasm',
        allowRead: ['x', 'y'],
        timeoutMs: 500,
        memoryMb: 64,
      },
    ],
    ['serve --app a.ts --allow-read x', { name: 'serve', source: { app: 'a.ts', allowRead: ['x'] } }],
    ['serve --dev', { name: 'serve', source: { config: 'nano.json' }, dev: true }],
    ['serve --help', { name: 'help' }],
    ['help', { name: 'help' }],
    ['--version', { name: 'version' }],
  ]
  for (const [line, command] of cases) {
    it(line, ({ expect }) => {
      expect(parseArguments(line.split(' '))).toEqual(command)
    })
  }

  const refused: [line: string, complaint: RegExp][] = [
    ['', /a command is missing; known are serve, build/],
    ['sevre', /unknown command "sevre"; did you mean serve\?/],
    ['--port 1', /the command comes first/],
    ['serve --prot 1', /unknown option --prot for serve; did you mean --port\?/],
    ['serve -p 1', /unknown option -p for serve/],
    ['serve --dev=no', /--dev takes no value/],
    ['serve --dev --dev', /--dev is given twice/],
    ['serve --port', /--port needs a value/],
    ['serve --port --host x', /--port needs a value/],
    ['serve --port 1 --port 2', /--port is given twice/],
    ['serve --port 1e3', /--port: wanted a whole number from 0 to 65535, came "1e3"/],
    ['serve --shards 0', /--shards: wanted a whole number from 1/],
    ['serve --app a --config b', /exclude each other/],
    ['serve --admin-port x', /--admin-port: wanted a whole number from 0 to 65535, came "x"/],
    ['serve a.wasm', /did you mean --app a\.wasm\?/],
    ['serve --allow-read x', /--allow-read is for --app; .*"allow_read"/],
    ['build a.ts -o b --memory-mb 63', /--memory-mb: wanted a whole number from 64/],
    ['build a.wasm -o b.wasm --allow-read x', /--allow-read is for sources/],
    ['build', /build needs an entry/],
    ['build a.ts', /build needs -o/],
    ['build a.ts b.ts -o c', /"b\.ts" is a second/],
    ['build a.ts --output c', /unknown option --output for build; did you mean --out\?/],
  ]
  for (const [line, complaint] of refused) {
    it(`refused: ${line}`, ({ expect }) => {
      const run = () => parseArguments(line === '' ? [] : line.split(' '))
      expect(run).toThrow(complaint)
      expect(run).toThrow(expect.objectContaining({ code: 'USAGE' }))
    })
  }
})

describe('messages', () => {
  const app = { path: '/a', env: {}, limits: DEFAULT_LIMITS }

  it('a curl line that works for each app', ({ expect }) => {
    const apps = [
      { ...app, name: 'a', hostname: 'a.localhost' },
      { ...app, name: 'shop', hostname: 'shop.example' },
      { ...app, name: 'ip', hostname: '127.0.0.1' },
    ]
    expect(toAnnouncement(apps, '0.0.0.0', 3000, false).split('\n')).toEqual([
      'a     a.localhost   curl http://a.localhost:3000/',
      "shop  shop.example  curl -H 'Host: shop.example' http://127.0.0.1:3000/",
      'ip    127.0.0.1     curl http://127.0.0.1:3000/',
      '',
    ])
    expect(toAnnouncement(apps, '::', 80, true)).toBe('a  every host name  curl http://[::1]:80/\n')
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
})
