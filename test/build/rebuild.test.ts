// A component made again from the bundle that it carries: the same bytes as from its sources, and bounds for hostile ones.

import { readFileSync } from 'node:fs'
import { brotliCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { toMapHash } from '../../host/build/app-bundle.ts'
import { buildApp, cachedRebuild, rebuildComponent, type RebuildOptions } from '../../host/build/build.ts'
import { packBundle } from '../../host/build/carried-code.ts'
import {
  type CarriedBundle,
  readCarriedBundle,
  withCarriedBundle,
} from '../../host/component/carried-bundle.ts'
import { NanoError } from '../../host/errors.ts'
import { witText } from '../../wit/text.ts'
import { encodeComponent } from '../harness/component.ts'
import { builtExample, example, fixture } from '../harness/serve.ts'
import { encodeModule } from '../../host/wasm/sections.ts'
import { buildOlder } from './older-engine.ts'
import { createSourceDir } from './source-dir.ts'

const isSame = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0

describe('is the same from its own component', () => {
  test.for([
    ['an app', builtExample('hello')],
    ['a classic one', builtExample('classic')],
    ['TypeScript of several files', builtExample('site')],
    ['one with packages', builtExample('rest-api')],
    ['what the tests have', fixture('everything')],
  ] as const)('%s', async ([, file]) => {
    const component = readFileSync(file)
    const sourceMap = readFileSync(`${file}.map`, 'utf8')
    const rebuilt = await rebuildComponent({ component, sourceMap })
    expect(isSame(rebuilt.component, component)).toBe(true)
    expect(rebuilt.sourceMap).toBe(sourceMap)
  })

  test('text, JSON, a regular expression that is lowered, a top level that awaits, and much of everything', async () => {
    using sources = createSourceDir({
      'index.tsx': [
        "import { Hono } from 'hono'",
        "import text from './text.txt'",
        "import data from './data.json'",
        String.raw`export const letters = /\p{L}/u`,
        'export const awaited: string = await Promise.resolve(text + data.a + import.meta.url)',
        'const app = new Hono()',
        "app.get('/', async (c) => c.text(awaited + (await import('./later.ts')).later))",
        'export default app',
      ].join('\n'),
      'text.txt': 'x'.repeat(1_000_000),
      'data.json': '{ "a": "\u2028 ä 😀" }',
      'later.ts': 'export const later: string = "later"\n',
    })
    const built = await buildApp({ entry: sources.path })
    const rebuilt = await rebuildComponent(built)
    expect(isSame(rebuilt.component, built.component)).toBe(true)
    expect([rebuilt.sourceMap, rebuilt.bundleBytes]).toEqual([built.sourceMap, built.bundleBytes])
  })
})

test('a component of another engine becomes one of the current engine, once', async () => {
  using directory = createSourceDir({})
  const older = await buildOlder(example('hello'))
  const current = readFileSync(builtExample('hello'))
  expect(older.skeletonHash).not.toBe((await rebuildComponent({ component: current })).skeletonHash)
  const [first, second] = [
    await cachedRebuild(older, directory.path),
    await cachedRebuild(older, directory.path),
  ]
  expect([first.cached, second.cached]).toEqual([false, true])
  for (const { component, sourceMap } of [first, second]) {
    expect(isSame(component, current)).toBe(true)
    expect(sourceMap).toBe(readFileSync(`${builtExample('hello')}.map`, 'utf8'))
  }
})

test('the map of another component is not used', async () => {
  const component = readFileSync(builtExample('hello'))
  const sourceMap = readFileSync(`${builtExample('site')}.map`, 'utf8')
  const rebuilt = await rebuildComponent({ component, sourceMap })
  expect(isSame(rebuilt.component, component)).toBe(true)
  expect(rebuilt.sourceMap).toBeUndefined()
})

const HANDLER = 'export default { fetch() {} }\n'
const PLAIN = encodeComponent([{ id: 1, payload: encodeModule([]) }])

const pack = (code: string, map = '{}') =>
  packBundle({ code, entry: 'index.ts', map, mapHash: toMapHash(map), warnings: [] }, witText())

/** How making a component again fails that carries this. */
async function failureOf(carried: CarriedBundle, options: Partial<RebuildOptions> = {}): Promise<NanoError> {
  const component = withCarriedBundle(PLAIN, carried)
  const failure: unknown = await rebuildComponent({ ...options, component }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(NanoError)
  expect((failure as NanoError).blame).toBe('tenant')
  return failure as NanoError
}

describe('what a component carries is hostile', () => {
  test('one that carries nothing', async () => {
    await expect(rebuildComponent({ component: PLAIN })).rejects.toThrow(/carries no bundle that it could be/)
  })

  test.for([
    ['the world', `import { send } from 'nano:workers/response@0.1.0'\n${HANDLER}`, '"nano:workers/response'],
    ['the shim', `import { start } from 'nano:guest-shim'\n${HANDLER}`, 'imports "nano:guest-shim"'],
    ['for its effects', `import './x.js'\n${HANDLER}`, 'imports "./x.js"'],
    ['what it passes on', `export * from 'wasi:clocks/wall-clock@0.2.3'\n${HANDLER}`, 'imports "wasi:clocks'],
    ['what it passes on by name', `export { default } from 'other'\n`, 'imports "other"'],
    ['at run time', `export const a = () => import('./app.js')\n`, 'imports at run time'],
  ] as const)('imports: %s', async ([, code, words]) => {
    const { code: kind, message } = await failureOf(pack(code))
    expect([kind, message]).toEqual(['COMPONENT_INVALID', expect.stringContaining(words)])
  })

  const good = pack(HANDLER)
  const bomb = brotliCompressSync(Buffer.alloc(512 << 20, 32), { params: { 1: 1 } })
  test.for([
    ['unpacks to more than it says', { codeBytes: good.codeBytes - 1 }, `to the ${good.codeBytes - 1} bytes`],
    [
      'unpacks to less',
      { codeBytes: good.codeBytes + 1 },
      `has ${good.codeBytes} bytes and announces ${good.codeBytes + 1}`,
    ],
    ['unpacks to half a gigabyte', { codeBytes: 64 << 20, compressed: bomb }, 'does not unpack'],
    ['is cut off', { compressed: good.compressed.subarray(0, -3) }, 'does not unpack'],
    ['is not compressed', { compressed: Buffer.from(HANDLER) }, 'does not unpack'],
    ['is nothing', { codeBytes: 0, compressed: new Uint8Array() }, 'does not unpack'],
    [
      'is not text',
      { codeBytes: 2, compressed: brotliCompressSync(Uint8Array.of(0xff, 0xfe)) },
      'is not text',
    ],
  ] as const)('code that %s', async ([, change, words]) => {
    const { code, message } = await failureOf({ ...good, ...change })
    expect([code, message]).toEqual(['COMPONENT_INVALID', expect.stringContaining(words)])
  })

  test('code that is not JavaScript, or crashes the parser', async () => {
    expect((await failureOf(pack('export default {'))).message).toContain('is not a JavaScript module')
    const deep = `export const a = ${'['.repeat(200_000)}${']'.repeat(200_000)}`
    expect((await failureOf(pack(deep))).message).toMatch(
      /^index\.ts: reading the bundle that the component carries crashed \(SIG[A-Z]+\); it is nested too deeply/,
    )
  })

  test.for([
    ['does not end', `for (;;) {}\n${HANDLER}`, /^index\.ts: the app's top level does not come to its end/],
    [
      'fills the memory',
      `const a = []; for (;;) a.push(new Uint8Array(1 << 20).fill(1))\n${HANDLER}`,
      /128 MiB/,
    ],
    ['throws', `throw new Error('no more')\n${HANDLER}`, /^index\.ts: no more$/],
    ['has no handler', `export const other = 1\n`, /^index\.ts: The app has no default export/],
  ] as const)('a top level that %s', async ([how, code, words]) => {
    const timeoutMs = how === 'does not end' ? 700 : 20_000
    const { code: kind, message } = await failureOf(pack(code), { timeoutMs, memoryMb: 128 })
    expect([kind, message]).toEqual(['BUILD_FAILED', expect.stringMatching(words)])
  })

  test('a top level that throws, by its place when there is the map', async () => {
    const component = readFileSync(builtExample('hello'))
    const { entry } = readCarriedBundle(component)!
    expect(entry).toBe('index.js')
    const sourceMap = JSON.stringify({ version: 3, sources: ['src/a.ts'], names: [], mappings: 'AAAA;AACA' })
    const { message } = await failureOf(pack(`\nthrow new Error('no more')\n${HANDLER}`, sourceMap), {
      sourceMap,
    })
    expect(message).toMatch(/^src\/a\.ts:2:\d+: Error: no more/)
  })
})
