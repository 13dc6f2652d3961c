/**
 * `npm run test:ecosystem`: installs what the apps are made of, serves all of them, compares their answers with those of
 * workerd, and writes the page of the documentation. `-- --record` asks workerd first and keeps its answers.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { serve } from '../harness/serve.ts'
import {
  type Answer,
  type App,
  ANSWERS_FILE,
  hasDatabase,
  hasServer,
  listApps,
  MISSING,
  readAnswers,
} from './apps.ts'
import { installApps, listPackages } from './install.ts'
import { writePage } from './page.ts'
import { startServers } from './servers.ts'
import { askWorkerd } from './workerd.ts'

const folder = installApps()
const apps = listApps(folder)
if (process.argv.includes('--record')) {
  const answers = readAnswers()
  const isKept = (app: App): boolean => hasDatabase(app) || hasServer(app)
  const kept = apps.filter(isKept).map(({ name }) => [name, answers[name]] as const)
  const asked = apps.filter((app) => !isKept(app))
  const recorded = await askWorkerd(asked, join(folder, '../workerd'))
  writeFileSync(ANSWERS_FILE, `${JSON.stringify(Object.fromEntries([...kept, ...recorded]), null, 2)}\n`)
}
const expected = readAnswers()
await using servers = await startServers()
const storageDirectory = mkdtempSync(join(tmpdir(), 'nano-ecosystem-'))
const served = await serve(
  apps.map((app) => ({
    ...app,
    ...(hasDatabase(app) && { d1_databases: [{ binding: 'DB' }] }),
    ...(hasServer(app) && {
      env: servers.env,
      hyperdrive: [{ binding: 'HYPERDRIVE', secret: 'POSTGRES' }],
      egress: { private: true },
    }),
  })),
  undefined,
  { storageDirectory },
)
const rows = []
const failures: string[] = []
for (const { name, path } of apps) {
  const skipped = servers.skipped[name]
  if (skipped !== undefined) {
    console.log(`skip   ${name}: ${skipped}`)
    rows.push({ packages: listPackages(path), missing: undefined, isSkipped: true })
    continue
  }
  // oxlint-disable-next-line no-await-in-loop -- in order
  const { status, text } = await served.send(name, '/')
  const isRight = isSame({ status, text }, expected[name])
  const known = MISSING[name]
  rows.push({ packages: listPackages(path), missing: isRight ? undefined : (known ?? 'wrong') })
  console.log(`${isRight ? 'right' : known === undefined ? 'WRONG' : 'known'}  ${name}`)
  if (isRight && known !== undefined) console.log(`       is right now: take it out of MISSING`)
  if (!isRight && known === undefined) failures.push(`${name}: ${status} ${text.slice(0, 500)}`)
}
await served.close()
rmSync(storageDirectory, { recursive: true })
writePage(rows)
if (failures.length > 0) {
  console.error(
    `\n${failures.join('\n')}\n\n${served.log.filter((line) => /error|warn/i.test(line)).join('\n')}`,
  )
  process.exitCode = 1
}

function isSame(answer: Answer, wanted: Answer | undefined): boolean {
  return answer.status === wanted?.status && answer.text === wanted.text
}
