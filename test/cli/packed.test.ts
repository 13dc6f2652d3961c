/**
 * The package as people get it: packed, installed into an empty folder, and used there, by a host that has no build tools
 * and by a developer who has them.
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { zstdCompressSync } from 'node:zlib'

import { afterAll, beforeAll, describe, test } from 'vitest'
import type { TestContext } from 'vitest'

import { buildApp } from '../../host/build/build.ts'
import { buildOlder } from '../build/older-engine.ts'
import { send } from '../harness/http.ts'
import { copyCheckout, install, run, sizeOf } from '../harness/package.ts'
import { startNano } from '../harness/process.ts'
import { fixture, fixtureSource, ROOT } from '../harness/serve.ts'

interface Sbom {
  readonly bomFormat: string
  readonly metadata: { readonly component: { readonly name: string } }
  readonly components: readonly { readonly name: string; readonly version: string; readonly scope: string }[]
}

interface Named {
  readonly name: string
  readonly version: string
}

interface Lock {
  readonly packages: Readonly<
    Record<string, Named & { readonly [key in 'dev' | 'optional' | 'devOptional']?: true }>
  >
}

const MB = 1_000_000
const BIN = 'node_modules/nano-workers/host/bin.js'

const folder = mkdtempSync(join(tmpdir(), 'nano-packed-'))
const at = (name: string): string => join(folder, name)
let checkout: string
let tarball: string

beforeAll(async () => {
  checkout = copyCheckout()
  const { status, err } = await run('npm', ['pack', '--pack-destination', folder], checkout)
  if (status !== 0) throw new Error(err)
  tarball = at(readdirSync(folder).find((name) => name.endsWith('.tgz'))!)
}, 300_000)

afterAll(() => {
  rmSync(folder, { recursive: true })
  if (checkout !== undefined) rmSync(checkout, { recursive: true })
})

/** Runs the installed program. */
const nano = (cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  run(process.execPath, [join(cwd, BIN), ...args], cwd, env)

/** What the operator's listener says was generated and compiled. */
async function readOpenings(port: number): Promise<Record<string, number>> {
  const { text: metrics } = await send(port, { host: 'localhost', path: '/metrics' })
  const lines = metrics.matchAll(/^nano_engine_openings_total\{step="(\w+)"\} (\d+)$/gm)
  return Object.fromEntries(Array.from(lines, ([, step, count]) => [step, Number(count)]))
}

test('is small, and nothing of the packing stays behind', ({ expect }) => {
  expect(statSync(tarball).size).toBeLessThan(6 * MB)
  const left = ['engines', 'npm-shrinkwrap.json'].filter((name) => existsSync(join(checkout, name)))
  expect(left).toEqual([])
})

test('has a list of what it is made of', { timeout: 60_000 }, async ({ expect }) => {
  expect(await run('npm', ['run', '-s', 'sbom'], checkout)).toMatchObject({ status: 0, err: '' })
  // beside the tarball, and named like it
  const file = join(checkout, basename(tarball).replace('.tgz', '.cdx.json'))
  const { bomFormat, metadata, components } = JSON.parse(readFileSync(file, 'utf8')) as Sbom
  expect([bomFormat, metadata.component.name]).toEqual(['CycloneDX', 'nano-workers'])
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
    'dependencies' | 'optionalDependencies' | 'devDependencies',
    Record<string, string>
  >
  const listed = components.map(({ name, version }) => `${name}@${version}`)
  const shipped = Object.entries({ ...manifest.dependencies, ...manifest.optionalDependencies })
  // an alias is listed under its own name, with the version of what it stands for
  const own = shipped.map(([name, version]) => `${name}@${version.replace(/^npm:.*@/, '')}`)
  expect(listed).toEqual(expect.arrayContaining(own))
  expect(listed).not.toContain(`vitest@${manifest.devDependencies['vitest']}`)
  const needed = components.filter(({ scope }) => scope !== 'optional').map(({ name }) => name)
  expect(needed).toEqual(expect.arrayContaining(Object.keys(manifest.dependencies)))
  expect(needed).not.toContain('rolldown')
})

describe('installed without the build tools', () => {
  const host = at('host')
  let why: string | undefined

  beforeAll(async () => {
    why = await install(tarball, host, '--omit=optional')
  }, 300_000)

  const installed = ({ skip }: TestContext): void => skip(why !== undefined, why)

  test('has the versions that were tested, and no others', (context) => {
    installed(context)
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock
    const needed = Object.entries(packages).filter(([path, { dev, optional, devOptional }]) =>
      [path !== '', !dev, !optional, !devOptional].every(Boolean),
    )
    const found = readdirSync(host, { recursive: true, encoding: 'utf8' })
      .filter((path) => /node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(path))
      .map((path) => JSON.parse(readFileSync(join(host, path), 'utf8')) as Named)
      .map(({ name, version }) => `${name}@${version}`)
    const wanted = needed.map(([path, { version }]) => `${path.split('node_modules/').at(-1)}@${version}`)
    context.expect(found.sort()).toEqual([...wanted, 'nano-workers@0.1.0'].sort())
  })

  test('takes little room', (context) => {
    installed(context)
    context.expect(sizeOf(join(host, 'node_modules'))).toBeLessThan(50 * MB)
  })

  test(
    'serves and takes components, with nothing generated and nothing kept',
    { timeout: 60_000 },
    async (context) => {
      installed(context)
      const { expect } = context
      const cache = at('cache')
      writeFileSync(
        join(host, 'nano.json'),
        JSON.stringify({
          shards: 1,
          apps: [{ name: 'first', path: fixture('version'), env: { VERSION: 'one' } }],
        }),
      )
      await using server = await startNano(join(host, 'nano.json'), {
        main: join(host, BIN),
        env: { NANO_CACHE_DIR: cache },
      })
      expect((await send(server.port, { host: 'first', path: '/' })).status).toBe(200)
      const env = { NANO_ADMIN_URL: `http://127.0.0.1:${server.adminPort}` }
      const deployed = await nano(host, ['deploy', fixture('memory'), '--name', 'second', '--json'], env)
      expect(deployed).toMatchObject({ status: 0 })
      expect((await send(server.port, { host: 'second', path: '/note?kept=yes' })).json()).toEqual({
        kept: 'yes',
      })
      expect(await readOpenings(server.adminPort)).toEqual({ generated: 0, compiled: 1 })
      // an engine that is not known here, of an app that carries its bundle
      const older = at('older.wasm')
      writeFileSync(older, (await buildOlder(fixtureSource('version'))).component)
      const refused = await nano(host, ['deploy', older, '--name', 'third'], env)
      expect(refused).toMatchObject({
        status: 1,
        err: expect.stringMatching(
          /TOOLCHAIN_MISSING: .*is not served here.*without @bytecodealliance\/componentize-js/,
        ),
      })
      // images, packed, of what was served
      expect(readdirSync(cache)).toEqual(['images'])
    },
  )

  test('says of whatever has to build what is missing', { timeout: 60_000 }, async (context) => {
    installed(context)
    const { expect } = context
    const source = fixtureSource('version')
    for (const args of [
      ['build', source, '-o', 'app.wasm'],
      ['build', fixture('version'), '-o', 'app.wasm'],
      ['deploy', source],
      ['run', source],
      ['run', join(ROOT, 'test/fixtures/foreign/rust/guest.wasm'), '--request', '/'],
      ['eval', '1'],
      ['serve', '--dry-run', '--app', source],
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- on a machine with few processors
      const { status, err } = await nano(host, args)
      expect([args[0], status], err).toEqual([args[0], 1])
      expect(err).toMatch(/TOOLCHAIN_MISSING: .*without --omit=optional/)
    }
    expect(existsSync(join(host, 'app.wasm'))).toBe(false)
  })

  test('does not serve an engine that is broken', { timeout: 60_000 }, async (context) => {
    installed(context)
    const { expect } = context
    const engines = join(host, 'node_modules/nano-workers/engines')
    for (const name of readdirSync(engines)) {
      const module = join(engines, name, 'engine.wasm.zst')
      // another frame behind it, of a byte
      writeFileSync(module, Buffer.concat([readFileSync(module), zstdCompressSync(Buffer.alloc(1))]))
    }
    const { status, err } = await nano(host, ['serve', '--app', fixture('version'), '--port', '0'])
    expect([status, err]).toEqual([
      1,
      expect.stringMatching(/ARTIFACT_BROKEN: .*engine\.wasm: expected the SHA-256 /),
    ])
  })
})

describe('installed as a developer does', () => {
  const home = at('home')
  let why: string | undefined

  beforeAll(async () => {
    why = await install(tarball, home)
  }, 300_000)

  test(
    'begins an app, builds it to the same bytes as here, and serves and deploys it',
    { timeout: 120_000 },
    async (context) => {
      context.skip(why !== undefined, why)
      const { expect } = context
      expect(await nano(home, ['init', 'shop'])).toMatchObject({ status: 0 })
      const app = join(home, 'shop')
      const built = await nano(home, ['build', 'shop/src/index.ts', '-o', 'shop/dist/app.wasm'])
      expect(built).toMatchObject({ status: 0, err: expect.stringContaining('building') })
      const { component } = await buildApp({ entry: join(app, 'src/index.ts') })
      expect(readFileSync(join(app, 'dist/app.wasm')).equals(component)).toBe(true)
      await using server = await startNano(join(app, 'nano.json'), { main: join(home, BIN) })
      const asked = { host: 'localhost', path: '/' }
      expect((await send(server.port, asked)).text).toBe('Hello from NANO!\n')
      const env = { NANO_ADMIN_URL: `http://127.0.0.1:${server.adminPort}` }
      const deployed = await nano(
        home,
        ['deploy', 'shop/src/index.ts', '--name', 'other', '--hostname', 'b.test'],
        env,
      )
      expect(deployed).toMatchObject({
        status: 0,
        out: expect.stringContaining('other version 1 serves b.test'),
      })
      expect((await send(server.port, { ...asked, host: 'b.test' })).status).toBe(200)
      expect(await readOpenings(server.adminPort)).toEqual({ generated: 0, compiled: 1 })
      server.kill('SIGTERM')
      expect(await server.exited, await text(server.stderr)).toBe(0)
    },
  )
})
