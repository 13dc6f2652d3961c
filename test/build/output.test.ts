// What a build gives: the same bytes for the same sources, wherever they lie, and never half a file.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { bundle } from '../../host/build/bundle.ts'
import { findSource } from '../../host/build/entry.ts'
import { buildApp, cachedBuild } from '../../host/build/build.ts'
import { engineHash } from '../../host/build/spliced-engine.ts'
import { tuneEngine } from '../../host/build/engine-tuning.ts'
import { findFree } from '../../host/build/free-memory.ts'
import { readComponent } from '../../host/component/read.ts'
import { openSourceMap } from '../../host/component/source-map.ts'
import { readDataSegments } from '../../host/wasm/data-segments.ts'
import { readMemory, WASM_PAGE } from '../../host/wasm/memory.ts'
import { fixtureSource } from '../harness/serve.ts'
import { createSourceDir } from './source-dir.ts'

const SHIM = join(import.meta.dirname, 'world-stand-in.ts')
const APP = {
  'index.ts': [
    "import { Hono } from 'hono'",
    "import { greet } from './greet.ts'",
    'const started: number = Date.now()',
    'const app = new Hono()',
    "app.get('/', (c) => c.text(greet(String(started))))",
    'export default app',
  ].join('\n'),
  'greet.ts': 'export const greet = (name: string) => `hello ${name} ${import.meta.url}`\n',
}

/** The memory that a component begins with. */
function toMemory(component: Uint8Array): Uint8Array<ArrayBuffer> {
  const { mainSections } = readComponent(component)
  const memory = new Uint8Array(readMemory(mainSections).min * WASM_PAGE)
  for (const { offset, bytes } of readDataSegments(mainSections)) memory.set(bytes, offset)
  return memory
}

test('gives the same component for the same sources in another place', async () => {
  using here = createSourceDir(APP)
  using there = createSourceDir(APP)
  const first = await buildApp({ entry: here.path, shim: SHIM })
  const second = await buildApp({ entry: there.at('index.ts'), shim: SHIM })
  expect(Buffer.compare(first.component, second.component)).toBe(0)
  expect(first.sourceMap).toBe(second.sourceMap)
})

test('gives the same component whether the tools have worked before or not', async () => {
  using sources = createSourceDir(APP)
  const kept = await buildApp({ entry: sources.path, shim: SHIM, idleMs: 0 })
  // the process that has its results in memory goes
  await setTimeout(1)
  vi.stubEnv('NANO_CACHE_DIR', sources.at('cache'))
  try {
    const anew = await buildApp({ entry: sources.path, shim: SHIM })
    expect(readdirSync(sources.at('cache/tools'))).toHaveLength(2)
    expect(Buffer.compare(kept.component, anew.component)).toBe(0)
  } finally {
    vi.unstubAllEnvs()
  }
})

test('names no path of this machine in the source map', async () => {
  using sources = createSourceDir(APP)
  const { sourceMap } = await buildApp({ entry: sources.path, shim: SHIM })
  const { sources: names } = JSON.parse(sourceMap!) as { sources: string[] }
  expect(sourceMap).not.toContain(sources.path)
  expect(names).toEqual(expect.arrayContaining(['index.ts', 'greet.ts', 'node_modules/hono/dist/hono.js']))
  expect(names.filter((name) => name.startsWith('/') || name.startsWith('..'))).toEqual([])
})

test('bundles modules of Node.js the same, whoever imports them first', async () => {
  using sources = createSourceDir({
    'index.ts': `
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { StringDecoder } from 'string_decoder'
import required from './required.cjs'
export default { fetch: () => new Response(String([createServer, Readable, StringDecoder, process.pid, required])) }`,
    'required.cjs': "module.exports = [require('stream'), require('string_decoder'), require('events')]",
  })
  const source = findSource(sources.at('index.ts'), { allowRead: [] })
  const codes = new Set<string>()
  // oxlint-disable-next-line no-await-in-loop -- a race comes out one way or the other
  for (let i = 0; i < 8; i++) codes.add((await bundle(source, SHIM)).code)
  expect(codes.size).toBe(1)
})

test('evaluates rewritten regular expressions', async () => {
  const check = String.raw`
    const found = ['ä', '1'].map((text) => /^\p{L}$/u.test(text) + '' + /^[\p{L}--[a-z]]$/v.test(text)).join()
    if (found !== 'truetrue,falsefalse') throw new Error(found)
    export default { fetch: () => new Response() }`
  using sources = createSourceDir({ 'index.ts': check })
  await expect(buildApp({ entry: sources.path, shim: SHIM })).resolves.toBeDefined()
})

test('writes the component and its map, and nothing when it fails', async () => {
  using sources = createSourceDir({ ...APP, 'broken.ts': 'let = ;' })
  const out = sources.at('out/app.wasm')
  await expect(buildApp({ entry: sources.at('broken.ts'), outFile: out, shim: SHIM })).rejects.toThrow(
    'broken.ts:1',
  )
  expect(existsSync(sources.at('out'))).toBe(false)
  const { component, sourceMap } = await buildApp({ entry: sources.path, outFile: out, shim: SHIM })
  expect(readdirSync(sources.at('out')).sort()).toEqual(['app.wasm', 'app.wasm.map'])
  expect(Buffer.compare(readFileSync(out), component)).toBe(0)
  expect(readFileSync(`${out}.map`, 'utf8')).toBe(sourceMap)
})

test('builds the same sources once', async () => {
  using sources = createSourceDir(APP)
  const directory = sources.at('cache')
  const first = await cachedBuild({ entry: sources.path, shim: SHIM }, directory)
  const second = await cachedBuild({ entry: sources.path, shim: SHIM }, directory)
  expect([first.cached, second.cached]).toEqual([false, true])
  expect(Buffer.compare(first.component, second.component)).toBe(0)
  expect(readdirSync(directory)).toHaveLength(2)
})

test('a broken source map changes nothing', () => {
  for (const json of [undefined, '', '{}', '[]', '{"version":3,"sources":[],"mappings":"!!"}', 'null']) {
    expect(openSourceMap(json).symbolicate('f@app.js:1:2')).toBe('f@app.js:1:2')
  }
})

test.each([false, true])('tunes the engine; async stacks: %s', async (asyncStacks) => {
  using sources = createSourceDir(APP)
  const { component } = await buildApp({ entry: sources.path, shim: SHIM, asyncStacks })
  const engine = { engine: engineHash, asyncStacks }
  // its options and the most of its heap are no longer what they were
  const tuned = new RegExp(`got \\d+ ${asyncStacks ? 0x050f : 0x040f} 4294967295 `)
  expect(() => tuneEngine(toMemory(component).buffer, engine)).toThrow(tuned)
})

test('keeps nothing in the image that the engine has given back', async () => {
  const { component } = await cachedBuild({ entry: fixtureSource('memory') })
  const memory = toMemory(component)
  // in the component static data and heap are one: the heap begins behind it, and what is long before may look like it
  const free = findFree(memory, 2 << 20)
  expect(free.length).toBeGreaterThan(10)
  expect(free.filter(({ start, end }) => memory.subarray(start, end).some((byte) => byte !== 0))).toEqual([])
})
