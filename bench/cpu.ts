/**
 * Processor time of a request, of the whole server process, when 1 to 200 live apps are asked in turn, on one shard. NANO
 * and workerd, which has a router before several apps, in turn. The more apps there are the less of each is in the
 * processor's caches when it is asked again.
 */

import { median } from './figure.ts'
import type { Bench } from './figure.ts'
import { firstResponse } from './first-response.ts'
import { load } from './load.ts'
import type { LoadMaker } from './load-makers.ts'
import { startNano } from './nano.ts'
import { startWorkerd } from './peers/workerd.ts'
import { cpuMs } from './server-process.ts'
import type { ServerProcess } from './server-process.ts'

const LIVE = [1, 8, 32, 100, 200]
const ROUNDS = 3
const CONNECTIONS = 32
const US_PER_MS = 1000

export async function cpu(bench: Bench): Promise<void> {
  const { component, directory } = bench
  for (const apps of LIVE) {
    await using nano = await startNano({ component, directory, apps, shards: 1 })
    await using workerd = await startWorkerd({ apps, directory })
    const contenders = [
      { line: 'NANO', server: nano },
      { line: 'workerd', server: workerd },
    ]
    for (const { server } of contenders) {
      for (const host of server.hosts) await firstResponse(server.port, host)
      await load({ ...server, connections: CONNECTIONS, seconds: bench.seconds })
    }
    for (const maker of bench.loadMakers) {
      const times = contenders.map(() => [] as number[])
      for (let round = 1; round <= ROUNDS; round++) {
        for (const [i, { line, server }] of contenders.entries()) {
          bench.tell(`${line}, ${apps} live apps in turn, ${maker.name}, round ${round} of ${ROUNDS}`)
          times[i]!.push(await measure(bench, maker, server))
        }
      }
      for (const [i, { line }] of contenders.entries()) {
        bench.add({
          name: `${line}, ${apps} live in turn${maker.name === 'wrk' ? ', wrk' : ''}`,
          value: median(times[i]!),
          unit: 'us',
          at: { plot: 'processor', line: maker.name === 'wrk' ? `${line}, wrk` : line, x: apps },
        })
      }
    }
  }
}

async function measure(bench: Bench, maker: LoadMaker, server: ServerProcess): Promise<number> {
  const before = cpuMs(server)
  const { requests } = await maker.run({ ...server, connections: CONNECTIONS, seconds: bench.seconds })
  return ((cpuMs(server) - before) / requests) * US_PER_MS
}
