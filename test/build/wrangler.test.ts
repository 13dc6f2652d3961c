// What a build takes from the wrangler file of an app, and what the file cannot make it read.

import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { bundle } from '../../host/build/bundle.ts'
import { findSource } from '../../host/build/entry.ts'
import { createSourceDir } from './source-dir.ts'

const SHIM = join(import.meta.dirname, 'world-stand-in.ts')
const SECRET = 's3cret-of-the-operator'

/** The code of the app in the folder, or at an entry in it. */
async function build(
  files: Record<string, string>,
  {
    entry = '',
    environment,
    allowRead = [],
  }: { entry?: string; environment?: string; allowRead?: string[] } = {},
  links: Record<string, string> = {},
): Promise<{ code: string; asked: string[] }> {
  using dir = createSourceDir(files)
  for (const [name, target] of Object.entries(links)) symlinkSync(target, dir.at(name))
  writeFileSync(join(dir.path, '../secret.js'), `export default '${SECRET}'\n`)
  writeFileSync(join(dir.path, '../wrangler.json'), JSON.stringify({ main: 'secret.js', vars: { SECRET } }))
  const allowed = allowRead.map((path) => join(dir.path, path))
  const source = findSource(dir.at(entry), { allowRead: allowed, environment })
  const { code } = await bundle(source, SHIM)
  return { code, asked: [...source.readable.asked].map((path) => path.slice(dir.path.length + 1)) }
}

const json = JSON.stringify
const HANDLER = 'export default { fetch: () => new Response() }\n'
const SETTINGS = json({
  main: 'src/worker.ts',
  define: { VERSION: '"1.2.3"', 'process.env.MODE': '"plain"' },
  alias: { answer: './src/answer.ts', '@lib': './src' },
  rules: [
    { type: 'Text', globs: ['**/*.tpl', 'src/banner.js'] },
    { type: 'Data', globs: ['**/*.dat'] },
  ],
  env: { live: { main: 'src/live.ts', define: { VERSION: '"9.9.9"' } } },
})
const FILES = {
  'wrangler.json': SETTINGS,
  'src/worker.ts': `
import answer from 'answer'
import pad from '@lib/answer.ts'
import banner from './banner.js'
import page from './page.tpl'
import data from './bytes.dat'
declare const VERSION: string
export default { fetch: () => Response.json([answer, pad, banner, page, data, VERSION, process.env.MODE]) }
`,
  'src/live.ts': 'declare const VERSION: string\nexport default { fetch: () => new Response(VERSION) }\n',
  'src/answer.ts': "export default 'forty-two'\n",
  'src/banner.js': 'no JavaScript {',
  'src/page.tpl': '<p>template</p>',
  'src/bytes.dat': 'abc',
}

describe('a folder', () => {
  test('begins at main, with define, alias and rules', async () => {
    const { code, asked } = await build(FILES)
    for (const text of ['forty-two', 'no JavaScript {', '<p>template</p>', 'YWJj', '1.2.3', 'plain']) {
      expect(code).toContain(text)
    }
    expect(asked).toEqual(expect.arrayContaining(['wrangler.json', 'wrangler.jsonc', 'wrangler.toml']))
  })

  test('is built as an environment', async () => {
    const { code } = await build(FILES, { environment: 'live' })
    expect(code).toContain('9.9.9')
    expect(code).not.toContain('1.2.3')
    await expect(build(FILES, { environment: 'gone' })).rejects.toThrow(
      'expected an environment "gone", got live',
    )
  })

  test('without a main begins as any other', async () => {
    const { code } = await build({
      'wrangler.json': '{ "define": { "X": "7" } }',
      'index.js': 'export default X\n',
    })
    expect(code).toContain('7')
  })

  test('without anything to begin with says what is missing', async () => {
    const files = { 'wrangler.json': '{}', 'src/index.js': HANDLER }
    await expect(build(files)).rejects.toThrow(
      /expected "main" in its wrangler file, or the file to be named/,
    )
    expect((await build(files, { entry: 'src/index.js' })).code).toContain('fetch')
  })

  test('whose main is still to be made says so', async () => {
    const wrangler = { main: 'dist/worker.js', build: { command: 'npm run build' } }
    await expect(build({ 'wrangler.json': json(wrangler) })).rejects.toThrow(
      /dist\/worker\.js: "main" of the wrangler file is no file; --run-build runs: npm run build/,
    )
  })

  test('takes files by rules as wrangler matches them', async () => {
    const rules = [{ type: 'Text', globs: ['*/frontend/**', 'docs/*.js'] }]
    const files = {
      'wrangler.json': json({ main: 'src/a.js', rules }),
      'frontend/client.js': 'one of the texts',
      'docs/deep/page.js': 'another of the texts',
      'src/a.js':
        "import a from '../frontend/client.js'\nimport b from '../docs/deep/page.js'\nexport default { fetch: () => new Response(a + b) }\n",
    }
    const { code } = await build(files)
    expect(code).toContain('one of the texts')
    expect(code).toContain('another of the texts')
  })

  test('that another tool has built begins with what that wrote', async () => {
    const { code, asked } = await build({
      ...FILES,
      '.wrangler/deploy/config.json': json({ configPath: '../../dist/server/wrangler.json' }),
      'dist/server/wrangler.json': json({ main: 'index.js', no_bundle: true }),
      'dist/server/index.js': "export { default } from './chunks/a.js'\n",
      'dist/server/chunks/a.js': "export default { fetch: () => new Response('built') }\n",
    })
    expect(code).toContain('built')
    expect(code).not.toContain('forty-two')
    expect(asked).toEqual(
      expect.arrayContaining(['.wrangler/deploy/config.json', 'dist/server/wrangler.json']),
    )
  })

  test('whose file is broken says where', async () => {
    await expect(build({ 'wrangler.toml': 'main = "a.ts"\n[', 'a.ts': HANDLER })).rejects.toThrow(
      /wrangler\.toml:2:\d/,
    )
  })

  test('has no file but its own', async () => {
    await expect(build({ 'index.js': HANDLER })).resolves.toMatchObject({
      code: expect.not.stringContaining(SECRET),
    })
  })
})

test('of a file that is named the nearest one counts, within its package', async () => {
  const wrangler = json({ define: { X: '"outer"' } })
  const entry = 'packages/a/src/index.js'
  const files = { 'package.json': '{}', 'wrangler.json': wrangler, [entry]: 'export default X\n' }
  expect((await build(files, { entry })).code).toContain('outer')
  const nearer = { ...files, 'packages/a/wrangler.toml': '[define]\nX = \'"inner"\'\n' }
  expect((await build(nearer, { entry })).code).toContain('inner')
  const packaged = { ...files, 'packages/a/package.json': '{}' }
  expect((await build(packaged, { entry })).code).not.toContain('outer')
})

test('its folder is the app, where there is no package', async () => {
  const files = {
    'wrangler.json': '{}',
    'lib.js': 'export const x = "shared"\n',
    'src/a.js': "export * from '../lib.js'\n",
  }
  expect((await build(files, { entry: 'src/a.js' })).code).toContain('shared')
})

describe('a file of somebody else cannot have the build read', () => {
  const OUTSIDE = /is outside of what the build may read/
  test.for([
    ['a main above', { main: '../secret.js' }, {}],
    ['a main that is a link', { main: 'link.js' }, { 'link.js': '../secret.js' }],
    ['a main of the machine', { main: '../../../../../../etc/passwd' }, {}],
    ['an alias above', { main: 'a.js', alias: { x: '../secret.js' } }, {}],
    ['a rule for what is above', { main: 'b.js', rules: [{ type: 'Text', globs: ['**/*.js'] }] }, {}],
  ] as const)('%s', async ([_name, wrangler, links]) => {
    const files = {
      'wrangler.json': json(wrangler),
      'a.js': "import x from 'x'\nexport default { x }\n",
      'b.js': "import x from '../secret.js'\nexport default { x }\n",
    }
    if (wrangler.main === 'b.js')
      files['wrangler.json'] = json({ ...wrangler, rules: [{ type: 'Text', globs: ['../*.js'] }] })
    await expect(build(files, {}, links)).rejects.toThrow(OUTSIDE)
  })

  test('as the file itself', async () => {
    await expect(build({ 'index.js': HANDLER }, {}, { 'wrangler.json': '../wrangler.json' })).rejects.toThrow(
      OUTSIDE,
    )
  })

  test.for(['nano:workers/console', 'wasi:io/streams'])('the world, as an alias: %s', async (target) => {
    const files = {
      'wrangler.json': json({ main: 'a.js', alias: { x: target } }),
      'a.js': "import x from 'x'\nexport default { x }\n",
    }
    await expect(build(files)).rejects.toThrow(/is NANO's own/)
  })

  test('unless the operator allows it', async () => {
    const files = {
      'wrangler.json': json({ main: 'a.js', alias: { x: '../secret.js' } }),
      'a.js': "import x from 'x'\nexport default { x }\n",
    }
    expect((await build(files, { allowRead: ['../secret.js'] })).code).toContain(SECRET)
  })
})
