/**
 * Cold start: how long the first client of a tenant waits. In NANO that is a tenant which has no instance yet, on an
 * engine that others use already; each is an app of its own. workerd makes the isolates of all when it starts; plain Node
 * starts a process.
 */

import { quantile } from './figure.ts'
import type { Bench } from './figure.ts'
import { firstResponse } from './first-response.ts'
import { FEW, openFleet } from './fleet.ts'
import { startFleet, startNano } from './nano.ts'
import { startNode } from './peers/node.ts'
import { startDistinctWorkerd, startWorkerd } from './peers/workerd.ts'
import type { ServerProcess } from './server-process.ts'

const LIVE = 200
const SAMPLES = 100
const PAUSE_MS = 50
const STARTS = 3

export async function coldStart(bench: Bench): Promise<void> {
  const { component, directory } = bench
  bench.tell('first responses of new tenants')
  {
    const fleet = await openFleet(bench, FEW)
    await using server = await startFleet({ fleet, directory, shards: 1 })
    const ask = asker(server)
    add(bench, `NANO, new tenant, at most ${SAMPLES} live`, await ask(SAMPLES))
    await ask(LIVE - SAMPLES)
    add(bench, `NANO, new tenant, ${LIVE} live`, await ask(SAMPLES))
    add(bench, `NANO, new tenant, ${LIVE} live, ${PAUSE_MS} ms between`, await ask(SAMPLES, PAUSE_MS))
  }
  {
    await using server = await startDistinctWorkerd(LIVE + SAMPLES, directory)
    const ask = asker(server)
    await ask(LIVE)
    add(bench, `workerd, first response, ${LIVE} asked`, await ask(SAMPLES))
  }
  const starts: [string, () => Promise<ServerProcess>][] = [
    ['NANO, new process', () => startNano({ component, directory, apps: 1, shards: 1 })],
    ['workerd, new process', () => startWorkerd({ apps: 1, directory })],
    ['Node, new process', startNode],
  ]
  for (const [name, start] of starts) {
    bench.tell(`starting ${name}`)
    const times: number[] = []
    for (let i = 0; i < STARTS; i++) {
      await using server = await start()
      times.push(server.readyMs)
    }
    add(bench, name, times)
  }
}

/** Asks the next so many apps one after the other, each for the first time; what each took. */
function asker({ port, hosts }: ServerProcess): (count: number, pauseMs?: number) => Promise<number[]> {
  let asked = 0
  return async (count, pauseMs = 0) => {
    const times: number[] = []
    for (const host of hosts.slice(asked, (asked += count))) {
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
      times.push(await firstResponse(port, host))
    }
    return times
  }
}

function add(bench: Bench, name: string, times: readonly number[]): void {
  const [p50Ms, p99Ms] = [quantile(times, 0.5), quantile(times, 0.99)]
  const note = `of ${times.length}, slowest ${Math.max(...times).toFixed(1)}`
  bench.add({ name, value: p50Ms, unit: 'ms', p50Ms, p99Ms, note })
}
