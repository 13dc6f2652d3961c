/**
 * What an app answers well when more clients ask than it has time for: apps that work for some milliseconds on each
 * request, at default limits and on one shard, asked by 1 to 128 clients that each ask again as soon as they are
 * answered or refused. The table of docs/limits.md.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { buildApp } from '../host/build/build.ts'
import type { Bench } from './figure.ts'
import { load } from './load.ts'
import { findPort, startProcess } from './server-process.ts'
import type { ServerProcess } from './server-process.ts'

const CHILD = fileURLToPath(new URL('serve-child.ts', import.meta.url))
const WORK_MS = [2, 15, 40, 150]
const CLIENTS = [1, 2, 8, 32, 128]
const TRIAL_ROUNDS = 1_000_000
/** A queue of half of `timeout_ms` has to come and go. */
const LEAST_SECONDS = 6

export async function goodput(bench: Bench): Promise<void> {
  const component = join(bench.directory, 'goodput.wasm')
  const entry = fileURLToPath(new URL('goodput-guest.ts', import.meta.url))
  await buildApp({ entry, outFile: component })
  const start = async (rounds: number): Promise<ServerProcess> => {
    const port = await findPort()
    const file = join(bench.directory, 'goodput.json')
    const env = { ROUNDS: String(Math.round(rounds)) }
    const app = { name: 'goodput', hostname: 'goodput.test', path: component, env }
    await writeFile(file, JSON.stringify({ apps: [app] }))
    const args = [file, String(port), '1']
    return startProcess({ command: CHILD, args, port, hosts: [app.hostname], channel: true })
  }
  const perMs = TRIAL_ROUNDS / (await measureRequest(await start(TRIAL_ROUNDS)))
  for (const workMs of WORK_MS) {
    await using server = await start(workMs * perMs)
    for (const connections of CLIENTS) {
      bench.tell(`${workMs} ms a request, ${connections} clients`)
      const seconds = Math.max(LEAST_SECONDS, bench.seconds)
      const { requests, errors, seconds: took } = await load({ ...server, connections, seconds })
      bench.add({
        name: `${workMs} ms a request, ${connections} clients`,
        value: (requests - errors) / took,
        unit: 'requests/s',
        note: `${(errors / took).toFixed(0)} refused a second`,
      })
    }
  }
}

/** Milliseconds of one request among others that do not come at the same time. */
async function measureRequest(started: ServerProcess): Promise<number> {
  await using server = started
  const { p50Ms } = await load({ ...server, connections: 1, seconds: 2 })
  return p50Ms
}
