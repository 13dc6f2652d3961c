// What a build may read, and what it may use up: a tenant's source sees its own folder and node_modules, and cannot hang,
// fill or crash the process that builds it. `bounds.test.ts` has every way to try.

import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { bundle } from '../../host/build/bundle.ts'
import { findSource } from '../../host/build/entry.ts'
import { load } from '../harness/load.ts'
import { createOperator, failureOf, HANDLER, SECRET, SHIM } from './operator-dir.ts'

const OUTSIDE = "is outside of what the build may read: the app's folder and node_modules; "

/** An app that shows a default export. */
const using = (statement: string) =>
  `\n${statement}\nexport default { fetch: () => new Response(String(x)) }\n`

type Case = [name: string, place: string, files: Record<string, string>, links?: Record<string, string>]

const REFUSED: Case[] = [
  [
    'a file above',
    'index.ts:2:15: "../nano.json"',
    { 'app/index.ts': using("import x from '../nano.json'") },
  ],
  [
    'a file above, asked for at run time',
    'index.ts:2:24: "../nano.json"',
    { 'app/index.ts': using("const x = await import('../nano.json')") },
  ],
  [
    'a file above, passed on',
    'lib/a.ts:1:25: "../../secret.js"',
    {
      'app/index.ts': using("import x from './lib/a.ts'"),
      'app/lib/a.ts': "export { default } from '../../secret.js'",
    },
  ],
  [
    'a text above, required by a dependency',
    'node_modules/dep/index.js:1:26: "../../../secret.txt"',
    {
      'app/index.ts': using("import x from 'dep'"),
      'app/node_modules/dep/index.js': "module.exports = require('../../../secret.txt')",
    },
  ],
  [
    'a link to a file',
    'index.ts:2:15: "./mine.js"',
    { 'app/index.ts': using("import x from './mine.js'") },
    { 'app/mine.js': '../secret.js' },
  ],
  [
    'a link to a directory',
    'index.ts:2:15: "./up/nano.json"',
    { 'app/index.ts': using("import x from './up/nano.json'") },
    { 'app/up': '..' },
  ],
  [
    'a dependency that is a link',
    'index.ts:2:15: "dep/secret.js"',
    { 'app/index.ts': using("import x from 'dep/secret.js'") },
    { 'app/node_modules/dep': '../..' },
  ],
  [
    'node_modules that are a link',
    'index.ts:2:15: "tenants/secret.js"',
    {
      'app/index.ts': using("import x from 'tenants/secret.js'"),
      'others/tenants/secret.js': `export default '${SECRET}'`,
    },
    { 'app/node_modules': '../others' },
  ],
  [
    'what tools keep beside packages',
    'index.ts:2:15: "../node_modules/.cache/other.json"',
    {
      'app/index.ts': using("import x from '../node_modules/.cache/other.json'"),
      'node_modules/.cache/other.json': JSON.stringify(SECRET),
    },
  ],
  [
    'paths of tsconfig.json',
    'index.ts:2:15: "~/secret.js"',
    {
      'app/index.ts': using("import x from '~/secret.js'"),
      'app/tsconfig.json': JSON.stringify({ compilerOptions: { paths: { '~/*': ['../*'] } } }),
    },
  ],
  [
    'a tsconfig.json that extends one outside',
    'tsconfig.json:1:12: "../base.json"',
    {
      'app/index.ts': HANDLER,
      'app/tsconfig.json': '{"extends":"../base.json"}',
      'base.json': JSON.stringify({ compilerOptions: { jsxImportSource: SECRET } }),
    },
  ],
  [
    'a tsconfig.json that refers to one outside, by way of another',
    'b.json:1:24: "../base.json"',
    {
      'app/index.ts': HANDLER,
      'app/tsconfig.json': '{ /* first */ "extends": ["./b.json"], }',
      'app/b.json': '{"references":[{"path":"../base.json"}]}',
      'base.json': '{}',
    },
  ],
  [
    'a source of JSX outside',
    'index.tsx: "',
    {
      'app/index.tsx': '/** @jsxImportSource .. */\nexport default { fetch: () => new Response(<p />) }',
      'jsx-runtime.js': `export const jsx = () => '${SECRET}'`,
    },
  ],
  [
    'what a field of package.json names',
    'index.ts:2:15: "dep"',
    {
      'app/index.ts': using("import x from 'dep'"),
      'app/node_modules/dep/package.json': JSON.stringify({ main: '../../../secret.js' }),
    },
  ],
  [
    'a package.json that is a link',
    'index.ts:2:15: "dep"',
    {
      'app/index.ts': using("import x from 'dep'"),
      'app/node_modules/dep/lib.js': `export default 1`,
      'manifest.json': JSON.stringify({ main: 'lib.js' }),
    },
    { 'app/node_modules/dep/package.json': '../../../manifest.json' },
  ],
  [
    'a file that is not there',
    'index.ts:2:15: "../nowhere.json"',
    { 'app/index.ts': using("import x from '../nowhere.json'") },
  ],
]

describe('a build reads nothing of the operator', () => {
  test.for(REFUSED)('%s', async ([, place, files, links]) => {
    using operator = createOperator(files, links)
    const failure = await failureOf({ entry: operator.at('app') })
    expect(failure).toContain(place)
    expect(failure).toContain(OUTSIDE)
    expect(failure).not.toContain(SECRET)
    expect(failure).not.toContain(operator.path)
  })

  test.for([
    ['an absolute path', (path: string) => `import x from '${path}'`],
    ['a file: URL', (path: string) => `import x from 'file://${path}'`],
    ['a file: URL, at run time', (path: string) => `const x = await import('file://${path}')`],
  ] as const)('%s', async ([, toImport]) => {
    using operator = createOperator({})
    mkdirSync(operator.at('app'))
    writeFileSync(operator.at('app/index.ts'), using(toImport(operator.at('nano.json'))))
    const failure = await failureOf({ entry: operator.at('app') })
    expect(failure).toMatch(/^index\.ts:2:\d+: ".*nano\.json" is outside of what the build may read/)
    expect(failure).not.toContain(SECRET)
  })

  test('an import within a data: URL', async () => {
    using operator = createOperator({})
    const url = `data:text/javascript,export { default } from "${operator.at('nano.json')}"`
    mkdirSync(operator.at('app'))
    writeFileSync(operator.at('app/index.ts'), using(`import x from '${url}'`))
    expect(await failureOf({ entry: operator.at('app') })).toMatch(/^a data: URL:1:\d+: ".*" is outside of/)
  })

  test('what a page of the network holds', async () => {
    using operator = createOperator({ 'app/index.ts': using("import x from 'https://example.com/x.js'") })
    expect(await failureOf({ entry: operator.at('app') })).toMatch(
      /^index\.ts:2:15: "https:\/\/example\.com\/x\.js" .*loads nothing over the network$/,
    )
  })

  test.for([
    [
      'a directory whose package.json names a file outside',
      {},
      { 'app/package.json': '{"main":"../secret.js"}' },
      'app',
    ],
    ['a directory whose package.json is a link', { 'app/package.json': '../nano.json' }, {}, 'app'],
    ['a directory whose index file is a link', { 'app/index.js': '../secret.js' }, {}, 'app'],
    ['a file that is a link', { 'app/main.js': '../secret.js' }, {}, 'app/main.js'],
  ] as const)('%s, as the entry', async ([, links, files, entry]) => {
    using operator = createOperator({ 'app/readme': '', ...files }, links)
    const failure = await failureOf({ entry: operator.at(entry) })
    expect(failure).toContain('is outside of what the build may read')
    expect(failure).not.toContain(SECRET)
  })

  test.for(['nano.json', 'server.json'])('the folder of %s is no package of an app in it', async (name) => {
    using operator = createOperator({ 'app/index.ts': using("import x from '../package.json'") })
    rmSync(operator.at('nano.json'))
    writeFileSync(operator.at(name), '{}')
    const options = { entry: operator.at('app/index.ts'), configuration: operator.at(name) }
    expect(await failureOf(options)).toContain('index.ts:2:15: "../package.json" is outside')
  })
})

describe('an app of a configuration', () => {
  const open = async (operator: { at: (name: string) => string }, more: object) => {
    const text = JSON.stringify({ apps: [{ name: 'shop', path: 'app/index.ts', ...more }] })
    return await load(text, operator.at('operator.json'))
  }

  test('is built from its own folder, and from what allow_read names', async () => {
    using operator = createOperator({
      'app/index.ts': using("import x from '../shared/x.json'"),
      'shared/x.json': '1',
    })
    rmSync(operator.at('nano.json'))
    await expect(open(operator, {})).rejects.toThrow(
      /^app shop: index\.ts:2:15: "\.\.\/shared\/x\.json" is outside/,
    )
    vi.stubEnv('NANO_CACHE_DIR', operator.at('cache'))
    const { deployments } = await open(operator, { allow_read: ['shared'] })
    vi.unstubAllEnvs()
    expect(deployments).toHaveLength(1)
  })
})

describe('a build reads what is the app’s', () => {
  test.for([
    ['its package, from a file in it', 'app/src/index.ts', "import x from '../package.json'", {}],
    ['packages of a folder above', 'app', "import x from 'dep'", {}],
    ['packages of a store', 'app', "import x from 'stored'", {}],
    ['a folder that is allowed', 'app', "import x from '../shared/x.ts'", { allowRead: ['shared'] }],
    [
      'a file that is allowed, for its settings',
      'app/lib/index.ts',
      "import x from '../index.ts'",
      { allowRead: ['base.json'] },
    ],
    [
      'a linked package in a folder that is allowed',
      'app',
      "import x from 'linked'",
      { allowRead: ['shared'] },
    ],
  ] as const)(
    '%s',
    async ([, entry, statement, { allowRead = [] }]: readonly [
      string,
      string,
      string,
      { allowRead?: readonly string[] },
    ]) => {
      using operator = createOperator(
        {
          'app/index.ts': entry === 'app' ? using(statement) : 'export default 1',
          'app/src/index.ts': using(statement),
          'app/package.json': '{"version":"1.0.0"}',
          'node_modules/dep/index.js': 'export default 1',
          'node_modules/.pnpm/stored@1.0.0/node_modules/stored/index.js': 'export default 1',
          'app/lib/index.ts': using(statement),
          'app/lib/tsconfig.json': '{ "extends": "../../base.json" }',
          'base.json': '{}',
          'shared/x.ts': 'const x: number = 1\nexport default x',
          'shared/linked/index.ts': 'const x: number = 1\nexport default x',
        },
        {
          'app/node_modules/stored': '../../node_modules/.pnpm/stored@1.0.0/node_modules/stored',
          'app/node_modules/linked': '../../shared/linked',
        },
      )
      rmSync(operator.at('nano.json'))
      // the snapshot has nothing to do with it, and takes seconds
      const source = findSource(operator.at(entry), { allowRead: allowRead.map(operator.at) })
      expect((await bundle(source, SHIM)).code).toContain('new Response(String(')
    },
  )
})

test.for(['app', 'node_modules/.cache/app', 'node_modules/app'])(
  'what is the app’s own does not depend on where its folder is: %s',
  async (folder) => {
    const asks = 'export async function ask() { await import.meta.env.MODE }'
    using operator = createOperator({
      [`${folder}/package.json`]: '{}',
      [`${folder}/index.ts`]: `import 'node:async_hooks'\nimport { ask } from 'dep'\nimport * as own from './own.ts'\n${using('const x = own.ask(ask)')}`,
      [`${folder}/own.ts`]: asks,
      'node_modules/dep/index.js': asks,
    })
    rmSync(operator.at('nano.json'))
    const { code, warnings } = await bundle(findSource(operator.at(folder), { allowRead: [] }), SHIM)
    expect(code.match(/\.mark\(ask/g)).toHaveLength(1)
    expect(warnings.map((line) => line.split(':')[0])).toEqual(['own.ts'])
  },
)

describe('the world is the shim’s alone', () => {
  const OWN = "is NANO's own; an app uses the Workers API"

  test.for([
    ['index.ts:2:20: "nano:workers/outbound@0.1.0"', "import * as x from 'nano:workers/outbound@0.1.0'"],
    ['index.ts:2:24: "nano:workers/response@0.1.0"', "const x = await import('nano:workers/response@0.1.0')"],
    ['index.ts:2:15: "nano:guest-shim"', "import x from 'nano:guest-shim'"],
    ['index.ts:2:15: "nano:entry"', "import x from 'nano:entry'"],
    ['index.ts:2:20: "wasi:clocks/wall-clock@0.2.3"', "import * as x from 'wasi:clocks/wall-clock@0.2.3'"],
    ['node_modules/dep/index.js:1:15: "nano:workers/timer@0.1.0"', "import * as x from 'dep'"],
  ] as const)('%s', async ([place, statement]) => {
    using operator = createOperator({
      'app/index.ts': using(statement),
      'app/node_modules/dep/index.js': "export * from 'nano:workers/timer@0.1.0'",
    })
    expect(await failureOf({ entry: operator.at('app') })).toBe(`${place} ${OWN}`)
  })

  test('by path', async () => {
    using operator = createOperator({
      'app/index.ts': using("import * as x from '../nano/host.ts'"),
      'nano/host.ts': '',
      'nano/world.ts': 'export const start = () => {}, turn = () => {}',
    })
    const options = { entry: operator.at('app'), shim: operator.at('nano/world.ts') }
    expect(await failureOf(options)).toBe(`index.ts:2:20: "../nano/host.ts" ${OWN}`)
  })
})

describe('a build is bounded', () => {
  const build = async (top: string, options: { timeoutMs?: number; memoryMb?: number } = {}) => {
    using app = createOperator({ 'app/index.js': `${top}\n${HANDLER}` })
    return await failureOf({ entry: app.at('app'), ...options })
  }

  test('a top level that loops', async () => {
    expect(await build('for (;;) {}', { timeoutMs: 700 })).toMatch(
      /^index\.js: the app's top level does not come to its end within 0\.7 s; move /,
    )
  })

  test('a top level that fills the memory', async () => {
    const top = 'const a = []\nfor (;;) a.push(new Uint8Array(1 << 20).fill(1))'
    expect(await build(top, { memoryMb: 128 })).toMatch(
      /^index\.js: the app's top level runs out of memory, of which it has 128 MiB/,
    )
  })

  test('sources that crash the parser', async () => {
    const deep = `const a = ${'['.repeat(100_000)}${']'.repeat(100_000)}`
    expect(await build(deep)).toMatch(
      /: the bundler crashed \(SIG[A-Z]+\); the sources are nested too deeply/,
    )
    expect(await build('')).toBe('built')
  })

  test('the size of a file, by its size alone', async () => {
    using app = createOperator({ 'app/index.js': `import './large.txt'\n${HANDLER}`, 'app/large.txt': '' })
    truncateSync(app.at('app/large.txt'), 2 ** 34)
    expect(await failureOf({ entry: app.at('app') })).toBe(
      'index.js:1:8: "./large.txt" has 16384 MiB; a file may have 16 MiB',
    )
  })
})
