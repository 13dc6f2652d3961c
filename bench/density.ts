/**
 * Many distinct apps on one machine, most of which rest: what it costs that they are registered, to deploy one more, and
 * to ask those that rest. Whatever is measured at several numbers of apps should come to the same at each.
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { DistinctApps } from '../test/harness/distinct.ts'
import { median, MIB, quantile } from './figure.ts'
import type { Bench, Figure } from './figure.ts'
import { firstResponse } from './first-response.ts'
import { openFleet } from './fleet.ts'
import type { Fleet } from './fleet.ts'
import { load } from './load.ts'
import { neighbour } from './neighbour.ts'
import { startFleet } from './nano.ts'
import type { NanoProcess } from './nano.ts'
import { cpuMs, residentBytes } from './server-process.ts'
import { walk } from './walk.ts'

const APPS = [10, 1000, 10_000]
const QUICK_APPS = [10, 1000]
const STARTS = 3
const DEPLOYS = 5
const FIRSTS = 100
/** Of an app that is asked for longer than any of the others. */
const CONNECTIONS = 8
/** What a start leaves behind goes within so much. */
const SETTLE_MS = 3000

export async function density(bench: Bench): Promise<void> {
  const counts = bench.isQuick ? QUICK_APPS : APPS
  for (const apps of counts) await registered(bench, apps)
  await neighbour(bench)
  await walk(bench, counts.at(-1)!)
}

async function registered(bench: Bench, apps: number): Promise<void> {
  const fleet = await openFleet(bench, apps)
  bench.tell(`${apps} apps: starting`)
  const add = (name: string, value: number, unit: Figure['unit'], more: Partial<Figure> = {}): void =>
    bench.add({ name: `${apps} apps: ${name}`, value, unit, ...more })
  const start = () => startFleet({ fleet, directory: bench.directory, shards: 1 })
  const starts: number[] = []
  for (let i = 1; i < STARTS; i++) {
    await using server = await start()
    starts.push(server.readyMs)
  }
  await using server = await start()
  starts.push(server.readyMs)
  add('start to listening', median(starts), 'ms', toPlace('start', 'NANO', apps))
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  add('memory, none live', residentBytes(server) / MIB, 'MiB', toPlace('memory', 'NANO, none live', apps))
  await oneAsked(bench, fleet, server, add)
  await deployOneMore(bench, fleet, server, add)
  await firstResponses(bench, fleet, server, add)
}

type Add = (name: string, value: number, unit: Figure['unit'], more?: Partial<Figure>) => void

/** Each of them is new to the server, engine and base image apart. */
async function deployOneMore(bench: Bench, { cache }: Fleet, server: NanoProcess, add: Add): Promise<void> {
  bench.tell('deploying one more')
  const distinct = new DistinctApps(bench.component, cache)
  const path = join(bench.directory, 'one-more.wasm')
  const times: number[] = []
  const names = Array.from({ length: DEPLOYS }, (_, i) => `more-${i}`)
  const before = cpuMs(server)
  for (const name of names) {
    // nobody has deployed it, in another run either
    writeFileSync(path, distinct.component(Date.now() % 1_000_000))
    times.push(await server.deploy({ name, path }))
  }
  const each = (cpuMs(server) - before) / DEPLOYS
  for (const name of names) await server.remove(name)
  add('deploy of one more', median(times), 'ms', { note: `${each.toFixed(0)} ms of processor time` })
}

/** One after the other, of apps that nobody has asked yet. */
async function firstResponses(bench: Bench, fleet: Fleet, server: NanoProcess, add: Add): Promise<void> {
  // the first of all has been asked
  const [, ...hosts] = fleet.hosts
  const step = Math.max(1, Math.floor(hosts.length / FIRSTS))
  const asked = hosts.filter((_, i) => i % step === 0).slice(0, FIRSTS)
  bench.tell(`first responses of ${asked.length} apps`)
  const apps = fleet.hosts.length
  const times: number[] = []
  for (const host of asked) times.push(await firstResponse(server.port, host))
  const [p50Ms, p99Ms] = [quantile(times, 0.5), quantile(times, 0.99)]
  add('first response', p50Ms, 'ms', { p50Ms, p99Ms, ...toPlace('cold-start', 'NANO, p50', apps) })
  add('first response, p99', p99Ms, 'ms', toPlace('cold-start', 'NANO, p99', apps))
}

/** Nobody else is live yet, however many there are. */
async function oneAsked(bench: Bench, { hosts }: Fleet, server: NanoProcess, add: Add): Promise<void> {
  bench.tell('load on one of them')
  const plan = {
    port: server.port,
    hosts: hosts.slice(0, 1),
    connections: CONNECTIONS,
    seconds: bench.seconds,
  }
  await load(plan)
  const before = cpuMs(server)
  const { requests } = await load(plan)
  add('processor time of a request to one', ((cpuMs(server) - before) / requests) * 1000, 'us')
}

function toPlace(plot: string, line: string, apps: number): Pick<Figure, 'at'> {
  return { at: { plot, line, x: apps } }
}
