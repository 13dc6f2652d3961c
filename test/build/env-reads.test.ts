// What a build finds out about the top level's `env`, and what becomes of a top level that cannot do without one.

import { expect, test } from 'vitest'

import { buildApp } from '../../host/build/build.ts'
import { type EnvReads, readEnvReads } from '../../host/component/env-reads.ts'
import { createSourceDir } from './source-dir.ts'

interface Built {
  reads: EnvReads | undefined
  unmet: string | undefined
}

async function build(code: string): Promise<Built> {
  using sources = createSourceDir({ 'index.js': `${code}\n` })
  const { component, unmet } = await buildApp({ entry: sources.at('index.js') })
  return { reads: readEnvReads(component), unmet }
}

const IMPORT = `import { env } from 'cloudflare:workers'`
const HANDLER = 'export default { fetch() {} }'
const NOTHING = { isClassic: false, isRequired: false, isAll: false, names: [] }

test.for([
  [
    'members: at once, later, in a promise that nobody waits for, of a process',
    `${IMPORT}
    export const a = [env.A ?? 'B' in env, process.env.C]
    await 0
    const { D } = env
    async function read() { await 0; await 0; return env.E }
    void read()
    ${HANDLER}`,
    { names: ['A', 'B', 'C', 'D', 'E'] },
  ],
  ['all of them', `${IMPORT}\nexport const a = { ...env }\n${HANDLER}`, { isAll: true }],
  [
    'nothing: what a handler reads, and what is no global of a module',
    `${IMPORT}\nexport const a = typeof MODE\nexport default { fetch: () => Response.json([env.A, process.env.B]) }`,
    undefined,
  ],
  [
    'what is no global of a classic app',
    `const a = typeof MODE + self.LEVEL\naddEventListener('fetch', () => a + LATER)`,
    { isClassic: true, names: ['MODE', 'LEVEL'] },
  ],
] as const)('%s', async ([, code, reads]) => {
  expect(await build(code)).toEqual({ reads: reads && { ...NOTHING, ...reads }, unmet: undefined })
})

test.for([
  [
    `${IMPORT}\nexport const url = new URL(env.URL_OF_A)\n${HANDLER}`,
    false,
    'URL_OF_A',
    /^index\.js:2:\d+: TypeError/,
  ],
  [
    `const url = new URL(URL_OF_A)\naddEventListener('fetch', () => url)`,
    true,
    'URL_OF_A',
    /^index\.js:1:\d+: ReferenceError/,
  ],
] as const)(
  'that throws for want of one is a component all the same: %s',
  async ([code, isClassic, name, words]) => {
    const { reads, unmet } = await build(code)
    expect(reads).toEqual({ ...NOTHING, isClassic, isRequired: true, names: [name] })
    expect(unmet).toMatch(words)
  },
)

test.for([
  ['throws, and asked for nothing but a global', `typeof MODE\nnew URL(undefined)\n${HANDLER}`],
  ['comes to its end, and has no handler', `export const a = process.env.LEVEL`],
] as const)('that %s fails', async ([, code]) => {
  await expect(build(code)).rejects.toMatchObject({ code: 'BUILD_FAILED' })
})
