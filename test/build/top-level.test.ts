// An app's top level: what nobody catches there, timers that it leaves, and what packages of Node.js do while they load.

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { buildApp } from '../../host/build/build.ts'
import { runChannelCases } from './channel-cases.ts'
import { runTypeCases } from './type-cases.ts'
import { serve, type Served } from '../harness/serve.ts'
import { createSourceDir, type SourceDir } from './source-dir.ts'

const APP = `
import dns from 'node:dns'
import { lookup, resolve, resolve4, resolveCname, resolveSrv, resolveTxt, reverse, Resolver } from 'node:dns/promises'
import { promisify } from 'node:util'
import { runChannelCases } from './channels.ts'
import { runTypeCases } from './types.ts'

const seen: unknown[] = []
setTimeout((text: string) => seen.push(text), 30, 'second')
setTimeout(() => seen.push('first'), 0)
const cleared = setTimeout(() => seen.push('cleared'), 1)
clearTimeout(cleared)
const every = setInterval(() => { if (seen.push('each') > 5) clearInterval(every) }, 10)
const soon = new Promise((resolve) => setTimeout(resolve, 20, 'resolved'))

// what a name server says, in place of one
const RECORDS: Record<string, [number, string][]> = {
  A: [[1, '192.0.2.1']], AAAA: [[28, '2001:db8::1']], MX: [[15, '10 mail.example.']], TXT: [[16, '"a b" "c\\\\"d"']], SRV: [[33, '1 2 5060 host.example.']],
  SOA: [[6, 'ns.example. root.example. 1 2 3 4 5']], CAA: [[257, '0 issue "ca.example"']],
}
let asked: string | undefined
globalThis.fetch = async (url: any, init: any) => {
  const { searchParams } = new URL(url)
  const [name, type] = [searchParams.get('name')!, searchParams.get('type')!]
  if (type === 'PTR') asked = url + ' ' + init.headers.accept
  if (name === 'refused.example') throw new TypeError('refused')
  if (name === 'broken.example') return new Response('<html>')
  if (name === 'absent.example') return Response.json({ Status: 3 })
  const found: [number, string][] = type === 'PTR' ? [[12, 'ptr.example.']] : name === 'alias.example' ? [[5, 'b.example.']] : RECORDS[type] ?? []
  return Response.json({ Status: 0, Answer: found.map(([type, data]) => ({ name, type, TTL: 60, data })) })
}
const attempt = async (run: () => unknown) => { try { return await run() } catch (error: any) { return [error.code, error.syscall, error.message] } }
const back = (run: (done: (...results: unknown[]) => void) => void) => new Promise((resolve) => run((...results) => resolve(results.map((each: any) => each?.code ?? each))))

const pages: Record<string, () => unknown> = {
  '/timers': async () => { const said = await soon; await new Promise((resolve) => setTimeout(resolve, 60)); return [said, seen] },
  '/channels': () => runChannelCases(),
  '/types': () => runTypeCases(),
  '/dns': async () => [
    await lookup('localhost'), await lookup('app.localhost.', { all: true }), await lookup('::1', 6), await lookup('10.0.0.1'),
    await lookup('a.example'), await lookup('a.example', { all: true }), await resolve4('a.example', { ttl: true }), await (new Resolver() as any).resolveMx('a.example'),
    await resolveTxt('a.example'), await resolveSrv('a.example'), await resolve('a.example', 'SOA'), await resolve('a.example', 'CAA'), await resolveCname('alias.example'), await reverse('10.0.0.1'),
    await attempt(() => resolve4('absent.example')), await attempt(() => lookup('absent.example')), await attempt(() => resolve('alias.example', 'MX')),
    await attempt(() => resolve4('refused.example')), await attempt(() => resolve4('broken.example')), await attempt(() => resolve('x', 'X')),
    await back((done) => dns.lookup('127.0.0.1', done)), await back((done) => dns.lookup('localhost', { all: true, family: 4 }, done)),
    await back((done) => dns.resolveTxt('a.example', done)), await promisify(dns.lookup as any)('::1'), dns.promises.lookup === lookup, typeof dns.ADDRCONFIG, asked,
  ],
}
export default { async fetch(request: Request) { return Response.json(await pages[new URL(request.url).pathname]!()) } }
`

let sources: SourceDir
let served: Served

beforeAll(async () => {
  sources = createSourceDir({
    'index.ts': APP,
    'types.ts': readFileSync(new URL('./type-cases.ts', import.meta.url), 'utf8'),
    'channels.ts': readFileSync(new URL('./channel-cases.ts', import.meta.url), 'utf8'),
  })
  served = await serve([{ name: 'app', path: sources.at('index.ts') }])
})
afterAll(async () => {
  await served.close()
  sources[Symbol.dispose]()
})

const get = async (path: string): Promise<unknown> => JSON.parse((await served.send('app', path)).text)

test('timers that the top level leaves begin with the instance, one by one', async () => {
  const [said, seen] = (await get('/timers')) as [string, string[]]
  expect(said).toBe('resolved')
  expect(seen[0]).toBe('first')
  expect(seen.filter((each) => each !== 'each')).toEqual(['first', 'second'])
  expect(seen.filter((each) => each === 'each').length).toBeGreaterThan(2)
})

test('channels of diagnostics are those of Node.js', async () => {
  expect(await get('/channels')).toEqual(JSON.parse(JSON.stringify(await runChannelCases())))
})

test('util.types says of values what that of Node.js does', async () => {
  expect(await get('/types')).toEqual(runTypeCases())
})

test('dns knows this machine, and asks others over HTTPS', async () => {
  const four = { address: '127.0.0.1', family: 4 }
  const found = { address: '192.0.2.1', family: 4 }
  expect(await get('/dns')).toEqual([
    four,
    [four, { address: '::1', family: 6 }],
    { address: '::1', family: 6 },
    { address: '10.0.0.1', family: 4 },
    found,
    [found, { address: '2001:db8::1', family: 6 }],
    [{ address: '192.0.2.1', ttl: 60 }],
    [{ exchange: 'mail.example', priority: 10 }],
    [['a b', 'c"d']],
    [{ name: 'host.example', port: 5060, priority: 1, weight: 2 }],
    {
      nsname: 'ns.example',
      hostmaster: 'root.example',
      serial: 1,
      refresh: 2,
      retry: 3,
      expire: 4,
      minttl: 5,
    },
    [{ critical: 0, issue: 'ca.example' }],
    ['b.example'],
    ['ptr.example'],
    ['ENOTFOUND', 'queryA', 'queryA ENOTFOUND absent.example'],
    ['ENOTFOUND', 'getaddrinfo', 'getaddrinfo ENOTFOUND absent.example'],
    ['ENODATA', 'queryMx', 'queryMx ENODATA alias.example'],
    ['ECONNREFUSED', 'queryA', 'queryA ECONNREFUSED refused.example'],
    ['EBADRESP', 'queryA', 'queryA EBADRESP broken.example'],
    ['ERR_INVALID_ARG_VALUE', null, "The argument 'rrtype' is invalid. Received 'X'"],
    [null, '127.0.0.1', 4],
    [null, [four]],
    [null, [['a b', 'c"d']]],
    { address: '::1', family: 6 },
    true,
    'number',
    'https://cloudflare-dns.com/dns-query?name=1.0.0.10.in-addr.arpa&type=PTR application/dns-json',
  ])
})

test.for([
  [
    'a listener',
    'const target = new EventTarget()\ntarget.addEventListener("x", function heard() { throw new RangeError("by a listener") })\ntarget.dispatchEvent(new Event("x"))',
    /^index\.js:2:\d+: RangeError: by a listener\n {4}at heard \(index\.js:2:\d+\)\n {4}at index\.js:3:\d+\n {4}thrown while/,
  ],
  [
    'a microtask',
    'queueMicrotask(() => {\n  throw new Error("by a microtask")\n})',
    /^index\.js:2:\d+: Error: by a microtask\n/,
  ],
  ['a value that is no error', 'reportError({ odd: 1 })', /^index\.js: Thrown: \{ odd: 1 \}\n/],
] as const)('the build fails with what %s throws and nobody catches', async ([, code, message]) => {
  using app = createSourceDir({ 'index.js': `${code}\nexport default { fetch: () => new Response() }\n` })
  await expect(buildApp({ entry: app.path })).rejects.toThrow(message)
})
