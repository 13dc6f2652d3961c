/** The commands of docs/operators/deploy.md, in their order, in a shell. */

import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, test } from 'vitest'

import { TOKEN } from '../harness/admin.ts'
import { hasCurl, readCommands, runLine, writeProgram } from '../harness/page.ts'
import { startNano } from '../harness/process.ts'
import { fixture, fixtureSource } from '../harness/serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-docs-'))
afterAll(() => rmSync(folder, { recursive: true }))

test.skipIf(!hasCurl)(
  'do what the page says (needs curl)',
  async ({ expect }) => {
    const lines = readCommands('operators/deploy.md')
    expect(lines.length).toBeGreaterThan(15)

    for (const directory of ['src', 'server']) mkdirSync(join(folder, directory))
    const bin = join(folder, 'bin')
    writeProgram(bin)
    copyFileSync(fixture('version'), join(folder, 'app.wasm'))
    copyFileSync(`${fixture('version')}.map`, join(folder, 'app.wasm.map'))
    copyFileSync(fixtureSource('version'), join(folder, 'src/index.ts'))
    writeFileSync(join(folder, 'package.json'), '{}')
    writeFileSync(join(folder, 'settings.json'), '{ "hostname": "shop.example", "env": { "VERSION": "1" } }')
    writeFileSync(join(folder, 'server/nano.json'), '{ "shards": 1 }')

    await using nano = await startNano(join(folder, 'server/nano.json'), { env: { NANO_ADMIN_TOKEN: TOKEN } })
    const env = { NANO_ADMIN_URL: `http://127.0.0.1:${nano.adminPort}`, NANO_ADMIN_TOKEN: TOKEN }
    for (const line of lines) {
      // oxlint-disable-next-line no-await-in-loop -- each builds on the one before
      expect(await runLine(line, { cwd: folder, bin, env }), line).toBe('')
    }
  },
  120_000,
)
