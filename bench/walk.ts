/**
 * A random walk of requests over all apps that are registered, with about a gigabyte of memory: a few apps are asked all
 * the time, and most seldom (Zipf). NANO keeps those live that were asked last. workerd keeps all of them, and plain Node has
 * a process for each, which its clients find by its port; both get as many as fit.
 */

import { availableParallelism } from 'node:os'

import { MIB, quantile } from './figure.ts'
import type { Bench, Figure } from './figure.ts'
import { firstResponse } from './first-response.ts'
import { openFleet } from './fleet.ts'
import { load } from './load.ts'
import type { LoadPlan } from './load.ts'
import { startFleet } from './nano.ts'
import { startNode } from './peers/node.ts'
import { startDistinctWorkerd } from './peers/workerd.ts'
import { residentBytes } from './server-process.ts'
import type { ServerProcess } from './server-process.ts'

const BUDGET_MIB = 1024
/** Of NANO, all shards together: with what they grow to while they work they stay within it. */
const LIVE = 200
/** Of images that were loaded. */
const IMAGES_MB = 16
const CONNECTIONS = 16
/** In units of the bench's seconds. */
const TIMES = 5
const LOOK_MS = 250
/** Enough to say how much each takes. */
const SAMPLE = 100
const NODES = 4
const ALL = 'all that fit'

export async function walk(bench: Bench, apps: number): Promise<void> {
  const { directory } = bench
  const shards = availableParallelism()
  const settings = { live_instances: Math.floor(LIVE / shards), image_cache_mb: IMAGES_MB }
  {
    const fleet = await openFleet(bench, apps)
    await using server = await startFleet({ fleet, directory, shards, settings })
    await walkOver(bench, 'NANO', server, () => residentBytes(server))
  }
  const fitting = await measureWorkerd(bench)
  {
    await using server = await startDistinctWorkerd(fitting, directory)
    await walkOver(bench, 'workerd', server, () => residentBytes(server))
  }
  await walkOverNodes(bench)
}

type Walked = Pick<LoadPlan, 'port' | 'hosts' | 'ports'>

async function walkOver(
  bench: Bench,
  who: string,
  { port, hosts, ports }: Walked,
  toBytes: () => number,
): Promise<void> {
  bench.tell(`walk over ${hosts.length} apps of ${who}`)
  let most = 0
  const watch = setInterval(() => (most = Math.max(most, toBytes())), LOOK_MS)
  const seconds = bench.seconds * TIMES
  const plan: LoadPlan = { port, hosts, ports, connections: CONNECTIONS, seconds, order: 'zipf' }
  const { rps, p50Ms, p99Ms, errors, firsts } = await load(plan)
  clearInterval(watch)
  const note = errors === 0 ? '' : `${errors} errors`
  bench.add({ name: `walk: ${who}, apps`, value: hosts.length, unit: '' })
  bench.add({ name: `walk: ${who}`, value: rps, unit: 'requests/s', p50Ms, p99Ms, note })
  const { count, ...first } = firsts!
  const name = `walk: ${who}, first request of an app`
  bench.add({ name, value: first.p50Ms, unit: 'ms', ...first, note: `${count} apps` })
  bench.add({ name: `walk: ${who}, memory at most`, value: most / MIB, unit: 'MiB' })
  if (errors > 0) throw new Error(`walk: ${who}: ${errors} errors`)
}

/** How many apps it holds in the budget. */
async function measureWorkerd(bench: Bench): Promise<number> {
  const measure = async (apps: number, name?: string): Promise<number> => {
    await using server = await startDistinctWorkerd(apps, bench.directory)
    const times: number[] = []
    for (const host of server.hosts) times.push(await firstResponse(server.port, host))
    const mib = residentBytes(server) / MIB
    const add = adder(bench, 'workerd', apps, name)
    add('start', server.readyMs, 'ms', { plot: 'start', line: 'workerd, all live' })
    add('memory', mib, 'MiB', { plot: 'memory', line: 'workerd, all live' })
    add('first response', quantile(times, 0.5), 'ms', { plot: 'cold-start', line: 'workerd, p50' })
    add('first response, p99', quantile(times, 0.99), 'ms', { plot: 'cold-start', line: 'workerd, p99' })
    return mib
  }
  const one = await measure(1)
  const each = ((await measure(SAMPLE)) - one) / (SAMPLE - 1)
  const fitting = Math.floor((BUDGET_MIB - one) / each)
  await measure(fitting, ALL)
  return fitting
}

async function walkOverNodes(bench: Bench): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const nodes: ServerProcess[] = []
  const toBytes = (): number => nodes.reduce((sum, node) => sum + residentBytes(node), 0)
  const start = async (count: number): Promise<void> => {
    while (nodes.length < count) nodes.push(stack.use(await startNode()))
    for (const { port, hosts } of nodes) await firstResponse(port, hosts[0]!)
  }
  await start(NODES)
  const fitting = Math.floor((BUDGET_MIB * MIB * NODES) / toBytes())
  bench.tell(`starting ${fitting} processes of Node`)
  await start(fitting)
  const add = adder(bench, 'Node', fitting, ALL)
  add('memory', toBytes() / MIB, 'MiB', { plot: 'memory', line: 'Node, a process each' })
  const walked = { port: 0, hosts: nodes.flatMap(({ hosts }) => hosts), ports: nodes.map(({ port }) => port) }
  await walkOver(bench, 'Node', walked, toBytes)
}

type Add = (
  what: string,
  value: number,
  unit: Figure['unit'],
  at: { readonly plot: string; readonly line: string },
) => void

/** What a peer takes with so many apps. */
function adder(bench: Bench, who: string, apps: number, name = `${apps} apps`): Add {
  return (what, value, unit, at) =>
    bench.add({ name: `${who}, ${name}: ${what}`, value, unit, at: { ...at, x: apps } })
}
