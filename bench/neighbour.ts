/**
 * What an app that is asked all the time notices when many others come up at once that nobody has asked yet. A part of it is the
 * machine's: where all have too few processors an app in a server of its own notices them, too. So that is measured as well.
 */

import { availableParallelism } from 'node:os'

import type { Bench } from './figure.ts'
import { firstResponse } from './first-response.ts'
import { FEW, openFleet } from './fleet.ts'
import { load, startLoad } from './load.ts'
import { startFleet, startNano } from './nano.ts'
import { startDistinctWorkerd } from './peers/workerd.ts'
import type { ServerProcess } from './server-process.ts'

const OTHERS = 200
const CLIENTS = [8, 64]
/** All of them are to come up, however slow the machine is. */
const PATIENT = { defaults: { timeout_ms: 60_000 } }
/** More than they ever take. */
const MOST_SECONDS = 60

/** workerd, which has no app that rests, has made them all when it starts. */
export async function neighbour(bench: Bench): Promise<void> {
  const { directory } = bench
  const fleet = await openFleet(bench, FEW)
  for (const shards of new Set([1, availableParallelism()])) {
    const name = `NANO, ${shards === 1 ? '1 shard' : `${shards} shards`}`
    for (const clients of CLIENTS) {
      await using server = await startFleet({ fleet, directory, shards, settings: PATIENT })
      await measure(bench, name, clients, server)
    }
  }
  for (const clients of CLIENTS) {
    await using own = await startNano({ component: bench.component, apps: 1, shards: 1, directory })
    await using others = await startFleet({ fleet, directory, shards: 1, settings: PATIENT })
    await measure(bench, 'NANO, a server of its own', clients, own, others)
  }
  for (const clients of CLIENTS) {
    await using server = await startDistinctWorkerd(1 + OTHERS, directory)
    await measure(bench, 'workerd', clients, server)
  }
}

async function measure(
  bench: Bench,
  who: string,
  clients: number,
  { port, hosts }: ServerProcess,
  others: Pick<ServerProcess, 'port' | 'hosts'> = { port, hosts },
): Promise<void> {
  const name = `${who}: neighbour with ${clients} clients, ${OTHERS} come up`
  bench.tell(name)
  const plan = { port, hosts: hosts.slice(0, 1), connections: clients, seconds: bench.seconds }
  await load(plan)
  const before = await load(plan)
  const running = startLoad({ ...plan, seconds: MOST_SECONDS })
  await running.begun
  const startedAt = performance.now()
  await Promise.all(others.hosts.slice(1, 1 + OTHERS).map((host) => firstResponse(others.port, host)))
  const tookMs = performance.now() - startedAt
  running.stop()
  const during = await running.result
  bench.add({
    name,
    value: during.p99Ms / before.p99Ms,
    unit: 'x',
    note: `p99 ${before.p99Ms.toFixed(1)} ms before, ${during.p99Ms.toFixed(1)} while; all there after ${tookMs.toFixed(0)} ms`,
  })
}
