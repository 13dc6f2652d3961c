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
import { lookup, resolve4, Resolver } from 'node:dns/promises'
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

const attempt = async (run: () => unknown) => { try { return await run() } catch (error: any) { return [error.code, error.syscall, error.message] } }
const back = (run: (done: (...results: unknown[]) => void) => void) => new Promise((resolve) => run((...results) => resolve(results.map((each: any) => each?.code ?? each))))

const pages: Record<string, () => unknown> = {
  '/timers': async () => { const said = await soon; await new Promise((resolve) => setTimeout(resolve, 60)); return [said, seen] },
  '/channels': () => runChannelCases(),
  '/types': () => runTypeCases(),
  '/dns': async () => [
    await lookup('localhost'), await lookup('app.localhost.', { all: true }), await lookup('::1', 6), await lookup('10.0.0.1'),
    await attempt(() => lookup('example.com')), await attempt(() => resolve4('example.com')), await attempt(() => (new Resolver() as any).resolveMx('x')),
    await back((done) => dns.lookup('127.0.0.1', done)), await back((done) => dns.lookup('localhost', { all: true, family: 4 }, done)),
    await back((done) => dns.resolveTxt('example.com', done)), await promisify(dns.lookup as any)('::1'), dns.promises.lookup === lookup, typeof dns.ADDRCONFIG,
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

test('names are the host’s to resolve, and dns says so, but for what is known without asking', async () => {
  const refused = (syscall: string, name: string) => [
    'ENOTIMP',
    syscall,
    expect.stringContaining(`${syscall} ENOTIMP ${name}: names are resolved by the host`),
  ]
  const four = { address: '127.0.0.1', family: 4 }
  expect(await get('/dns')).toEqual([
    four,
    [four, { address: '::1', family: 6 }],
    { address: '::1', family: 6 },
    { address: '10.0.0.1', family: 4 },
    refused('getaddrinfo', 'example.com'),
    refused('queryA', 'example.com'),
    refused('queryMx', 'x'),
    [null, '127.0.0.1', 4],
    [null, [four]],
    ['ENOTIMP'],
    { address: '::1', family: 6 },
    true,
    'number',
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
