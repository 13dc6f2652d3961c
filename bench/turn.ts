/**
 * What a hello request costs in the server between the host's decision to enter the guest and its return: the guest's
 * own time and the crossings. One client: each turn is one request. Many clients: a turn takes all that wait, so the
 * time of a turn is divided by the requests in it. And what it costs that each request has an instance of its own.
 */

import type { Bench } from './figure.ts'
import { load } from './load.ts'
import { startNano } from './nano.ts'
import { cpuMs } from './server-process.ts'

const MANY = 64
const US_PER_MS = 1000

export async function turn(bench: Bench): Promise<void> {
  const { component, directory, seconds } = bench
  await isolated(bench)
  for (const connections of [1, MANY]) {
    bench.tell(`turns with ${connections} open connections`)
    await using server = await startNano({ component, directory, apps: 1, shards: 1 })
    const plan = { port: server.port, hosts: server.hosts, connections, seconds }
    await load(plan)
    const before = await server.counters()
    await load(plan)
    const after = await server.counters()
    const inTurn = (after.requests - before.requests) / (after.turns - before.turns)
    bench.add({
      name: `guest and crossings for each hello, ${connections} open`,
      value: after.turnP50Us / inTurn,
      unit: 'us',
      note: `p50 of turns ${after.turnP50Us.toFixed(0)} us, p99 ${after.turnP99Us.toFixed(0)} us, ${inTurn.toFixed(1)} requests each`,
    })
  }
}

/** One client, with an instance for all of its requests, and with one for each. */
async function isolated(bench: Bench): Promise<void> {
  const { component, directory, seconds } = bench
  for (const isolation of ['instance', 'request']) {
    bench.tell(`an instance for ${isolation === 'request' ? 'each request' : 'all requests'}`)
    await using server = await startNano({
      component,
      directory,
      apps: 1,
      shards: 1,
      settings: { isolation },
    })
    const plan = { port: server.port, hosts: server.hosts, connections: 1, seconds }
    await load(plan)
    const before = cpuMs(server)
    const { requests, p50Ms, p99Ms, rps } = await load(plan)
    const name = `isolation: ${isolation}, 1 open`
    bench.add({ name, value: rps, unit: 'requests/s', p50Ms, p99Ms })
    const cpuUs = ((cpuMs(server) - before) / requests) * US_PER_MS
    bench.add({ name: `${name}: processor time`, value: cpuUs, unit: 'us' })
  }
}
