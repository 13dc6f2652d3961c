// What modules are to an app at run time: `import.meta`, and imports of what was not there when it was built.

import { writeFileSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildApp } from '../../host/build/build.ts'
import { serve, type Served } from '../harness/serve.ts'
import { createSourceDir, type SourceDir } from './source-dir.ts'

const FILES = {
  'package.json': '{ "name": "app" }',
  'src/index.ts': `
import { own, early } from './deep/own.ts'
import dependency from 'dep'
import tried from 'tries'

const top: string = import.meta.url

const settle = (promise: Promise<unknown>) =>
  promise.then(() => 'there', (error: Error & { code: string }) => ({ isError: error instanceof Error, code: error.code, message: error.message }))

const pages: Record<string, () => unknown> = {
  '/meta': () => ({
    top, own: own(), early, dependency,
    type: typeof import.meta, url: import.meta.url, dirname: import.meta.dirname, filename: import.meta.filename,
    env: String(import.meta.env), same: import.meta === import.meta,
    resolved: [import.meta.resolve('./x.js'), import.meta.resolve('https://example.com/')],
    bare: settle(Promise.resolve().then(() => import.meta.resolve('hono'))),
    made: new import.meta.constructorOf('made').name,
  }),
  '/absent': () => ({
    package: settle(import('not-installed')),
    scoped: settle(import('@not/installed/part')),
    file: settle(import('./nowhere.js')),
    node: settle(import('node:sea')),
    cloudflare: settle(import('cloudflare:nothing')),
    network: settle(import('https://example.com/x.js')),
    there: settle(import('./deep/own.ts')),
    tried,
    caught: (async () => { try { await import('not-installed') } catch { return 'caught' } })(),
  }),
  '/throw': () => { const place = import.meta.url; throw new Error('here') },
}
import.meta.constructorOf = class { name: string; constructor(name: string) { this.name = name } }

export default {
  async fetch(request: Request) {
    const found = Object.entries(pages[new URL(request.url).pathname]!() as object)
    return Response.json(Object.fromEntries(await Promise.all(found.map(async ([name, value]) => [name, await value]))))
  },
}
declare global { interface ImportMeta { constructorOf: any; env: unknown } }
`,
  // a circle: what is asked of a module that has not run yet
  'src/deep/own.ts': `import { use } from './circle.ts'\nexport function own() { return import.meta.url }\nexport const early = use\n`,
  'src/deep/circle.ts': `import { own } from './own.ts'\nexport const use = own()\n`,
  'node_modules/dep/index.js': 'export default import.meta.url + import.meta.resolve("./a")\n',
  'node_modules/tries/index.js': `
let code = 'there'
try { require('not-installed/part') } catch (error) { code = error.code + ' ' + error.message }
module.exports = code
`,
}

let sources: SourceDir
let served: Served

beforeAll(async () => {
  sources = createSourceDir(FILES)
  served = await serve([{ name: 'modules', path: sources.at('src/index.ts') }])
})
afterAll(async () => {
  await served.close()
  sources[Symbol.dispose]()
})

const get = async (path: string): Promise<Record<string, unknown>> =>
  JSON.parse((await served.send('modules', path)).text) as Record<string, unknown>

test('import.meta is an object of the module’s own, with its place in the app', async () => {
  const dep = 'file:///app/node_modules/dep/'
  expect(await get('/meta')).toEqual({
    top: 'file:///app/src/index.ts',
    own: 'file:///app/src/deep/own.ts',
    early: 'file:///app/src/deep/own.ts',
    dependency: `${dep}index.js${dep}a`,
    type: 'object',
    url: 'file:///app/src/index.ts',
    dirname: '/app/src',
    filename: '/app/src/index.ts',
    env: 'undefined',
    same: true,
    resolved: ['file:///app/src/x.js', 'https://example.com/'],
    bare: { isError: true, message: expect.stringContaining('hono') },
    made: 'made',
  })
})

test('an import() of what is absent is rejected, with its name', async () => {
  const absent = (name: string) => ({
    isError: true,
    code: 'ERR_MODULE_NOT_FOUND',
    message: `this module was not there when the app was built: ${name}`,
  })
  expect(await get('/absent')).toEqual({
    package: absent('not-installed'),
    scoped: absent('@not/installed/part'),
    file: absent('./nowhere.js'),
    node: absent('node:sea'),
    cloudflare: absent('cloudflare:nothing'),
    network: absent('https://example.com/x.js'),
    there: 'there',
    tried:
      "MODULE_NOT_FOUND Cannot find module 'not-installed/part': it was not there when the app was built",
    caught: 'caught',
  })
})

test('the log says what is absent, and where', () => {
  const warnings = served.log.filter((line) => line.includes('there is no module'))
  expect(warnings).toHaveLength(7)
  expect(warnings[0]).toMatch(
    /modules.* index\.ts:\d+:28: there is no module "not-installed"; whoever loads it when the app runs gets an error/,
  )
})

test('stacks name the place in a module that says import.meta', async () => {
  await served.send('modules', '/throw')
  const line = FILES['src/index.ts'].split('\n').findIndex((text) => text.includes("'/throw'")) + 1
  await served.logged('Error: here', `index.ts:${line}:`)
})

describe('the build', () => {
  const APP = {
    'package.json': '{}',
    'index.ts': 'export default { fetch: () => new Response(import.meta.url + import.meta.dirname) }\n',
  }

  test('names no path of this machine', async () => {
    using app = createSourceDir(APP)
    const { component, sourceMap } = await buildApp({ entry: app.path })
    expect(Buffer.from(component).includes(dirname(app.path))).toBe(false)
    expect(Buffer.from(component).includes('file:///app/index.ts')).toBe(true)
    expect(sourceMap).not.toContain(app.path)
  })

  test('leaves texts that look like code alone', async () => {
    using app = createSourceDir({})
    mkdirSync(app.path, { recursive: true })
    writeFileSync(app.at('a.txt'), "import('absent-text'); import.meta")
    writeFileSync(app.at('index.js'), "import a from './a.txt'\nthrow new Error(a)")
    await expect(buildApp({ entry: app.path })).rejects.toThrow("Error: import('absent-text'); import.meta")
  })
})
