// What an app may import beside JavaScript, and what of the language the engine does not know.

import { afterAll, beforeAll, expect, test } from 'vitest'

import { serve, type Served } from '../harness/serve.ts'
import { createSourceDir, type SourceDir } from './source-dir.ts'

const FILES = {
  'package.json': '{ "name": "app" }',
  'files/index.ts': `
import bin from './data.bin'
import bytes from './data.bin' with { type: 'bytes' }
import css from './page.css'
import html from './page.html'
import json from './settings.conf' with { type: 'json' }
import raw from './lib.ts?raw'
import sql from './query.sql'
import text from './settings.conf' with { type: 'text' }
import './page.css'
export { default as passedOn } from './settings.conf' with { type: 'text' }

export default {
  async fetch(request: Request) {
    const name = new URL(request.url).searchParams.get('page')
    const page = await import(\`./pages/\${name}.ts\`).then((found) => found.default, (error) => error.constructor.name)
    const later = (await import('./query.sql')).default
    return Response.json({
      bin: bin instanceof ArrayBuffer && [...new Uint8Array(bin)], bytes: bytes instanceof Uint8Array && [...bytes],
      css, html, json, raw, sql, text, page, later,
    })
  },
}
`,
  'files/data.bin': 'abc',
  'files/page.css': 'p { color: red }',
  'files/page.html': '<p>hi</p>',
  'files/settings.conf': '{ "a": 1 }',
  'files/lib.ts': 'export const a: number = 1',
  'files/query.sql': 'select 1',
  'files/pages/home.ts': "export default 'home'",
  'files/pages/about.ts': "export default 'about'",
  'standard/index.ts': `
const seen: string[] = []
function note(_value: unknown, context: ClassMemberDecoratorContext | ClassDecoratorContext): void {
  seen.push(context.kind + ' ' + String(context.name))
}
function double(value: (n: number) => number) {
  return function (this: unknown, n: number): number { return 2 * value.call(this, n) }
}
@note
class Counter {
  @note accessor count = 1
  @note label: string = 'x'
  accessor plain = 'plain'
  @double add(n: number): number { return this.count + n }
}
export default {
  fetch() {
    const counter = new Counter()
    counter.count = 5
    return Response.json({ seen, sum: counter.add(1), plain: counter.plain, own: Object.keys(counter) })
  },
}
`,
  'legacy/tsconfig.json': '{ "extends": "./base.json" }',
  'legacy/base.json': '{ "compilerOptions": { "experimentalDecorators": true } }',
  'legacy/index.ts': `
const seen: string[] = []
function note(target: object, name: string): void { seen.push(typeof target + ' ' + name) }
class Old { @note method(): void {} accessor plain = 1 }
export default { fetch: () => Response.json({ seen, plain: new Old().plain }) }
`,
  'common/app.cjs': `
const { join } = require('path')
module.exports = { fetch: () => new Response(join('a', '..', 'b')) }
`,
}

let sources: SourceDir
let served: Served

beforeAll(async () => {
  sources = createSourceDir(FILES)
  served = await serve([
    { name: 'files', path: sources.at('files/index.ts') },
    { name: 'standard', path: sources.at('standard/index.ts') },
    { name: 'legacy', path: sources.at('legacy/index.ts') },
    { name: 'common', path: sources.at('common/app.cjs') },
  ])
})
afterAll(async () => {
  await served.close()
  sources[Symbol.dispose]()
})

const get = async (app: string, path = '/'): Promise<unknown> =>
  JSON.parse((await served.send(app, path)).text) as unknown

test('files are text, JSON or bytes, by their ending or by what the import says', async () => {
  expect(await get('files', '/?page=home')).toEqual({
    bin: [97, 98, 99],
    bytes: [97, 98, 99],
    css: 'p { color: red }',
    html: '<p>hi</p>',
    json: { a: 1 },
    raw: 'export const a: number = 1',
    sql: 'select 1',
    text: '{ "a": 1 }',
    page: 'home',
    later: 'select 1',
  })
})

test('an import() with a pattern finds the files that it fits', async () => {
  expect(await get('files', '/?page=about')).toMatchObject({ page: 'about' })
  expect(await get('files', '/?page=nowhere')).toMatchObject({ page: 'TypeError' })
})

test('standard decorators and accessors are lowered', async () => {
  expect(await get('standard')).toEqual({
    seen: ['accessor count', 'field label', 'class Counter'],
    sum: 12,
    plain: 'plain',
    own: ['label'],
  })
})

test("decorators are TypeScript's older ones where tsconfig.json, or what it extends, says so", async () => {
  expect(await get('legacy')).toEqual({ seen: ['object method'], plain: 1 })
})

test('an app may be CommonJS', async () => {
  expect((await served.send('common', '/')).text).toBe('b')
})
