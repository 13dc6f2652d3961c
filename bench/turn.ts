/**
 * What a hello request costs in the server between the host's decision to enter the guest and its return: the guest's
 * own time and the crossings. One client: each turn is one request. Many clients: a turn takes all that wait, so the
 * time of a turn is divided by the requests in it.
 */

import type { Bench } from './figure.ts'
import { load } from './load.ts'
import { startNano } from './nano.ts'

const MANY = 64

export async function turn(bench: Bench): Promise<void> {
  const { component, directory, seconds } = bench
  await alone(bench)
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

/** With an instance for each of them. */
async function alone(bench: Bench): Promise<void> {
  const { component, directory, seconds } = bench
  bench.tell('turns with an instance for each request')
  const settings = { isolation: 'request' }
  await using server = await startNano({ component, directory, apps: 1, shards: 1, settings })
  const plan = { port: server.port, hosts: server.hosts, connections: 1, seconds }
  await load(plan)
  const { p50Ms, p99Ms, rps } = await load(plan)
  bench.add({
    name: 'hello with an instance for each request, 1 open',
    value: p50Ms,
    unit: 'ms',
    note: `p50, with the way there; p99 ${p99Ms.toFixed(1)} ms, ${rps.toFixed(0)} requests a second`,
  })
}
