/** An app that is developed: saved, broken, mended, and served each time. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterAll, test } from 'vitest'

import { startDev } from '../harness/dev.ts'
import { waitFor } from '../harness/serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-dev-'))
afterAll(() => rmSync(folder, { recursive: true }))

function write(path: string, content: string | object): string {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

const INDEX = `import { word } from './word.ts'
export default {
  fetch(request: Request, env: { readonly GREETING: string }) {
    if (request.url.endsWith('/fails')) throw new Error('thrown')
    return new Response(\`\${env.GREETING} \${word}\`)
  },
}
`

test(
  'what is saved is served, what does not build is shown with its place, and nano.json holds',
  { timeout: 120_000 },
  async ({ expect }) => {
    const configure = (greeting: string) =>
      write('app/nano.json', {
        apps: [{ name: 'shop', path: 'dist/app.wasm', env: { GREETING: greeting } }],
      })
    write('app/package.json', { type: 'module' })
    configure('hello')
    const entry = write('app/src/index.ts', INDEX)
    write('app/src/word.ts', "export const word = 'one'\n")
    await using dev = await startDev(entry)
    await dev.answered(200, 'hello one')
    // a stack in the app's own lines
    await dev.ask('/fails')
    await waitFor(() => /thrown[^]*index\.ts:4:\d+/.test(dev.log()) || undefined, 5000, dev.log())
    write('app/src/word.ts', "export const word = 'two'\n")
    await dev.answered(200, 'hello two')
    // a syntax error: the version before serves no longer
    write('app/src/word.ts', "export const word = 'two\n")
    const page = await dev.answered(500, /^BUILD_FAILED\n\nword\.ts:1:\d+: /)
    expect(page.headers['content-type']).toBe('text/plain; charset=utf-8')
    await waitFor(() => /error \[shop\] BUILD_FAILED: word\.ts:1:\d+: /.test(dev.log()) || undefined)
    // a module that is not there yet
    write('app/src/word.ts', "export { word } from './deep/word.ts'\n")
    await dev.answered(500, /there is no file "\.\/deep\/word\.ts"/)
    write('app/src/deep/word.ts', "export const word = 'three'\n")
    await dev.answered(200, 'hello three')
    // the top level throws
    write('app/src/deep/word.ts', "export const word = 'three'\nthrow new Error('too early')\n")
    await dev.answered(500, /too early[^]*word\.ts:2/)
    write('app/src/deep/word.ts', "export const word = 'four'\n")
    await dev.answered(200, 'hello four')
    configure('servus')
    await dev.answered(200, 'servus four')
    write('app/nano.json', '{ "apps": [')
    await waitFor(() => dev.log().includes('not reloaded') || undefined, 5000)
    expect((await dev.ask()).text).toBe('servus four')
    expect(await dev.stop()).toBe(0)
  },
)

test('an app that never built is shown why, until it does', { timeout: 60_000 }, async ({ expect }) => {
  const entry = write('new/index.js', 'export default {')
  await using dev = await startDev(entry)
  await dev.answered(500, /^BUILD_FAILED\n\nindex\.js:1:\d+/)
  write('new/index.js', "export default { fetch: () => new Response('at last') }")
  await dev.answered(200, 'at last')
  expect(await dev.stop()).toBe(0)
})
