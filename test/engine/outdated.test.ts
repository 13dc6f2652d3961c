/**
 * Components of an engine that is not served: the host makes them again from the bundle that they carry, where nothing is
 * served, and one that cannot be made again keeps no other app from being served.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, test } from 'vitest'

import { buildApp } from '../../host/build/build.ts'
import { buildEngineTemplate } from '../../host/build/engine-template.ts'
import { readCarriedBundle, withCarriedBundle } from '../../host/component/carried-bundle.ts'
import { splitComponent } from '../../host/component/skeleton.ts'
import { openComponent } from '../../host/deploy/open-component.ts'
import { KnownEngines, readKnownEngines } from '../../host/engine/known.ts'
import { olderWorld } from '../build/older-engine.ts'
import { createSourceDir, type SourceDir } from '../build/source-dir.ts'
import { withPart, editComponent, PART } from '../harness/component.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { builtExample, serve } from '../harness/serve.ts'

const OLD = '0.1.0'
const folder = mkdtempSync(join(tmpdir(), 'nano-outdated-'))
const at = (name: string): string => join(folder, `${name}.wasm`)
let sources: SourceDir

const APP = `
let count = 0
export default {
  fetch(request, env) {
    if (request.url.endsWith('/throw')) throw new Error('on purpose')
    return new Response(env.WORD + ++count)
  },
}`

beforeAll(async () => {
  sources = createSourceDir({ 'app.js': APP })
  const { component } = await buildApp({
    entry: sources.at('app.js'),
    wit: olderWorld(),
    outFile: at('older'),
  })
  // another engine without a bundle; with one that no longer builds; with one that nobody can read
  const bundle = readCarriedBundle(component)!
  const bare = editComponent(component, (parts) => parts.slice(0, -1))
  writeFileSync(at('bare'), bare)
  writeFileSync(at('spoilt'), withCarriedBundle(bare, { ...bundle, codeBytes: bundle.codeBytes - 1 }))
  writeFileSync(at('hostile'), editComponent(component, withPart(PART.custom, toPayload(component), 1)))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
  sources[Symbol.dispose]()
})

/** What the last section holds. */
function toPayload(component: Uint8Array): Uint8Array {
  let last = new Uint8Array()
  editComponent(component, (parts) => {
    last = Uint8Array.from(parts.at(-1)!.payload)
    return parts
  })
  return last
}

test('are served, and the log says so', async ({ expect }) => {
  const app = { name: 'moved', hostname: 'moved.test', path: at('older'), env: { WORD: 'moved ' } }
  await using server = await serve([app, NEIGHBOUR])
  await using _ = watchNeighbour(server)
  for (const count of [1, 2]) expect((await server.send('moved.test', '/')).text).toBe(`moved ${count}`)
  await server.logged(
    '[moved]',
    'is not served here; it was made again for the current one',
    'nano:workers/worker',
  )
  expect((await server.send('moved.test', '/throw')).status).toBe(500)
  // the map that lies beside it is the right one still
  await server.logged('on purpose', 'app.js:5:')
})

test('are made again once', async ({ expect }) => {
  const said: string[] = []
  const listener = { onBuild: () => said.push('build'), onWarning: (text: string) => said.push(text) }
  const current = splitComponent(readFileSync(builtExample('hello'))).skeletonHash
  const access = { isServed: (hash: string) => hash === current }
  await openComponent(at('older'), listener, access)
  said.length = 0
  const { engineHash } = await openComponent(at('older'), listener, access)
  expect(engineHash).toBe(current)
  expect(said).toEqual([expect.stringContaining('was made again')])
  expect((await openComponent(at('older'), listener)).engineHash).not.toBe(current)
})

test('that cannot be made again are refused, and the others are served', async ({ expect }) => {
  const names = ['bare', 'spoilt', 'hostile', 'thrower']
  // an app that the older engine could start, and the current one cannot
  using thrower = createSourceDir({ 'app.js': `if (globalThis.Response) throw new Error('no more')\n${APP}` })
  const shim = join(folder, 'shim.js')
  writeFileSync(shim, 'export const start = () => {}, turn = () => {}\ndelete globalThis.Response')
  await buildApp({ entry: thrower.at('app.js'), wit: olderWorld(), shim, outFile: at('thrower') })
  const apps = names.map((name) => ({ name, hostname: `${name}.test`, path: at(name) }))
  await using server = await serve([...apps, NEIGHBOUR])
  await using _ = watchNeighbour(server)
  for (const name of names) expect((await server.send(`${name}.test`, '/')).status).toBe(502)
  await server.logged('[bare]', 'ENGINE_UNKNOWN', 'carries no bundle to make it again from')
  await server.logged('[spoilt]', 'COMPONENT_INVALID', 'does not unpack')
  await server.logged('[hostile]', 'COMPONENT_INVALID', 'carries 2 bundles')
  await server.logged('[thrower]', 'BUILD_FAILED', 'cannot be built for the current one: app.js: no more')
})

test('an engine of an older world is made from its text, as long as the toolchain is the same', async ({
  expect,
}) => {
  const known = readKnownEngines()
  const { hash: old = '', componentize_js: tool = '' } =
    known.engines.find(({ world }) => world.endsWith(`@${OLD}`)) ?? {}
  expect(known.worldOf(old)).toBe(OLD)
  expect(splitComponent(await buildEngineTemplate(OLD)).skeletonHash).toBe(old)
  const another = known.engines.map((engine) =>
    engine.hash === old ? { ...engine, componentize_js: `${tool}-before` } : engine,
  )
  expect(new KnownEngines(another).worldOf(old)).toBeUndefined()
})
