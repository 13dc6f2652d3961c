// Every way in which a source may use up more than a build has; `sandbox.test.ts` has the first of each kind.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { BuildOptions } from '../../host/build/build.ts'
import { createOperator, failureOf, HANDLER } from './operator-dir.ts'

/** Elsewhere the memory of processes is not bounded. */
const LINUX = process.platform === 'linux'

describe('a build is bounded', () => {
  let temporary: string
  beforeAll(() => {
    temporary = mkdtempSync(join(tmpdir(), 'nano-bounds-'))
    vi.stubEnv('TMPDIR', temporary)
  })
  afterEach(() => expect(readdirSync(temporary)).toEqual([]))
  afterAll(() => {
    vi.unstubAllEnvs()
    rmSync(temporary, { recursive: true })
  })

  const build = async (top: string, options: Partial<BuildOptions> = {}) => {
    using app = createOperator({ 'app/index.js': `${top}\n${HANDLER}` })
    return await failureOf({ entry: app.at('app'), ...options })
  }

  test.for([
    ['loops without a loop of its own', "'a'.repeat(40).match(/(a|a)*$|b/); /(a+)+b/.test('a'.repeat(60))"],
    ['prints without end', "for (;;) console.log('x'.repeat(100_000))"],
  ])('a top level that %s', async ([, top]) => {
    expect(await build(top!, { timeoutMs: 700 })).toMatch(
      /^index\.js: the app's top level does not come to its end within 0\.7 s; move /,
    )
  })

  test.for([
    ['objects', 'const a = []\nfor (;;) a.push({ x: [a.length] })'],
    ['strings', "const a = []\nfor (;;) a.push(('x' + a.length).repeat(1 << 19))"],
    ['one string', "let a = 'xy'\nfor (;;) { a += a; new Set([...a.slice(0, 1 << 22)]) }"],
    ['maps', 'const a = new Map()\nfor (;;) a.set(a.size, new Map([[1, 2]]))'],
    ['one buffer', 'const a = new ArrayBuffer(1 << 28)'],
    ['closures', 'const a = []\nfor (;;) a.push(() => a)'],
  ])('a top level that fills the memory with %s', async ([, top]) => {
    expect(await build(top!, { memoryMb: 128 })).toMatch(
      /^index\.js: the app's top level runs out of memory, of which it has 128 MiB/,
    )
  })

  test('a top level that leaves more than a component may hold', async () => {
    const top = 'export const a = new Uint8Array(100 << 20).fill(7)'
    expect(await build(top)).toMatch(/^index\.js: the app's top level leaves more than a component may hold/)
  })

  test('what a top level prints, which says why it failed', async () => {
    const top = "for (let i = 0; i < 50; i++) console.log('x'.repeat(100_000))\nthrow new Error('at last')"
    expect(await build(top)).toMatch(/^index\.js:2:\d+: Error: at last/)
  })

  test.runIf(LINUX)('memory of the bundler, which is not JavaScript’s', async () => {
    const dense = `export const a = [${'[],'.repeat(3 << 20)}]`
    expect(await build(dense, { processMb: 400 })).toMatch(
      /: the bundler needs more than 400 MiB of memory; the sources are nested too deeply, or too large$/,
    )
    expect(await build('')).toBe('built')
  })

  test.runIf(LINUX)('memory of the snapshot and its tools', async () => {
    // a process that has built before holds what is left of that; this one ends it
    expect(await build('', { processMb: 1 })).toMatch(/ needs more than 1 MiB of memory; /)
    expect(await build('', { processMb: 150 })).toMatch(
      /: the snapshot needs more than 150 MiB of memory; the app's top level is too large$/,
    )
    expect(await build('')).toBe('built')
  })

  test('a memory that is full of small pieces', async () => {
    const top = 'const a = new Uint8Array(400 << 20)\nfor (let i = 0; i < a.length; i += 40) a[i] = 1'
    expect(await build(`${top}\nexport { a }`)).toMatch(
      /^index\.js: the app's top level leaves more than a component may hold/,
    )
  })

  // a process that stands still for longer than the build takes sees its end first
  test('time for the bundler', { retry: 2 }, async () => {
    expect(await build('', { bundleTimeoutMs: 1 })).toMatch(
      /: the bundler did not end within 0\.001 s; the sources are/,
    )
    expect(await build('')).toBe('built')
  })

  test('the size of all together, and of what regular expressions become', { timeout: 90_000 }, async () => {
    const much = `/* ${'x'.repeat(14 << 20)} */`
    const files = Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`app/${n}.js`, much]))
    const imports = [1, 2, 3, 4, 5].map((n) => `import './${n}.js'\n`).join('')
    using app = createOperator({ 'app/index.js': imports + HANDLER, ...files })
    expect(await failureOf({ entry: app.at('app') })).toMatch(
      /^index\.js:\d:8: "\.\/\d\.js" is too much: an app may have 64 MiB of sources$/,
    )
    const regexes = String.raw`/\p{L}/u,`.repeat(30_000)
    expect(await build(`export const all = [${regexes}]`)).toMatch(
      /^index\.js:1:\d+: this regular expression and/,
    )
  })
})
