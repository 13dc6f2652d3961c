/**
 * Resident memory of a server process for each tenant that has answered once. NANO and workerd: by how much the
 * process with many apps is larger than with one. The others: the whole process, for there is one for each app.
 */

import { MIB } from './figure.ts'
import type { Bench } from './figure.ts'
import { firstResponse } from './first-response.ts'
import { load } from './load.ts'
import { startNano } from './nano.ts'
import { buildForJco, startJcoServe } from './peers/jco-serve.ts'
import { startNode } from './peers/node.ts'
import { startWorkerd } from './peers/workerd.ts'
import { residentBytes } from './server-process.ts'
import type { ServerProcess } from './server-process.ts'

const MANY = 200
const CONNECTIONS = 64
const BUSY_TIMES = 5

export async function memory(bench: Bench): Promise<void> {
  if (process.platform !== 'linux') {
    bench.add({ name: 'memory for each live tenant', value: undefined, unit: 'MiB', note: 'needs /proc' })
    return
  }
  const { component, directory } = bench
  bench.tell('memory of live tenants')
  {
    await using server = await startNano({ component, directory, apps: MANY, shards: 1 })
    const before = residentBytes(server)
    await touch(server)
    const each = (residentBytes(server) - before) / (MANY - 1)
    bench.add({ name: 'NANO, each live tenant', value: each / MIB, unit: 'MiB' })
    // each of them is called so often that it collects its own garbage
    await load({ ...server, connections: CONNECTIONS, seconds: bench.seconds * BUSY_TIMES })
    const busy = (residentBytes(server) - before) / (MANY - 1)
    bench.add({ name: 'NANO, each live tenant that works', value: busy / MIB, unit: 'MiB' })
    bench.add({ name: 'NANO, process with 1 live tenant', value: before / MIB, unit: 'MiB' })
  }
  const one = await measure(() => startWorkerd({ apps: 1, directory }))
  const many = await measure(() => startWorkerd({ apps: MANY, directory }))
  bench.add({ name: 'workerd, each live app', value: (many - one) / (MANY - 1) / MIB, unit: 'MiB' })
  bench.add({ name: 'workerd, process with 1 app', value: one / MIB, unit: 'MiB' })
  bench.add({ name: 'Node, process with 1 app', value: (await measure(startNode)) / MIB, unit: 'MiB' })
  const jco = await measure(async () => startJcoServe(await buildForJco(directory)))
  bench.add({ name: 'jco serve, processes with 1 app', value: jco / MIB, unit: 'MiB' })
}

async function measure(start: () => Promise<ServerProcess>): Promise<number> {
  await using server = await start()
  await touch(server)
  return residentBytes(server)
}

async function touch({ port, hosts }: ServerProcess): Promise<void> {
  for (const host of hosts) await firstResponse(port, host)
}
