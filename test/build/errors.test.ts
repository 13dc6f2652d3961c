// What a developer reads when an app cannot be built: each failure names the file and the line.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { buildApp } from '../../host/build/build.ts'
import { NanoError } from '../../host/errors.ts'
import { createSourceDir } from './source-dir.ts'

const SHIM = join(import.meta.dirname, 'world-stand-in.ts')
const HANDLER = 'export default { fetch: () => new Response() }\n'

const CASES: readonly [name: string, files: Record<string, string>, message: RegExp][] = [
  ['a syntax error', { 'index.ts': 'const a = 1\n\nlet b = ;\n' }, /^index\.ts:3:9: Unexpected token/],
  [
    'a missing file',
    { 'index.ts': `import './lib/a.ts'\n${HANDLER}`, 'lib/a.ts': "\nimport './nowhere.ts'\n" },
    /^lib\/a\.ts:2:8: there is no file "\.\/nowhere\.ts"/,
  ],
  [
    'a missing package',
    { 'index.ts': `import x from '@no/such/part'\nx()\n${HANDLER}` },
    /^index\.ts:1:15: the package "@no\/such\/part" is not installed; run: npm install @no\/such$/,
  ],
  [
    'a Node.js module, with who imports it',
    {
      'index.ts': `import { a } from './a.ts'\na()\n${HANDLER}`,
      'a.ts': "import { isSea } from 'node:sea'\nexport const a = () => isSea()\n",
    },
    /^a\.ts:1:23: "node:sea" is a module of Node\.js.*\n {4}imported by index\.ts$/,
  ],
  [
    'a function of Node.js that is not there, called at the top level',
    { 'index.ts': `import { spawnSync } from 'child_process'\nspawnSync('ls')\n${HANDLER}` },
    /Error: child_process\.spawnSync of Node\.js is not there in NANO(?:.*\n)* {4}at index\.ts:2:1$/,
  ],
  [
    'a module of Workers that is not there',
    { 'index.ts': `import x from 'cloudflare:nothing'\nx()\n${HANDLER}` },
    /^index\.ts:1:15: "cloudflare:nothing" is a module that NANO does not have; remove the import$/,
  ],
  [
    'a WebAssembly module',
    { 'index.ts': `import x from './lib/x.wasm'\nx()\n${HANDLER}`, 'lib/x.wasm': '\0asm' },
    /^index\.ts:1:15: ".\/lib\/x\.wasm" is WebAssembly, which an app cannot load.*wasm2js/,
  ],
  [
    'a file that has to be compiled first',
    { 'index.ts': `import x from './x.vue'\nx()\n${HANDLER}`, 'x.vue': '<template>\n  <p>\n</template>\n' },
    /^x\.vue:\d+:\d+: this is no JavaScript; for its text import "…\.vue\?raw"/,
  ],
  [
    'a missing export',
    { 'index.ts': `import { b } from './b.ts'\nb()\n${HANDLER}`, 'b.ts': 'export const c = 1\n' },
    /^index\.ts:1:10: "b" is not exported by "b\.ts"/,
  ],
  [
    'a top level that throws',
    {
      'index.ts': `interface A {}\n\nfunction fail(): never {\n  throw new Error('cannot start')\n}\nfail()\n${HANDLER}`,
    },
    /^index\.ts:4:9: Error: cannot start\n(?:.*\n)* {4}at fail index\.ts:4:9\n {4}at index\.ts:6:1$/,
  ],
  [
    'a top level that fetches',
    { 'index.ts': `\nawait fetch('http://127.0.0.1/')\n${HANDLER}` },
    /^index\.ts:2:7: .*fetch/,
  ],
  [
    'random values at the top level',
    { 'index.ts': `\nexport const id = crypto.randomUUID()\n${HANDLER}` },
    /^index\.ts:2:\d+: /,
  ],
  [
    'time at the top level',
    { 'index.ts': `\nexport const id = performance.now()\n${HANDLER}` },
    /^index\.ts:2:\d+: /,
  ],
  [
    'a project of Vite that is not built',
    { 'index.ts': `export const base = import.meta.env.BASE_URL\n${HANDLER}` },
    /\.env is undefined\n {4}import\.meta\.env is Vite's, which replaces it: build the project \(npx vite build/,
  ],
  [
    'no default export',
    { 'index.ts': 'export const a = 1\n' },
    /^index\.ts: has no default export with a fetch handler$/,
  ],
]

test.for(CASES)('names the place of %s', async ([, files, message]) => {
  using sources = createSourceDir(files)
  const failure: unknown = await buildApp({ entry: sources.at('index.ts'), shim: SHIM }).catch(
    (error: unknown) => error,
  )
  expect(failure).toBeInstanceOf(NanoError)
  expect((failure as NanoError).code).toBe('BUILD_FAILED')
  expect((failure as NanoError).message).toMatch(message)
  expect((failure as NanoError).message).not.toContain(sources.path)
})

test('ends a top level that does not', async () => {
  using sources = createSourceDir({ 'index.ts': `for (;;) {}\n${HANDLER}` })
  const build = buildApp({ entry: sources.path, shim: SHIM, timeoutMs: 500 })
  await expect(build).rejects.toThrow(/^index\.ts: the app's top level does not come to its end/)
})

test.for([
  ['nowhere.ts', /no such file/],
  ['notes.md', /not a source file/],
  ['types.d.ts', /not a source file/],
  ['empty', /no entry file/],
] as const)('refuses %s as an entry', async ([name, message]) => {
  using sources = createSourceDir({ 'notes.md': '', 'types.d.ts': '', 'empty/readme': '' })
  await expect(buildApp({ entry: sources.at(name), shim: SHIM })).rejects.toThrow(message)
})
