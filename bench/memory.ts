/**
 * Resident memory of a server process for each tenant that has answered once, and when each is asked again and again. NANO and
 * workerd: by how much the process with many apps, all of them different ones, is larger than with one. The others: the whole
 * process, for there is one for each app.
 */

import { MIB } from './figure.ts'
import type { Bench } from './figure.ts'
import { firstResponse } from './first-response.ts'
import { FEW, openFleet } from './fleet.ts'
import { load } from './load.ts'
import { startFleet, startNano } from './nano.ts'
import { buildForJco, startJcoServe } from './peers/jco-serve.ts'
import { startNode } from './peers/node.ts'
import { startDistinctWorkerd } from './peers/workerd.ts'
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
  const { directory } = bench
  bench.tell('memory of live tenants')
  const fleet = await openFleet(bench, FEW)
  {
    await using server = await startFleet({ fleet, directory, shards: 1 })
    await touch(server, 1)
    await many(bench, 'NANO', server, residentBytes(server))
  }
  {
    await using server = await startNano({ ...bench, apps: MANY, shards: 1 })
    const one = residentBytes(server)
    await touch(server, MANY)
    const each = (residentBytes(server) - one) / (MANY - 1)
    bench.add({ name: 'NANO, each live tenant, all of one component', value: each / MIB, unit: 'MiB' })
  }
  {
    const one = await measure(() => startDistinctWorkerd(1, directory))
    await using server = await startDistinctWorkerd(MANY, directory)
    await many(bench, 'workerd', server, one)
  }
  bench.add({ name: 'Node, process with 1 app', value: (await measure(startNode)) / MIB, unit: 'MiB' })
  const jco = await measure(async () => startJcoServe(await buildForJco(directory)))
  bench.add({ name: 'jco serve, processes with 1 app', value: jco / MIB, unit: 'MiB' })
}

/** `one`: what it takes with one app. */
async function many(bench: Bench, who: string, server: ServerProcess, one: number): Promise<void> {
  const add = (name: string, bytes: number): void =>
    bench.add({ name: `${who}, ${name}`, value: bytes / MIB, unit: 'MiB' })
  const each = (): number => (residentBytes(server) - one) / (MANY - 1)
  await touch(server, MANY)
  add('each live tenant', each())
  // each of them is called so often that it collects its own garbage
  const hosts = server.hosts.slice(0, MANY)
  await load({ ...server, hosts, connections: CONNECTIONS, seconds: bench.seconds * BUSY_TIMES })
  add('each live tenant that works', each())
  add('process with 1 live tenant', one)
}

async function measure(start: () => Promise<ServerProcess>): Promise<number> {
  await using server = await start()
  await touch(server, 1)
  return residentBytes(server)
}

async function touch({ port, hosts }: ServerProcess, apps: number): Promise<void> {
  for (const host of hosts.slice(0, apps)) await firstResponse(port, host)
}
