/** Following the log over the admin API and from a shell. What a tail itself does is in host/operator/log-tails.test.ts. */

import { execFile, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

import { afterAll, beforeAll, describe, onTestFinished, test } from 'vitest'

import { TOKEN, toAsk } from '../harness/admin.ts'
import type { Ask } from '../harness/admin.ts'
import { codeOf, open } from '../harness/http.ts'
import { fixture, ROOT, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const LOGGER = { name: 'logger', hostname: 'logger.test', path: fixture('logger') }
const OTHER = { name: 'other', hostname: 'other.test', path: fixture('logger') }
const WATCH = 'a-token-that-only-reads'
const SHOP = 'a-token-for-the-logger'

const hasCurl = (() => {
  try {
    return execFileSync('curl', ['--version']).length > 0
  } catch {
    return false
  }
})()

const folder = mkdtempSync(join(tmpdir(), 'nano-tail-'))
afterAll(() => rmSync(folder, { recursive: true }))

function openServer(): Promise<Served> {
  const tokens = join(folder, 'tokens')
  writeFileSync(tokens, `watch ${WATCH} read\nci ${SHOP} deploy:logger\n`)
  return serve([LOGGER, OTHER], 1, { admin: { port: 0, tokens_file: tokens }, adminToken: TOKEN })
}

const say = (server: Served, text: string, host = 'logger.test') =>
  server.send(host, `/say?text=${encodeURIComponent(text)}`)
const texts = (events: string) =>
  Array.from(
    events.matchAll(/^data: (\{"time".*)$/gm),
    ([, json = '']) => (JSON.parse(json) as { msg: string }).msg,
  )

/** What has come, as it comes. */
function gather(message: IncomingMessage): { text: string; hasEnded: boolean; wasCut: boolean } {
  const all = { text: '', hasEnded: false, wasCut: false }
  message.setEncoding('utf8').on('data', (part: string) => (all.text += part))
  message.on('end', () => (all.hasEnded = true)).on('error', () => (all.wasCut = true))
  return all
}

describe('the log over the admin API', () => {
  let server: Served
  let ask: Ask
  beforeAll(async () => {
    server = await openServer()
    ask = toAsk(server)
    await say(server, 'first')
    await say(server, 'of the other', 'other.test')
    await server.logged('of the other')
  })
  afterAll(() => server.close())

  const follow = async (path: string, token = TOKEN) => {
    const port = Number(new URL(server.adminUrl!).port)
    const message = await open(port, {
      host: 'localhost',
      path,
      headers: { authorization: `Bearer ${token}` },
    })
    onTestFinished(() => void message.destroy())
    return { message, all: gather(message) }
  }

  test('of an app: what it said last, then what it says, and nothing of others', async ({ expect }) => {
    const { message, all } = await follow('/admin/apps/logger/logs')
    expect(message.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
    })
    await waitFor(() => all.text.includes('first'))
    await say(server, 'not this', 'other.test')
    await say(server, 'a\nid: forged\n\nevent: forged\u2028')
    await waitFor(() => all.text.includes('forged'))
    expect(texts(all.text)).toEqual(['first', 'a\nid: forged\n\nevent: forged\u2028'])
    expect(all.text).not.toMatch(/^(event|id): forged/m)
  })

  test('of all apps is what the token may read', async ({ expect }) => {
    const read = async (token: string) =>
      texts((await ask('GET', '/admin/logs?follow=false&tail=1000', { token })).text)
    expect(await read(WATCH)).toEqual(expect.arrayContaining(['first', 'of the other']))
    expect(await read(SHOP)).toContain('first')
    expect(await read(SHOP)).not.toContain('of the other')
    expect((await ask('GET', '/admin/apps/other/logs', { token: SHOP })).status).toBe(403)
    const { all } = await follow('/admin/logs?tail=0', SHOP)
    await say(server, 'hidden', 'other.test')
    await server.logged('hidden')
    await say(server, 'shown')
    await waitFor(() => all.text.includes('shown'))
    expect(texts(all.text)).toEqual(['shown'])
  })

  test('goes on after an id, begins at a level and a time, and refuses what is none', async ({ expect }) => {
    const get = (query: string, headers = {}) =>
      ask('GET', `/admin/apps/logger/logs?follow=false&${query}`, { headers })
    await say(server, 'next')
    await server.logged('next')
    const all = (await get('')).text
    const [id] = Array.from(all.matchAll(/^id: (.+)$/gm), ([, each = '']) => each).slice(-2)
    expect(texts((await get('', { 'last-event-id': id })).text)).toEqual(['next'])
    expect(texts((await get('tail=1')).text)).toEqual(['next'])
    expect(texts((await get('level=error')).text)).toEqual([])
    expect(texts((await get('since=2100-01-01T00:00:00Z')).text)).toEqual([])
    for (const wrong of ['level=loud', 'tail=-1', 'tail=many', 'since=today', 'follow=maybe']) {
      const answer = await get(wrong)
      expect([wrong, answer.status, codeOf(answer)]).toEqual([wrong, 400, 'REQUEST_INVALID'])
    }
    expect((await ask('GET', '/admin/apps/nobody/logs')).status).toBe(404)
  })

  test('is given to so many at once, and whoever goes makes room', async ({ expect }) => {
    for (let i = 0; i < 20; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect((await ask('HEAD', '/admin/logs')).status).toBe(200)
    }
    const tails = await Promise.all(Array.from({ length: 20 }, () => follow('/admin/logs')))
    const refused = tails.filter(({ message }) => message.statusCode === 503)
    expect(refused.length).toBeGreaterThanOrEqual(4)
    expect(refused[0]!.message.headers['retry-after']).toBe('5')
    for (const { message } of tails) message.destroy()
    await waitFor(async () => (await ask('GET', '/admin/logs?follow=false')).status === 200)
  })

  test('ends whole when the server stops', async ({ expect }) => {
    const stopping = await openServer()
    const port = Number(new URL(stopping.adminUrl!).port)
    const headers = { authorization: `Bearer ${TOKEN}` }
    const message = await open(port, { host: 'localhost', path: '/admin/logs', headers })
    const all = gather(message)
    await say(stopping, 'the last thing')
    await stopping.close()
    await waitFor(() => all.hasEnded || all.wasCut)
    expect([all.hasEnded, all.wasCut, texts(all.text)]).toEqual([
      true,
      false,
      expect.arrayContaining(['the last thing']),
    ])
  })
})

describe('nano-workers logs', () => {
  let server: Served
  beforeAll(async () => {
    server = await openServer()
    await say(server, 'first')
    await server.logged('first')
  })
  afterAll(() => server.close())

  const start = (args: string[], url = server.adminUrl!) => {
    const env = { ...process.env, NANO_ADMIN_URL: url, NANO_ADMIN_TOKEN: TOKEN }
    const child = spawn(process.execPath, [join(ROOT, 'host/main.ts'), 'logs', ...args], { env })
    onTestFinished(() => void child.kill())
    const said = { out: '', err: '' }
    child.stdout.on('data', (part) => (said.out += String(part)))
    child.stderr.on('data', (part) => (said.err += String(part)))
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    return { child, said, ended }
  }

  test('prints the latest entries of an app as lines, or as JSON', async ({ expect }) => {
    const text = start(['logger'])
    expect([await text.ended, text.said.err]).toEqual([0, ''])
    expect(text.said.out).toMatch(/^20\S+Z info {2}\[logger [0-9a-f]{32}\] first\n$/)
    const json = start(['logger', '--json', '-n', '1'])
    await json.ended
    expect(JSON.parse(json.said.out)).toMatchObject({ app: 'logger', level: 'info', msg: 'first' })
    const none = start(['logger', '--level', 'error'])
    expect([await none.ended, none.said.out]).toEqual([0, ''])
  })

  test.skipIf(!hasCurl)('does what docs/operators/logs.md says (needs curl)', async ({ expect }) => {
    const page = readFileSync(join(ROOT, 'docs/operators/logs.md'), 'utf8')
    const lines = Array.from(page.matchAll(/^\$ (.+)$/gm), ([, line = '']) => line)
    expect(lines.length).toBe(5)
    const directory = mkdtempSync(join(folder, 'docs-'))
    const bin = join(directory, 'nano-workers')
    writeFileSync(bin, `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'host/main.ts')}" "$@"\n`)
    chmodSync(bin, 0o755)
    const env = {
      ...process.env,
      PATH: `${directory}${delimiter}${process.env['PATH']}`,
      NANO_ADMIN_URL: server.adminUrl!,
      NANO_ADMIN_TOKEN: TOKEN,
    }
    // the one that goes on is followed above
    for (const line of lines.filter((each) => !each.endsWith('-f'))) {
      const command = line.replaceAll('shop', 'logger')
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const failed = await new Promise((resolve) =>
        execFile('sh', ['-c', command], { cwd: directory, env }, resolve),
      )
      expect([command, failed]).toEqual([command, null])
    }
  })

  test('says what is wrong', async ({ expect }) => {
    const cases: [args: string[], status: number, complaint: RegExp][] = [
      [['nobody'], 1, /APP_UNKNOWN: there is no app "nobody"/],
      [['--level', 'loud'], 2, /--level: expected debug, info, warn, error, got "loud"/],
      [['-n', 'many'], 2, /--tail: expected a whole number/],
    ]
    for (const [args, status, complaint] of cases) {
      const run = start(args)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect([await run.ended, run.said.err]).toEqual([status, expect.stringMatching(complaint)])
    }
  })

  test('follows, and after a lost connection goes on where it was', async ({ expect }) => {
    const sockets = new Set<Socket>()
    const target = Number(new URL(server.adminUrl!).port)
    const proxy = createServer((socket) => {
      const to = connect(target, '127.0.0.1')
      for (const each of [socket, to]) {
        sockets.add(each)
        each.on('error', () => {}).on('close', () => void (to.destroy(), socket.destroy()))
      }
      socket.pipe(to).pipe(socket)
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void proxy.close())
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    const { said, child, ended } = start(['logger', '-f', '-n', '0'], url)
    await waitFor(() => sockets.size > 0)
    // it is there from now on
    await waitFor(async () => {
      await say(server, 'one')
      return said.out.includes('one')
    })
    for (const socket of sockets) socket.destroy()
    await say(server, 'while nobody was there')
    await waitFor(() => said.err.includes('the connection was lost; trying again'))
    await waitFor(() => said.out.includes('while nobody was there'))
    await say(server, 'after')
    await waitFor(() => said.out.includes('after'))
    expect(said.err).toContain('connected again')
    expect(said.out.match(/while nobody was there/g)).toHaveLength(1)
    child.stdout.destroy()
    for (const socket of sockets) socket.destroy()
    child.kill('SIGINT')
    await ended
  })

  test('ends when nobody reads what it prints', async ({ expect }) => {
    const { child, said } = start(['logger', '-f'])
    await waitFor(() => said.out.includes('first'))
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
    child.stdout.destroy()
    const timer = setInterval(() => void say(server, 'more'), 100)
    expect(await exited).toBe(0)
    clearInterval(timer)
  })
})
