/**
 * A random walk of requests over all apps that are registered, with about a gigabyte of memory: a few apps are asked all
 * the time, and most seldom (Zipf). NANO keeps those live that were asked last. workerd keeps all of them, so that it gets
 * as many as fit; of plain Node, a process for each app, it is said how many do.
 */

import { availableParallelism } from 'node:os'

import { toGreeting } from '../test/harness/distinct.ts'
import { MIB } from './figure.ts'
import type { Bench } from './figure.ts'
import { openFleet } from './fleet.ts'
import { load } from './load.ts'
import { startFleet } from './nano.ts'
import { startNode } from './peers/node.ts'
import { startWorkerd } from './peers/workerd.ts'
import { firstResponse } from './first-response.ts'
import { proportionalBytes, residentBytes } from './server-process.ts'
import type { ServerProcess } from './server-process.ts'

const BUDGET_MIB = 1024
/** Of NANO, all shards together: with what they grow to while they work they stay within it. */
const LIVE = 80
const CONNECTIONS = 16
/** In units of the bench's seconds. */
const TIMES = 5
const LOOK_MS = 250
/** Enough to say how much each takes. */
const SAMPLE = 100
const NODES = 4

export async function walk(bench: Bench, apps: number): Promise<void> {
  const { directory } = bench
  const shards = availableParallelism()
  const settings = { live_instances: Math.floor(LIVE / shards), image_cache_mb: 64 }
  {
    const fleet = await openFleet(bench, apps)
    await using server = await startFleet({ fleet, directory, shards, settings })
    await walkOver(bench, `NANO, ${LIVE} live of ${apps} apps`, server)
  }
  const fitting = await measureWorkerd(bench)
  {
    await using server = await startDistinctWorkerd(fitting, directory)
    await walkOver(bench, `workerd, all of ${fitting} apps`, server)
    addWorkerd(bench, fitting, server)
  }
  await using stack = new AsyncDisposableStack()
  const nodes: ServerProcess[] = []
  for (let i = 0; i < NODES; i++) nodes.push(stack.use(await startNode()))
  const each = nodes.reduce((sum, node) => sum + proportionalBytes(node), 0) / NODES / MIB
  const note = `${each.toFixed(1)} MiB each`
  bench.add({
    name: 'Node, apps that fit, a process each',
    value: Math.floor(BUDGET_MIB / each),
    unit: '',
    note,
  })
}

async function walkOver(bench: Bench, name: string, server: ServerProcess): Promise<void> {
  bench.tell(`walk over ${name}`)
  const { port, hosts } = server
  let most = 0
  const watch = setInterval(() => (most = Math.max(most, residentBytes(server))), LOOK_MS)
  const seconds = bench.seconds * TIMES
  const { rps, p50Ms, p99Ms, errors, firsts } = await load({
    port,
    hosts,
    connections: CONNECTIONS,
    seconds,
    order: 'zipf',
  })
  clearInterval(watch)
  bench.add({
    name: `walk: ${name}`,
    value: rps,
    unit: 'requests/s',
    p50Ms,
    p99Ms,
    note: `${(most / MIB).toFixed(0)} MiB at most${errors === 0 ? '' : `, ${errors} errors`}`,
  })
  bench.add({
    name: '  of that, the first request of an app',
    value: firsts!.p50Ms,
    unit: 'ms',
    p50Ms: firsts!.p50Ms,
    p99Ms: firsts!.p99Ms,
    note: `${firsts!.count} apps`,
  })
  if (errors > 0) throw new Error(`${name}: ${errors} errors`)
}

/** How many apps it holds in the budget. */
async function measureWorkerd(bench: Bench): Promise<number> {
  const measure = async (apps: number): Promise<number> => {
    await using server = await startDistinctWorkerd(apps, bench.directory)
    for (const host of server.hosts) await firstResponse(server.port, host)
    return addWorkerd(bench, apps, server)
  }
  const one = await measure(1)
  const each = ((await measure(SAMPLE)) - one) / (SAMPLE - 1)
  return Math.floor((BUDGET_MIB - one) / each)
}

/** Gives its memory. */
function addWorkerd(bench: Bench, apps: number, server: ServerProcess): number {
  const megabytes = residentBytes(server) / MIB
  const name = `workerd, ${apps} apps`
  const line = 'workerd, all live'
  bench.add({
    name: `${name}: start`,
    value: server.readyMs,
    unit: 'ms',
    at: { plot: 'start', line, x: apps },
  })
  bench.add({ name: `${name}: memory`, value: megabytes, unit: 'MiB', at: { plot: 'memory', line, x: apps } })
  return megabytes
}

function startDistinctWorkerd(apps: number, directory: string): Promise<ServerProcess> {
  const toModule = (number: number): string =>
    `export default { fetch() { return new Response('${toGreeting(number)}\\n') } }`
  return startWorkerd({ apps, directory, toModule })
}
