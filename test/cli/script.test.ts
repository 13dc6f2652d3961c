/** Scripts in a guest: run, eval and repl. */

import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'

import { afterAll, describe, test } from 'vitest'

import { ROOT } from '../harness/serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-script-'))
afterAll(() => rmSync(folder, { recursive: true }))

function write(path: string, content: string): void {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}

interface Ran {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

async function nano(args: readonly string[], input = '', cwd = folder): Promise<Ran> {
  const child = spawn(process.execPath, [join(ROOT, 'host/main.ts'), ...args], { cwd })
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  child.stdin.end(input)
  const [status, out, err] = await Promise.all([exited, text(child.stdout), text(child.stderr)])
  return { status, out, err }
}

describe('run', () => {
  test(
    'runs from the top to the end, with packages of its own and what a handler may use',
    { timeout: 60_000 },
    async ({ expect }) => {
      write('node_modules/words/index.js', "export const word = 'package'")
      write('node_modules/words/package.json', '{ "name": "words", "type": "module", "main": "index.js" }')
      write('package.json', '{}')
      write(
        'script.ts',
        `import { word } from 'words'
const id: string = crypto.randomUUID()
console.log(word, id.length)
await new Promise((resolve) => setTimeout(resolve, 5))
console.warn('careful')
console.log(await new Response('a body').text())
ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 50)).then(() => console.log('later')))
`,
      )
      expect(await nano(['run', 'script.ts'])).toEqual({
        status: 0,
        out: 'package 36\na body\nlater\n',
        err: 'careful\n',
      })
    },
  )

  test(
    'ends with 1 and the stack in its own files when it throws',
    { timeout: 60_000 },
    async ({ expect }) => {
      write('throws.ts', "import { deep } from './deep.ts'\nconsole.log('before')\ndeep('x')\n")
      write(
        'deep.ts',
        'interface Unused {}\nexport function deep(text: string): never {\n  throw new RangeError(text)\n}\n',
      )
      expect(await nano(['run', 'throws.ts'])).toEqual({
        status: 1,
        out: 'before\n',
        err: 'RangeError: x\n    at deep (deep.ts:3:9)\n    at throws.ts:3:1\n',
      })
    },
  )

  test('has the env, the limits and the egress rules of the app', { timeout: 60_000 }, async ({ expect }) => {
    const server = createServer((_request, response) => response.end('reached'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    write(
      'limited/nano.json',
      JSON.stringify({ apps: [{ name: 'shop', path: 'app.wasm', cpu_ms: 50, env: { WORD: 'kept' } }] }),
    )
    const at = join(folder, 'limited')
    write('limited/fetch.js', `console.log(env.WORD)\nawait fetch('http://127.0.0.1:${port}')`)
    const refused = await nano(['run', 'fetch.js'], '', at)
    expect([refused.status, refused.out]).toEqual([1, 'kept\n'])
    expect(refused.err).toContain('TypeError: ')
    write('limited/fetched.js', `console.log(await (await fetch('http://127.0.0.1:${port}')).text())`)
    expect(await nano(['run', 'fetched.js', '--allow-loopback'], '', at)).toMatchObject({
      status: 0,
      out: 'reached\n',
    })
    write('limited/endless.js', 'for (;;);')
    const stopped = await nano(['run', 'endless.js'], '', at)
    expect(stopped).toMatchObject({ status: 1, err: expect.stringMatching(/APP_CPU_LIMIT: more than 50 ms/) })
    server.close()
  })

  test('says what does not build, and what is an app', { timeout: 60_000 }, async ({ expect }) => {
    write('broken.js', 'const a = ;')
    expect(await nano(['run', 'broken.js'])).toMatchObject({
      status: 1,
      err: expect.stringContaining('BUILD_FAILED: broken.js:1:11'),
    })
    write('app.js', "export default { fetch: () => new Response('') }")
    expect(await nano(['run', 'app.js'])).toMatchObject({
      status: 0,
      err: expect.stringContaining('nano-workers dev app.js'),
    })
  })
})

describe('eval', () => {
  test('prints the value of the last expression', { timeout: 60_000 }, async ({ expect }) => {
    expect(
      await nano(['eval', "const text = 'a'; ({ text, list: [1, 2], late: await Promise.resolve(3) })"]),
    ).toEqual({
      status: 0,
      out: "{ text: 'a', list: [ 1, 2 ], late: 3 }\n",
      err: '',
    })
  })

  test('ends with 1 when it throws or is no JavaScript', { timeout: 60_000 }, async ({ expect }) => {
    expect(await nano(['eval', 'nothing()'])).toMatchObject({
      status: 1,
      out: '',
      err: expect.stringMatching(/^ReferenceError: nothing is not defined\n    at eval:1:\d+\n$/),
    })
    expect(await nano(['eval', 'a b'])).toMatchObject({
      status: 1,
      err: expect.stringContaining('BUILD_FAILED: eval:1:2'),
    })
  })
})

test(
  'repl keeps what lines declare, waits for whole ones, and goes on after errors',
  { timeout: 60_000 },
  async ({ expect }) => {
    const lines = [
      'let n = 1',
      'function next() {',
      '  return ++n',
      '}',
      'next()',
      'n',
      "console.log('said')",
      'nothing()',
      'await Promise.resolve({ n })',
      'a b',
      '`two',
      'lines`',
      '.exit',
      'never()',
    ]
    const { status, out, err } = await nano(['repl'], `${lines.join('\n')}\n`)
    expect([status, err]).toEqual([0, ''])
    expect(out.split('\n').slice(1)).toEqual([
      'undefined',
      'undefined',
      '2',
      '2',
      'said',
      'undefined',
      'Uncaught ReferenceError: nothing is not defined',
      expect.stringMatching(/^ {4}at repl-\d+:1:\d+$/),
      '{ n: 2 }',
      expect.stringMatching(/^repl-\d+:1:2: Expected a semicolon/),
      String.raw`'two\nlines'`,
      '',
    ])
  },
)
