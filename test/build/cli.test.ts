/**
 * The command line as a person meets it: exit statuses, messages that name file and line, and nothing left half done.
 */

import { execFile, spawn } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import { buildFixture } from '../harness/component.ts'
import { send } from '../harness/http.ts'
import { builtExample, example, waitFor } from '../harness/serve.ts'
import { buildOlder } from './older-engine.ts'

const ROOT = join(import.meta.dirname, '../..')
const MAIN = join(ROOT, 'host/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'nano-cli-'))

interface Outcome {
  status: number
  out: string
  err: string
}

const nano = (...args: string[]): Promise<Outcome> => run([MAIN, ...args])

/** Node with these arguments. */
function run(args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: folder, timeout: 60_000 }, (error, out, err) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ status, out, err })
    })
  })
}

/** A source file from the text of a fixture that is not allowed to be a module of this repository. */
function writeBroken(name: string): string {
  const file = join(folder, `${name}.ts`)
  writeFileSync(file, readFileSync(join(ROOT, 'test/fixtures/broken', `${name}.txt`)))
  return file
}

afterAll(() => rmSync(folder, { recursive: true }))

describe('usage', () => {
  test.for([
    [[], 'command'],
    [['frob'], 'frob'],
    [['serve', '--frob'], '--frob'],
    [['serve', '--port', 'many'], 'port'],
    [['serve', '--config', 'a.json', '--app', 'b'], '--app'],
    [['serve', '--port', '70000', '--app', 'x.js'], 'port'],
    [['build'], 'entry'],
    [['build', 'a.ts'], '-o'],
    [['build', 'a.ts', 'b.ts'], 'b.ts'],
    [['build', 'a.wasm', '-o', 'b.wasm', '--allow-read', 'x'], 'for sources'],
  ] as [string[], string][])('%j: exit status 2', async ([args, text], { expect }) => {
    const { status, out, err } = await nano(...args)
    expect([status, out]).toEqual([2, ''])
    expect(err.toLowerCase()).toContain(text)
    expect(err).not.toContain('at async')
  })

  test('--help and --version: exit status 0', async ({ expect }) => {
    const help = await nano('--help')
    expect([help.status, help.err]).toEqual([0, ''])
    for (const word of ['build', 'serve', 'NANO_LOG_FORMAT', 'Exit status']) expect(help.out).toContain(word)
    const { out } = await nano('serve', '--help')
    for (const word of ['--config', '--port', '3000', '--allow-loopback']) expect(out).toContain(word)
    expect(out).not.toContain('--dev')
    expect((await nano('--version')).out).toMatch(/\d+\.\d+\.\d+/)
  })

  test('help for a command, asked for in either way', async ({ expect }) => {
    const [asked, given] = [await nano('help', 'build'), await nano('build', '--help')]
    expect(asked).toEqual(given)
    expect([asked.status, asked.err]).toEqual([0, ''])
    for (const word of ['<entry>', '--out', '--allow-read']) expect(asked.out).toContain(word)
    expect(asked.out).not.toContain('--shards')
  })
})

describe('an older Node', () => {
  const OLD = `data:text/javascript,${encodeURIComponent(`
    Object.defineProperty(process, 'version', { value: 'v20.1.0' })
    Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } })`)}`
  const start = (bin: string, ...args: string[]) => run(['--import', OLD, bin, ...args])

  test('starts the one of the package node, and ends as it ends', async ({ expect }) => {
    const bin = join(ROOT, 'host/bin.js')
    expect(await start(bin, '--version')).toMatchObject({ status: 0, err: '' })
    expect(await start(bin, 'frob')).toMatchObject({ status: 2, err: expect.stringContaining('frob') })
  })

  test('says which one is needed where that package is not', async ({ expect }) => {
    const bin = join(folder, 'host/bin.js')
    mkdirSync(dirname(bin))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    copyFileSync(join(ROOT, 'host/bin.js'), bin)
    const { status, err } = await start(bin, '--version')
    expect([status, err]).toEqual([1, expect.stringMatching(/expected Node 26 or later, got v20\.1\.0/)])
    // the package without its binary
    mkdirSync(join(folder, 'node_modules/node'), { recursive: true })
    writeFileSync(join(folder, 'node_modules/node/package.json'), '{}')
    const broken = await start(bin, '--version')
    expect([broken.status, broken.err]).toEqual([1, expect.stringMatching(/got v20\.1\.0.*does not start/)])
    rmSync(join(folder, 'node_modules'), { recursive: true })
  })
})

describe('serve', () => {
  test.for([
    ['{', ':1:'],
    ['{ "apps": [{ "name": "a", "path": "x.js" }], "prot": 1 }', '"port"'],
    ['{ "aps": [] }', 'did you mean "apps"?'],
    ['{ "apps": [{ "name": "a", "path": "nowhere.js" }] }', 'nowhere.js'],
  ])('the configuration %s is refused with words', async ([text, wanted], { expect }) => {
    const file = join(folder, 'nano.json')
    writeFileSync(file, text!)
    const { status, err } = await nano('serve', '--config', file, '--port', '0')
    expect(status).toBeGreaterThan(0)
    expect(err).toContain(wanted)
    expect(err).not.toContain('    at ')
  })

  test('an app is served on the port that is printed, until a signal comes', async ({ expect }) => {
    const child = spawn(process.execPath, [
      MAIN,
      'serve',
      '--app',
      example('hello'),
      '--port',
      '0',
      '--shards',
      '2',
    ])
    const exited = new Promise((resolve) => child.once('exit', resolve))
    let out = ''
    child.stdout.on('data', (part) => (out += String(part)))
    const port = await waitFor(() => /http:\/\/127\.0\.0\.1:(\d+)/.exec(out)?.[1], 60_000)
    expect((await send(Number(port), { host: 'any.name', path: '/' })).text).toBe('Hello from NANO!\n')
    child.kill('SIGTERM')
    expect(await exited).toBe(0)
  }, 90_000)

  test('a port that is taken is refused with words', async ({ expect }) => {
    const blocker = createServer()
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve))
    const { port } = blocker.address() as AddressInfo
    const { status, err } = await nano('serve', '--app', example('hello'), '--port', String(port))
    blocker.close()
    expect(status).toBe(1)
    expect(err).toContain(String(port))
    expect(err).not.toContain('    at ')
  }, 90_000)

  test('a configuration that is not there', async ({ expect }) => {
    const { status, err } = await nano('serve', '--config', 'missing.json')
    expect(status).toBeGreaterThan(0)
    expect(err).toContain('missing.json')
  })
})

describe('validate', () => {
  const write = (apps: object[], top: object = {}): string => {
    const file = join(folder, 'validate.json')
    writeFileSync(file, JSON.stringify({ ...top, apps }, undefined, 1))
    return file
  }

  test('says of a good configuration what would be served', async ({ expect }) => {
    const file = write([{ name: 'shop', hostname: 'shop.test', path: builtExample('hello') }])
    const { status, out } = await nano('validate', file)
    expect([status, out]).toEqual([
      0,
      expect.stringMatching(/^shop {2}shop\.test {2}.*app-hello\.wasm {2}engine [0-9a-f]{12}\n/),
    ])
    const json = await nano('validate', file, '--json')
    expect([json.status, json.err]).toEqual([0, ''])
    expect(JSON.parse(json.out)).toMatchObject({ file, valid: true, problems: [], apps: [{ name: 'shop' }] })
  })

  test('says all that is wrong with a file, each with its place', async ({ expect }) => {
    const file = write([{ name: 'a', path: 5, timeout_ms: -1 }], { prot: 1 })
    const { status, out } = await nano('validate', file)
    expect(status).toBe(1)
    for (const text of [':2:2: ', '"prot"', ':6:', 'apps[0].path', ':7:', 'timeout_ms'])
      expect(out).toContain(text)
    const { problems } = JSON.parse((await nano('validate', file, '--json')).out) as { problems: object[] }
    expect(problems).toMatchObject([{ line: 2, column: 2 }, { line: 6 }, { line: 7 }])
  })

  test('says which apps cannot be served, each at its path', { timeout: 60_000 }, async ({ expect }) => {
    const broken = writeBroken('syntax')
    const file = write([
      { name: 'good', path: builtExample('hello') },
      { name: 'gone', path: 'gone.wasm' },
      { name: 'broken', path: broken },
    ])
    const { status, out } = await nano('validate', file)
    expect(status).toBe(1)
    expect(out.split('\n', 2)).toEqual([
      expect.stringMatching(/validate\.json:9:\d+: app gone: .*there is no such file/),
      expect.stringMatching(/validate\.json:13:\d+: app broken: BUILD_FAILED: syntax\.ts:4:/),
    ])
    // and so does a server that only tries
    const tried = await nano('serve', '--config', file, '--dry-run')
    expect(tried).toMatchObject({
      status: 1,
      out: expect.stringContaining('would serve on http://127.0.0.1:3000'),
    })
    expect(tried.err).toContain('app gone: ')
  })

  test('a server that only tries listens nowhere', async ({ expect }) => {
    const { status, out, err } = await nano(
      'serve',
      '--app',
      builtExample('hello'),
      '--port',
      '0',
      '--dry-run',
    )
    expect([status, err]).toEqual([0, ''])
    expect(out).toContain('every host name')
    expect((await nano('validate', 'missing.json')).out).toContain('missing.json: there is no such file')
  })
})

describe('build', () => {
  test('twice gives the same bytes, and a source map beside them', async ({ expect }) => {
    const files = [join(folder, 'one.wasm'), join(folder, 'two.wasm')]
    for (const file of files) {
      const { status, err } = await nano('build', example('hello'), '-o', file)
      expect([status, err]).toEqual([0, expect.not.stringContaining('rror')])
    }
    const [one, two] = files.map((file) => readFileSync(file))
    expect(one!.equals(two!)).toBe(true)
    expect(JSON.parse(readFileSync(`${files[0]}.map`, 'utf8'))).toMatchObject({ version: 3 })
  }, 120_000)

  test.for([
    ['syntax', 'syntax.ts:4'],
    ['missing-module', 'missing-module.ts:3'],
    ['no-default', 'no-default.ts'],
    ['top-level-fetch', 'top-level-fetch.ts:3'],
    ['top-level-throw', 'top-level-throw.ts:4'],
  ] as [string, string][])(
    '%s: exit status 1, a message with %s, and no output',
    { timeout: 60_000 },
    async ([name, place], { expect }) => {
      const entry = writeBroken(name)
      const { status, err } = await nano('build', entry, '-o', join(folder, `${name}.wasm`))
      expect(err).toContain(place)
      expect(status).toBe(1)
      expect(
        readdirSync(folder).filter((file) => file.startsWith(`${name}.wasm`) || file.includes('tmp')),
      ).toEqual([])
    },
  )

  test('flags say what a build may read and use up, and a warning what it misses', async ({ expect }) => {
    const write = (name: string, text: string): string => {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    const app = "export default { fetch: async () => new Response(x + (await import('absent'))) }\n"
    const entry = write('reads/app/index.js', `import x from '../shared/x.js'\n${app}`)
    write('reads/shared/x.js', 'export default 1\n')
    const output = join(folder, 'reads.wasm')
    const refused = await nano('build', dirname(entry), '-o', output)
    expect([refused.status, refused.err]).toEqual([
      1,
      expect.stringContaining('index.js:1:15: "../shared/x.js"'),
    ])
    const built = await nano(
      'build',
      dirname(entry),
      '-o',
      output,
      '--allow-read',
      join(folder, 'reads/shared'),
    )
    expect([built.status, built.err]).toEqual([
      0,
      expect.stringContaining('warning: index.js:2:68: there is no module "absent"'),
    ])
    const endless = write('endless.js', 'for (;;) {}\n')
    const stopped = await nano('build', endless, '-o', output, '--timeout-ms', '300', '--memory-mb', '64')
    expect([stopped.status, stopped.err]).toEqual([1, expect.stringContaining('within 0.3 s')])
  }, 60_000)

  test('a component of another engine is made again, over itself and with its map', async ({ expect }) => {
    const file = join(folder, 'older.wasm')
    const older = await buildOlder(example('hello'))
    writeFileSync(file, older.component)
    writeFileSync(`${file}.map`, older.sourceMap!)
    const { status, out, err } = await nano('build', file, '-o', file)
    expect([status, err]).toEqual([0, expect.not.stringContaining('warning')])
    expect(out).toContain(file)
    expect(readFileSync(file).equals(readFileSync(builtExample('hello')))).toBe(true)
    expect(readFileSync(`${file}.map`, 'utf8')).toBe(older.sourceMap)
    expect(readdirSync(folder).filter((name) => name.includes('tmp'))).toEqual([])
  }, 60_000)

  test('a map of another component is left out, with a warning', async ({ expect }) => {
    const file = join(folder, 'mapless.wasm')
    const output = join(folder, 'mapless-new.wasm')
    copyFileSync(builtExample('hello'), file)
    const missing = await nano('build', file, '-o', output)
    expect([missing.status, missing.err]).toEqual([0, expect.stringContaining('there is no such file')])
    copyFileSync(`${builtExample('site')}.map`, `${file}.map`)
    writeFileSync(`${output}.map`, 'of an earlier output')
    const wrong = await nano('build', file, '-o', output)
    expect([wrong.status, wrong.err]).toEqual([
      0,
      expect.stringContaining(
        'is not the one that the component was built with; the component comes without',
      ),
    ])
    expect(existsSync(`${output}.map`)).toBe(false)
    expect(readFileSync(output).equals(readFileSync(file))).toBe(true)
  }, 60_000)

  test.for([
    ['not a component', 'export default {}', 'COMPONENT_INVALID', 'it is not WebAssembly'],
    ['no bundle in it', undefined, 'COMPONENT_INVALID', 'carries no bundle'],
  ] as const)(
    'a component that is or has %s: exit status 1',
    async ([name, text, code, words], { expect }) => {
      const file = join(folder, `${name}.wasm`)
      writeFileSync(file, text ?? (await buildFixture('memory')))
      const output = join(folder, 'nothing.wasm')
      const { status, err } = await nano('build', file, '-o', output)
      expect([status, err]).toEqual([1, expect.stringContaining(`${code}: ${file}: `)])
      expect(err).toContain(words)
      expect(existsSync(output)).toBe(false)
    },
  )

  test('an entry that is not there: exit status 1', async ({ expect }) => {
    const { status, err } = await nano('build', 'nowhere.ts', '-o', 'nowhere.wasm')
    expect(status).toBe(1)
    expect(err).toContain('nowhere.ts')
  })

  test('an earlier output outlives a failed build', async ({ expect }) => {
    const output = join(folder, 'kept.wasm')
    writeFileSync(output, 'earlier')
    await nano('build', writeBroken('syntax'), '-o', output)
    expect(readFileSync(output, 'utf8')).toBe('earlier')
  })
})
