/**
 * `node test/ecosystem/frameworks/main.ts [name...]`: from npm to a page. Each site is installed and built by its framework's
 * own tools, built and served by NANO as it is, compared with what wrangler serves of the same output, and used in a browser.
 */

import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { findPort, startProcess } from '../../../bench/server-process.ts'
import type { ServerProcess } from '../../../bench/server-process.ts'
import { CHROMIUM, NEEDS_CHROMIUM, openBrowser } from '../../harness/browser.ts'
import { readCommands, runLine, writeProgram } from '../../harness/page.ts'
import { installSite } from '../install.ts'
import { compare } from './compare.ts'
import { SITES, toRequests } from './sites.ts'
import type { Site } from './sites.ts'
import { tour } from './tour.ts'

const HERE = import.meta.dirname
const NANO = join(HERE, '../../../host/bin.js')
const HOST = 'site.localhost'
const QUIET = { CI: '1', ASTRO_TELEMETRY_DISABLED: '1', WRANGLER_SEND_METRICS: 'false', NO_COLOR: '1' }

const wanted = process.argv.slice(2)
const scratch = mkdtempSync(join(tmpdir(), 'nano-frameworks-'))
const bin = join(scratch, 'bin')
writeProgram(bin)
const browser = CHROMIUM === undefined ? undefined : await openBrowser()
if (browser === undefined) console.log(`pages are not used: ${NEEDS_CHROMIUM}`)
for (const site of SITES.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  // oxlint-disable-next-line no-await-in-loop -- a build takes all processors
  const wrong = await check(site).catch((error: unknown) => [String(error)])
  for (const line of wrong) console.error(`${site.name}: ${line}`)
  if (wrong.length > 0) process.exitCode = 1
}
await browser?.close()
rmSync(scratch, { recursive: true })

/** What is wrong, a line each. */
async function check(site: Site): Promise<readonly string[]> {
  const folder = installSite(join(HERE, 'sites', site.name), site.name)
  for (const line of readCommands('tenants/frameworks.md')) {
    // oxlint-disable-next-line no-await-in-loop -- each builds on the one before
    const wrong = await runLine(line, { cwd: folder, bin, env: QUIET })
    if (wrong !== '') return [wrong.slice(-4000)]
  }
  await using ours = await serve(folder, [process.execPath, NANO, 'serve', '--app', folder, '--shards', '1'])
  const files = listFiles(join(folder, site.assets))
  await using theirs = await serve(folder, [
    join(folder, 'node_modules/.bin/wrangler'),
    'dev',
    '--cwd',
    folder,
  ])
  const { asked, differences } = await compare(ours.port, theirs.port, toRequests(site, files))
  const seen = browser === undefined ? [] : await tour(browser, `http://localhost:${ours.port}`)
  const megabytes = (statSync(join(folder, 'site.wasm')).size / 1e6).toFixed(1)
  console.log(`${site.name}: ${asked} answers, ${differences.length + seen.length} wrong; ${megabytes} MB`)
  return [...differences, ...seen]
}

async function serve(folder: string, [command, ...args]: readonly string[]): Promise<ServerProcess> {
  const port = await findPort()
  const isNano = args[0] === NANO
  const own = isNano
    ? ['--admin-port', '0', '--data-dir', mkdtempSync(join(scratch, 'data-'))]
    : ['--ip', '127.0.0.1', '--inspector-port', '0', '--show-interactive-dev-session=false']
  return startProcess({
    command: command!,
    args: [...args, '--port', `${port}`, ...own],
    port,
    hosts: [HOST],
    env: QUIET,
  })
}

function listFiles(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length))
}
