/** Files of an app are served without the app, by the rules that Workers have for them. */

import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { makeBytes } from '../harness/bytes.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { exchange, parseResponses } from '../harness/socket.ts'

const LARGE = makeBytes(3_000_000)
const SCRIPT = `console.log("${'long enough to be compressed '.repeat(100)}")`

function write(root: string, name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(root, name)), { recursive: true })
  writeFileSync(join(root, name), content)
}

describe('assets of a directory', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nano-assets-'))
  const root = join(folder, 'public')
  let server: Served

  beforeAll(async () => {
    const files: Record<string, string | Uint8Array> = {
      'index.html': '<h1>home</h1>',
      '404.html': '<h1>missing</h1>',
      'about.html': 'about',
      'docs/index.html': 'docs',
      'app.js': SCRIPT,
      'app.js.br': brotliCompressSync(SCRIPT),
      'large.bin': LARGE,
      'empty.txt': '',
      'with space.txt': 'space',
      'ü.txt': 'umlaut',
      '.env': 'SECRET=1',
      'draft/x.md': 'draft',
      '.assetsignore': 'draft/\n',
      'a@b.txt': 'at',
      _headers:
        '/app.js\n  Cache-Control: public, max-age=60\n  X-Rule: 1\n/nothing\n  X-Missing: 1\n/about\n  X-About: 1\n',
      _redirects: '/gone /nowhere 200\n/rewritten /docs/ 200\n/old/* /about?from=:splat 301\n',
    }
    for (const [name, content] of Object.entries(files)) write(root, name, content)
    write(folder, 'secret.txt', 'secret')
    symlinkSync(join(folder, 'secret.txt'), join(root, 'leak.txt'))
    symlinkSync(folder, join(root, 'up'))
    symlinkSync('about.html', join(root, 'link.txt'))
    const alone = { directory: root, not_found_handling: '404-page' }
    server = await serve([
      { name: 'alone', hostname: 'alone.test', assets: alone },
      {
        name: 'spa',
        hostname: 'spa.test',
        assets: { ...alone, not_found_handling: 'single-page-application' },
      },
      { name: 'mixed', hostname: 'mixed.test', path: fixture('mirror'), assets: alone },
      {
        name: 'first',
        hostname: 'first.test',
        path: fixture('mirror'),
        assets: { directory: root, run_worker_first: ['/app.js', '/docs/*', '!/docs/x'] },
      },
      {
        name: 'shown',
        hostname: 'shown.test',
        path: fixture('mirror'),
        assets: { ...alone, run_worker_first: ['/api/*'] },
      },
    ])
  })

  afterAll(async () => {
    await server.close()
    rmSync(folder, { recursive: true })
  })

  test('a file, its type, its tag and what may be done with it', async ({ expect }) => {
    const answer = await server.send('alone.test', '/')
    expect([answer.status, answer.text]).toEqual([200, '<h1>home</h1>'])
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'public, max-age=0, must-revalidate',
      etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
      'content-length': '13',
    })
    const again = await server.send('alone.test', '/', {
      headers: { 'if-none-match': answer.headers['etag']! },
    })
    expect([again.status, again.text, again.headers['etag']]).toEqual([304, '', answer.headers['etag']])
  })

  test.for<[string, number, string]>([
    ['/about', 200, 'about'],
    ['/link.txt', 200, 'about'],
    ['/with%20space.txt', 200, 'space'],
    ['/%C3%BC.txt', 200, 'umlaut'],
    ['/empty.txt', 200, ''],
    ['/rewritten', 200, 'docs'],
    ['/nothing', 404, '<h1>missing</h1>'],
    ['/docs/../about', 200, 'about'],
    ['/docs/%2e%2E/about', 200, 'about'],
    ['/a%40b.txt', 200, 'at'],
    ['/nothing/[@]', 404, '<h1>missing</h1>'],
  ])('%s is %i', async ([path, status, text], { expect }) => {
    const answer = await server.send('alone.test', path)
    expect([answer.status, answer.text]).toEqual([status, text])
  })

  test.for<[string, string]>([
    ['/about.html', '/about'],
    ['/docs', '/docs/'],
    ['/docs?a=1', '/docs/?a=1'],
    ['/ab%6Fut', '/about'],
    ['//about', '/about'],
    ['/a@b.txt', '/a%40b.txt'],
    ['/docs%2Findex.html', '/docs/'],
    ['/old/x/y', '/about?from=x/y'],
  ])('%s leads to %s', async ([path, location], { expect }) => {
    const answer = await server.send('alone.test', path)
    expect([answer.status, answer.headers['location']]).toEqual([
      path.startsWith('/old') ? 301 : 307,
      location,
    ])
  })

  test.for([
    '/leak.txt',
    '/up/secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/docs/..%2f..%2fsecret.txt',
    '/..%5csecret.txt',
    '/.env',
    '/draft/x.md',
    '/_headers',
    '/_redirects',
    '/.assetsignore',
    '/about.html%00',
    '/constructor',
    '/__proto__',
  ])('%s is nothing', async (path, { expect }) => {
    const { status, text } = await server.send('alone.test', path)
    expect([status, text]).toEqual([404, '<h1>missing</h1>'])
  })

  test('a path that climbs, as it stands on the wire', async ({ expect }) => {
    const request = 'GET /../secret.txt HTTP/1.1\r\nHost: alone.test\r\nConnection: close\r\n\r\n'
    const [answer] = parseResponses(await exchange(server.port, request), ['GET'])
    expect(answer!.status).toBe(404)
  })

  test('a large file, in parts, and parts of it', async ({ expect }) => {
    const whole = await server.send('alone.test', '/large.bin')
    expect([whole.headers['content-length'], whole.body.equals(LARGE)]).toEqual(['3000000', true])
    const part = await server.send('alone.test', '/large.bin', {
      headers: { range: 'bytes=1000000-2000000' },
    })
    expect([part.status, part.headers['content-range']]).toEqual([206, 'bytes 1000000-2000000/3000000'])
    expect(part.body.equals(LARGE.subarray(1_000_000, 2_000_001))).toBe(true)
    const beyond = await server.send('alone.test', '/large.bin', { headers: { range: 'bytes=3000000-' } })
    expect([beyond.status, beyond.headers['content-range']]).toEqual([416, 'bytes */3000000'])
    const head = await server.send('alone.test', '/large.bin', { method: 'HEAD' })
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '3000000', 0])
  })

  test('the compressed form that lies beside a file, and rules for headers', async ({ expect }) => {
    const plain = await server.send('alone.test', '/app.js')
    const coded = await server.send('alone.test', '/app.js', { headers: { 'accept-encoding': 'gzip, br' } })
    expect(plain.text).toBe(SCRIPT)
    expect(plain.headers).toMatchObject({
      vary: 'accept-encoding',
      'cache-control': 'public, max-age=60',
      'x-rule': '1',
    })
    expect(coded.headers['content-encoding']).toBe('br')
    expect(coded.body.equals(brotliCompressSync(SCRIPT))).toBe(true)
    expect(coded.headers['etag']).not.toBe(plain.headers['etag'])
  })

  test('other methods', async ({ expect }) => {
    const post = await server.send('alone.test', '/about', { method: 'POST', body: 'x' })
    expect([post.status, post.headers['allow'], post.headers['x-about']]).toEqual([405, 'GET, HEAD', '1'])
    expect((await server.send('alone.test', '/nothing', { method: 'POST', body: 'x' })).status).toBe(405)
  })

  test('an app of one page', async ({ expect }) => {
    const answer = await server.send('spa.test', '/deep/link')
    expect([answer.status, answer.text]).toEqual([200, '<h1>home</h1>'])
  })

  test('what is no file is the app’s; the page for what is missing is shown to who goes there', async ({
    expect,
  }) => {
    const answer = await server.send('mixed.test', '/nothing')
    expect(answer.status).toBe(200)
    expect(answer.json()).toMatchObject({ method: 'GET' })
    const navigate = await server.send('mixed.test', '/nothing', {
      headers: { 'sec-fetch-mode': 'navigate' },
    })
    expect([navigate.status, navigate.text]).toEqual([404, '<h1>missing</h1>'])
    expect((await server.send('mixed.test', '/about')).text).toBe('about')
  })

  test('run_worker_first', async ({ expect }) => {
    const paths = ['/app.js', '/docs/', '/x/../docs/', '/docs/x', '/docs/y/%2e%2e/x', '/about']
    const bodies = await Promise.all(
      paths.map(async (path) => (await server.send('first.test', path)).text.includes('"method"')),
    )
    expect(bodies).toEqual([true, true, true, false, false, false])
  })

  test('with patterns the page for what is missing is for all the others', async ({ expect }) => {
    const answer = await server.send('shown.test', '/nothing')
    expect([answer.status, answer.text]).toEqual([404, '<h1>missing</h1>'])
    expect((await server.send('shown.test', '/api/x')).text).toContain('"method"')
  })

  test('what a rule leads to is a file, or nothing, whoever else could answer', async ({ expect }) => {
    const answer = await server.send('mixed.test', '/gone')
    expect([answer.status, answer.text]).toEqual([404, ''])
  })

  test('rules for headers hold for every answer', async ({ expect }) => {
    expect((await server.send('alone.test', '/nothing')).headers['x-missing']).toBe('1')
    expect((await server.send('first.test', '/nothing')).headers['x-missing']).toBe(undefined)
  })

  test('a file is not an app’s: no instance was made for any of them', async ({ expect }) => {
    const [alone] = (await server.tenants()).filter(({ name }) => name === 'alone')
    expect(alone!.counters).toMatchObject({ instances: 0, requests: 0 })
    expect(alone!.answers.total).toBeGreaterThan(10)
  })
})

test('a directory is watched', async ({ expect }) => {
  const root = mkdtempSync(join(tmpdir(), 'nano-assets-'))
  write(root, 'a.txt', 'one')
  await using server = await serve(
    [{ name: 'watched', hostname: 'watched.test', assets: { directory: root } }],
    1,
    { watchMs: 20 },
  )
  const read = async (path: string) => (await server.send('watched.test', path)).text
  expect(await read('/a.txt')).toBe('one')
  write(root, 'new.txt', 'two')
  renameSync(join(root, 'new.txt'), join(root, 'a.txt'))
  write(root, 'deep/b.txt', 'b')
  await waitFor(async () => (await read('/a.txt')) === 'two' && (await read('/deep/b.txt')) === 'b')
  rmSync(root, { recursive: true })
})
