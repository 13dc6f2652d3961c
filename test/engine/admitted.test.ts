/**
 * An engine that this version of NANO cannot make, which the operator admits: it is served when it is in the cache,
 * where only the version that made it can have put it, and refused with advice when it is not.
 */
import { chmodSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterAll, beforeAll, test } from 'vitest'

import { splitComponent } from '../../host/component/skeleton.ts'
import { parseConfig } from '../../host/config/parse.ts'
import { buildEngine } from '../../host/engine/build-engine.ts'
import { SECTION } from '../../host/wasm/sections.ts'
import { startServer } from '../../host/server.ts'
import { buildFixture, editMain, withElement } from '../harness/component.ts'
import { send } from '../harness/http.ts'

const NO_PARAMETERS_NO_RESULTS = [0x60, 0, 0]

const cache = mkdtempSync(join(tmpdir(), 'nano-admitted-'))
const file = join(cache, 'other.wasm')
const chosen = process.env['NANO_CACHE_DIR']
let other: Uint8Array
let hash: string

beforeAll(async () => {
  // the engine of another version: one more type, that nothing uses, is the smallest difference that there can be
  other = editMain(await buildFixture('memory'), withElement(SECTION.type, NO_PARAMETERS_NO_RESULTS))
  hash = splitComponent(other).skeletonHash
  writeFileSync(file, other)
  process.env['NANO_CACHE_DIR'] = cache
})

afterAll(() => {
  if (chosen === undefined) delete process.env['NANO_CACHE_DIR']
  else process.env['NANO_CACHE_DIR'] = chosen
  rmSync(cache, { recursive: true })
})

function start(engines: readonly string[]) {
  const text = JSON.stringify({ port: 0, shards: 1, engines, apps: [{ name: 'a', path: file }] })
  return startServer({ config: parseConfig(text, join(cache, 'nano.json')), log() {} })
}

test('nobody admits it: the message says which line would', async ({ expect }) => {
  const refused = start([])
  await expect(refused).rejects.toThrow(`"engines": ["${hash}"]`)
  await expect(refused).rejects.toThrow(expect.objectContaining({ code: 'ENGINE_UNKNOWN' }))
})

test('admitted, but not in the cache: nothing is generated, and the message says who can', async ({
  expect,
}) => {
  const refused = start([hash])
  await expect(refused).rejects.toThrow(
    /is admitted, but this version of NANO makes another\. Build the app again, or/,
  )
  await expect(refused).rejects.toThrow(expect.objectContaining({ code: 'ENGINE_UNKNOWN' }))
  expect(readdirSync(cache)).toEqual(['other.wasm'])
})

test('admitted, and in the cache: it is served', { timeout: 60_000 }, async ({ expect }) => {
  await buildEngine(other, cache)
  const server = await start([hash])
  try {
    const answer = await send(server.port, { host: 'a', path: '/note?kept=yes' })
    expect(answer.json()).toEqual({ kept: 'yes' })
    expect(await server.counters()).toMatchObject({ generates: 0, compiles: 1 })
  } finally {
    await server.close()
  }
})

test('in a cache that others can write to: nothing of it is run', async ({ expect }) => {
  const directory = await buildEngine(other, cache)
  for (const path of [directory, dirname(directory)]) {
    for (const mode of [0o777, 0o770, 0o702]) {
      chmodSync(path, mode)
      await expect(start([hash])).rejects.toThrow(
        `${path} holds code that NANO runs, and others can write to it`,
      )
    }
    chmodSync(path, 0o700)
  }
})

test.runIf(process.getuid?.() === 0)(
  'in a cache of somebody else: nothing of it is run',
  async ({ expect }) => {
    const directory = await buildEngine(other, cache)
    chownSync(directory, 12_345, 12_345)
    await expect(start([hash])).rejects.toThrow(`${directory} holds code that NANO runs`)
    chownSync(directory, 0, 0)
  },
)

test('made for another world: it is refused', async ({ expect }) => {
  const manifest = join(await buildEngine(other, cache), 'engine.json')
  const text = readFileSync(manifest, 'utf8')
  for (const changed of [
    text.replace(/"world": "[^"]+"/, '"world": "99.0.0"'),
    // the same version, laid out otherwise
    text.replace(/"structure": "[^"]+"/, '"structure": "0"'),
  ]) {
    expect(changed).not.toBe(text)
    writeFileSync(manifest, changed)
    await expect(start([hash])).rejects.toThrow(/was made for another world: expected one of 0\.1\.0, /)
  }
})
