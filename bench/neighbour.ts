/** What an app that is asked all the time notices when many others come up at once that nobody has asked yet. */

import { availableParallelism } from 'node:os'

import type { Bench } from './figure.ts'
import { firstResponse } from './first-response.ts'
import { openFleet } from './fleet.ts'
import type { Fleet } from './fleet.ts'
import { load, startLoad } from './load.ts'
import { startFleet } from './nano.ts'

const OTHERS = 200
const CONNECTIONS = [8, 64]
/** All of them are to come up, however slow the machine is. */
const PATIENT = { defaults: { timeout_ms: 60_000 } }
/** More than they ever take. */
const MOST_SECONDS = 60

export async function neighbour(bench: Bench, apps: number): Promise<void> {
  const fleet = await openFleet(bench, apps)
  for (const shards of new Set([1, availableParallelism()])) {
    for (const connections of CONNECTIONS) await measure(bench, { fleet, shards, connections })
  }
}

async function measure(
  bench: Bench,
  { fleet, shards, connections }: { fleet: Fleet; shards: number; connections: number },
): Promise<void> {
  const { directory, seconds } = bench
  const name = `a neighbour with ${connections} clients while ${OTHERS} apps come up, ${shards === 1 ? '1 shard' : `${shards} shards`}`
  bench.tell(name)
  await using server = await startFleet({ fleet, directory, shards, settings: PATIENT })
  const { port, hosts } = server
  const plan = { port, hosts: hosts.slice(0, 1), connections, seconds }
  await load(plan)
  const before = await load(plan)
  const running = startLoad({ ...plan, seconds: MOST_SECONDS })
  await running.begun
  const startedAt = performance.now()
  await Promise.all(hosts.slice(1, 1 + OTHERS).map((host) => firstResponse(port, host)))
  const tookMs = performance.now() - startedAt
  running.stop()
  const during = await running.result
  bench.add({
    name: `p99 of ${name}`,
    value: during.p99Ms / before.p99Ms,
    unit: 'x',
    note: `${before.p99Ms.toFixed(1)} ms before, ${during.p99Ms.toFixed(1)} while; all there after ${tookMs.toFixed(0)} ms`,
  })
}
