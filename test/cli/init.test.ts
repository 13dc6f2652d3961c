/** A new app: what `init` writes is checked, built, tested and served with the tools that it names. */

import { execFile } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

import { afterAll, test } from 'vitest'

import { ROOT } from '../harness/serve.ts'

const MAIN = join(ROOT, 'host/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'nano-init-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Outcome {
  readonly status: number
  readonly out: string
  readonly err: string
}

function run(file: string, args: readonly string[], cwd: string): Promise<Outcome> {
  const bin = join(cwd, 'node_modules/.bin')
  // the inner runner is one of its own
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST'))
  const env = { ...Object.fromEntries(inherited), PATH: `${bin}${delimiter}${process.env['PATH']}` }
  return new Promise((done) => {
    execFile(file, args, { cwd, env, timeout: 100_000 }, (error, out, err) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      done({ status, out, err })
    })
  })
}

const nano = (cwd: string, ...args: string[]) => run(process.execPath, [MAIN, ...args], cwd)

/** As after `npm install`, with this package in the place of the published one. */
function install(app: string): void {
  const modules = join(app, 'node_modules')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  for (const name of ['vitest', 'typescript', '@types', '@cloudflare']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
  }
  for (const name of ['vitest', 'tsc']) {
    symlinkSync(join(ROOT, 'node_modules/.bin', name), join(modules, '.bin', name))
  }
  // npm makes it a program
  writeFileSync(
    join(modules, '.bin/nano-workers'),
    `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'host/bin.js')}" "$@"\n`,
    { mode: 0o755 },
  )
}

test(
  'a new app builds, passes its checks and its own test, which asks the served component',
  { timeout: 240_000 },
  async ({ expect }) => {
    const made = await nano(folder, 'init', 'My Shop')
    expect(made).toMatchObject({ status: 0, err: '', out: expect.stringContaining('npm run dev') })
    const app = join(folder, 'My Shop')
    expect(readdirSync(app).sort()).toEqual([
      '.github',
      '.gitignore',
      'nano.json',
      'package.json',
      'src',
      'test',
      'worker-configuration.d.ts',
    ])
    const { name, devDependencies } = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8')) as {
      name: string
      devDependencies: Record<string, string>
    }
    const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      version: string
      devDependencies: Record<string, string>
    }
    expect(name).toBe('my-shop')
    // those that this package is tested with
    expect(devDependencies).toEqual({
      'nano-workers': `^${own.version}`,
      ...Object.fromEntries(
        ['@cloudflare/workers-types', '@types/node', 'typescript', 'vitest'].map((each) => [
          each,
          `^${own.devDependencies[each]}`,
        ]),
      ),
    })
    install(app)
    for (const script of [['run', 'build'], ['run', 'check'], ['test']]) {
      // oxlint-disable-next-line no-await-in-loop -- one builds what the next one needs
      const { status, out, err } = await run('npm', script, app)
      expect([script, status], out + err).toEqual([script, 0])
    }
  },
)

test('a folder that is not empty is refused, and stays as it is', async ({ expect }) => {
  const full = join(folder, 'full')
  mkdirSync(full)
  writeFileSync(join(full, 'mine.txt'), 'mine')
  const { status, err } = await nano(full, 'init')
  expect([status, err]).toEqual([2, expect.stringContaining('mine.txt')])
  expect(readdirSync(full)).toEqual(['mine.txt'])
  expect(await nano(folder, 'init', 'full/mine.txt')).toMatchObject({ status: 2 })
})

test('an unknown template is refused with those that there are', async ({ expect }) => {
  const { status, err } = await nano(folder, 'init', 'other', '--template', 'cobol')
  expect([status, err]).toEqual([2, expect.stringContaining('expected one of typescript')])
  expect(readdirSync(folder)).not.toContain('other')
})
