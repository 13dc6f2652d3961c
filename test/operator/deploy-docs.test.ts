/** The commands of docs/operators/deploy.md, in their order, in a shell. */

import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

import { afterAll, test } from 'vitest'

import { TOKEN } from '../harness/admin.ts'
import { startNano } from '../harness/process.ts'
import { fixture, fixtureSource, ROOT } from '../harness/serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-docs-'))
afterAll(() => rmSync(folder, { recursive: true }))

const hasCurl = (() => {
  try {
    return execFileSync('curl', ['--version']).length > 0
  } catch {
    return false
  }
})()

test.skipIf(!hasCurl)(
  'do what the page says (needs curl)',
  async ({ expect }) => {
    const page = readFileSync(join(ROOT, 'docs/operators/deploy.md'), 'utf8')
    const blocks = Array.from(page.matchAll(/^```console\n(.*?)^```$/gms), ([, block = '']) => block)
    const lines = blocks.flatMap((block) => block.split('\n').filter((line) => line.startsWith('$ ')))
    expect(lines.length).toBeGreaterThan(15)

    for (const directory of ['bin', 'src', 'server']) mkdirSync(join(folder, directory))
    const bin = join(folder, 'bin/nano-workers')
    writeFileSync(bin, `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'host/main.ts')}" "$@"\n`)
    chmodSync(bin, 0o755)
    copyFileSync(fixture('version'), join(folder, 'app.wasm'))
    copyFileSync(`${fixture('version')}.map`, join(folder, 'app.wasm.map'))
    copyFileSync(fixtureSource('version'), join(folder, 'src/index.ts'))
    writeFileSync(join(folder, 'package.json'), '{}')
    writeFileSync(join(folder, 'settings.json'), '{ "hostname": "shop.example", "env": { "VERSION": "1" } }')
    writeFileSync(join(folder, 'server/nano.json'), '{ "shards": 1 }')

    await using nano = await startNano(join(folder, 'server/nano.json'), { env: { NANO_ADMIN_TOKEN: TOKEN } })
    const env = {
      ...process.env,
      PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH']}`,
      NANO_ADMIN_URL: `http://127.0.0.1:${nano.adminPort}`,
      NANO_ADMIN_TOKEN: TOKEN,
    }
    for (const line of lines) {
      // oxlint-disable-next-line no-await-in-loop -- each builds on the one before
      const said = await new Promise<string>((resolve) => {
        execFile('sh', ['-c', line.slice(2)], { cwd: folder, env }, (error, out, err) =>
          resolve(error === null ? '' : `${error.message}\n${out}\n${err}`),
        )
      })
      expect(said, line).toBe('')
    }
  },
  120_000,
)
