/** A machine that stands still takes nobody's processor time. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'vitest'

import { send } from '../harness/http.ts'
import { startNano } from '../harness/process.ts'
import { fixture, sleep } from '../harness/serve.ts'

const LIMIT_MS = 1000
const WORK_MS = 400
const ROUNDS = 1_000_000

test('an app that had to wait for its processor longer than its limit is not stopped', async ({ expect }) => {
  const folder = mkdtempSync(join(tmpdir(), 'nano-stall-'))
  const config = join(folder, 'nano.json')
  const apps = [{ name: 'cpu', hostname: 'cpu.test', path: fixture('cpu'), cpu_ms: LIMIT_MS }]
  writeFileSync(config, JSON.stringify({ shards: 1, apps }))
  await using nano = await startNano(config)
  const burn = (rounds: number) =>
    send(nano.port, { host: 'cpu.test', path: `/burn?rounds=${Math.round(rounds)}` })
  await burn(ROUNDS)
  const start = performance.now()
  await burn(ROUNDS)
  const burning = burn((ROUNDS * WORK_MS) / (performance.now() - start))
  await sleep(WORK_MS / 4)
  nano.kill('SIGSTOP')
  await sleep(2 * LIMIT_MS)
  nano.kill('SIGCONT')
  expect((await burning).status).toBe(200)
  // and time goes on
  expect((await send(nano.port, { host: 'cpu.test', path: '/spin' })).status).toBe(503)
  rmSync(folder, { recursive: true })
})
