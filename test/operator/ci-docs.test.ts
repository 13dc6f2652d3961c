/** The commands of docs/ci/pipeline.md and the steps of the workflow beside it, with a token that may deploy two apps. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, test } from 'vitest'

import { TOKEN } from '../harness/admin.ts'
import { send } from '../harness/http.ts'
import { hasCurl, readCommands, runLine, writeProgram } from '../harness/page.ts'
import { startNano } from '../harness/process.ts'
import type { ServerProcess } from '../harness/process.ts'
import { ROOT } from '../harness/serve.ts'

const CI_TOKEN = 'a-token-of-the-pipeline'
/** Steps that fetch what is here already. */
const FETCHING = /^npm (ci|install)\b/

const folder = mkdtempSync(join(tmpdir(), 'nano-ci-docs-'))
const app = join(folder, 'shop')
const bin = join(app, 'node_modules/.bin')
let server: ServerProcess
let env: NodeJS.ProcessEnv

beforeAll(async () => {
  writeProgram(join(folder, 'bin'))
  const outcome = await runLine('nano-workers init shop', { cwd: folder, bin: join(folder, 'bin'), env: {} })
  if (outcome !== '') throw new Error(outcome)
  const modules = join(app, 'node_modules')
  writeProgram(bin)
  for (const name of ['vitest', 'typescript', '@types', '@cloudflare', '.bin/vitest', '.bin/tsc']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
  }
  mkdirSync(join(folder, 'server'))
  writeFileSync(join(folder, 'server/tokens'), `ops ${TOKEN} all\nci ${CI_TOKEN} deploy:shop,shop-preview\n`)
  const config = join(folder, 'server/nano.json')
  writeFileSync(config, JSON.stringify({ shards: 1, admin: { tokens_file: 'tokens' } }))
  server = await startNano(config)
  env = {
    NANO_ADMIN_URL: `http://127.0.0.1:${server.adminPort}`,
    NANO_ADMIN_TOKEN: CI_TOKEN,
    PREVIEW_URL: `http://127.0.0.1:${server.port}`,
  }
  // the operator makes the apps, once
  const made = ['shop --hostname shop.example', 'shop-preview --hostname preview.example']
  writeFileSync(join(folder, 'first.js'), "export default { fetch: () => new Response('first') }")
  for (const each of made) {
    const line = `nano-workers deploy first.js --name ${each}`
    // oxlint-disable-next-line no-await-in-loop -- one server
    const said = await runLine(line, { cwd: folder, bin, env: { ...env, NANO_ADMIN_TOKEN: TOKEN } })
    if (said !== '') throw new Error(said)
  }
}, 120_000)

afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

const ask = async (host: string) => (await send(server.port, { host, path: '/' })).text

test.skipIf(!hasCurl)(
  'the page (needs curl)',
  async ({ expect }) => {
    const lines = readCommands('ci/pipeline.md')
    expect(lines.length).toBeGreaterThan(8)
    for (const line of lines) {
      // oxlint-disable-next-line no-await-in-loop -- each builds on the one before
      expect(await runLine(line, { cwd: app, bin, env }), line).toBe('')
    }
    expect(await ask('preview.example')).toBe('undefined from NANO!\n')
    // rolled back in the end
    expect(await ask('shop.example')).toBe('first')
    // the token is for these two
    const other = await runLine('nano-workers deploy dist/app.wasm --name other', { cwd: app, bin, env })
    expect(other).toContain('FORBIDDEN')
  },
  120_000,
)

test('the workflow', async ({ expect }) => {
  const workflow = readFileSync(join(ROOT, 'docs/ci/workflow.yml'), 'utf8')
  const [build = '', deploy = ''] = workflow.split(/^ {2}deploy:$/m)
  const toSteps = (text: string) => Array.from(text.matchAll(/^ +- run: (.+)$/gm), ([, line = '']) => line)
  expect([toSteps(build).length, toSteps(deploy).length]).toEqual([5, 4])
  for (const [job, secrets] of [
    [build, {}],
    [deploy, env],
  ] as const) {
    for (const line of toSteps(job).filter((step) => !FETCHING.test(step))) {
      // oxlint-disable-next-line no-await-in-loop -- each builds on the one before
      expect(await runLine(line, { cwd: app, bin, env: secrets }), line).toBe('')
    }
  }
  expect(await ask('shop.example')).toBe('undefined from NANO!\n')
}, 240_000)
