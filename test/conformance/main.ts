/**
 * Door: `npm run conformance [-- --only AREA|PATH] [--host nano|workerd|node] [--verbose] [--update]`. Runs Web Platform
 * Tests, prints how many subtests pass in each area, and fails when a file passes fewer than the baseline says.
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { version as workerdVersion } from 'workerd'

import { findTests, isLeftOut, toId } from './areas.ts'
import type { TestFile } from './areas.ts'
import { enter, readBaseline, writeBaseline } from './baseline.ts'
import type { HostName } from './baseline.ts'
import { serveFiles } from './files.ts'
import { HOSTS } from './hosts.ts'
import type { Outcome } from './hosts.ts'
import { percent, toRows, writePage } from './page.ts'
import { toScripts } from './scripts.ts'
import { fetchTests } from './source.ts'

const { values: options } = parseArgs({
  options: {
    host: { type: 'string', default: 'nano' },
    only: { type: 'string' },
    update: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})
const name = options.host as HostName
const start = HOSTS[name]
if (start === undefined) {
  process.stderr.write(`expected --host ${Object.keys(HOSTS).join('|')}, got ${name}\n`)
  process.exit(2)
}

const root = await fetchTests()
const baseline = readBaseline()
const found = findTests(root)
const tests = findTests(root, options.only)
const directory = await mkdtemp(join(tmpdir(), 'nano-conformance-'))
const files = await serveFiles(root)
const host = await start(directory)
const now = structuredClone(baseline)
const worse: string[] = []
try {
  for (const test of tests) {
    const id = toId(test)
    const before = baseline[id]?.[name] ?? 0
    let { ran, passed, told } = await runFile(test)
    // a busy machine may have made it late
    if (passed < before) ({ ran, passed, told } = await runFile(test))
    if (passed < before) worse.push(`${id}: ${passed}, and ${before} before`)
    enter(now, id, name, ran, passed)
    if (options.verbose) process.stderr.write(`${passed}/${now[id]!.total} ${id}${told}\n`)
  }
} finally {
  await host.stop()
  files.close()
  await rm(directory, { recursive: true, force: true })
}

for (const { area, total, passed } of toRows(tests, now)) {
  const share = percent(passed[name], total).padStart(6)
  process.stdout.write(
    `${area.padEnd(22)} ${String(passed[name]).padStart(6)} of ${String(total).padStart(6)} ${share} %\n`,
  )
}
for (const line of worse) process.stdout.write(`worse: ${line}\n`)
// a source of tests that is not there must not make the rest look better
const lost = Object.keys(baseline).filter((id) => !found.some((test) => toId(test) === id))
if (lost.length > 0) process.stdout.write(`${lost.length} files of the baseline are not in ${root}\n`)
if (options.update) {
  writeBaseline(now)
  writePage(found, now, { workerd: workerdVersion, node: process.versions.node })
}
process.exit(!options.update && worse.length > 0 ? 1 : 0)

/** `told` is what to say about it: the error of the file, and the subtests that failed. */
async function runFile(test: TestFile): Promise<{ ran: number; passed: number; told: string }> {
  const limitMs = test.meta.timeout === 'long' ? 30_000 : 10_000
  const work = { scripts: toScripts(root, test, files.port), limitMs }
  const outcome = await host
    .run(work)
    .catch((error: unknown): Outcome => ({ results: [], error: String(error) }))
  const results = outcome.results.filter(([subtest]) => !isLeftOut(subtest))
  const failed = results.filter(([, status]) => status !== 0)
  const lines = failed.map(([subtest, status, message]) => `  ${subtest}: ${message || `status ${status}`}`)
  const told = [outcome.error === '' ? '' : ` ${outcome.error}`, ...lines].join('\n')
  return { ran: results.length, passed: results.length - failed.length, told }
}
