/**
 * Cold start: how long the first client of a tenant waits. In NANO that is a tenant which has no instance yet, on an
 * engine that others use already. The peers start a process instead (workerd makes its isolates when it starts).
 */

import { median } from './figure.ts'
import type { Bench } from './figure.ts'
import { firstResponse } from './first-response.ts'
import { startNano } from './nano.ts'
import { startNode } from './peers/node.ts'
import { startWorkerd } from './peers/workerd.ts'
import type { ServerProcess } from './server-process.ts'

const LIVE = 200
const SAMPLES = 10
const STARTS = 3

export async function coldStart(bench: Bench): Promise<void> {
  const { component, directory } = bench
  bench.tell('first responses of new tenants')
  {
    await using server = await startNano({ component, directory, apps: LIVE + SAMPLES, shards: 1 })
    const first = async (from: number, to: number): Promise<number[]> => {
      const times: number[] = []
      for (const host of server.hosts.slice(from, to)) times.push(await firstResponse(server.port, host))
      return times
    }
    // the first app is live since the server answered
    add(bench, 'NANO, new tenant, 1 live', await first(1, 1 + SAMPLES))
    await first(1 + SAMPLES, LIVE)
    add(bench, `NANO, new tenant, ${LIVE} live`, await first(LIVE, LIVE + SAMPLES))
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

function add(bench: Bench, name: string, times: readonly number[]): void {
  const note = `median of ${times.length}, slowest ${Math.max(...times).toFixed(1)}`
  bench.add({ name, value: median(times), unit: 'ms', note })
}
