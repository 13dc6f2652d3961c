/**
 * Requests per second and latency under load, NANO and its peers in turn (A B C, A B C, ...) because a machine's speed
 * drifts; figures are medians of the rounds, ratios medians of the rounds' ratios. The load generator shares the
 * machine with the server, which costs a server with several threads more than one with a single thread.
 */

import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { buildApp } from '../host/build/build.ts'
import { median } from './figure.ts'
import type { Bench } from './figure.ts'
import { firstResponse } from './first-response.ts'
import { load } from './load.ts'
import type { LoadPlan, LoadRequest, LoadResult } from './load.ts'
import { startNano } from './nano.ts'
import type { NanoOptions, NanoProcess } from './nano.ts'
import { buildForJco, startJcoServe } from './peers/jco-serve.ts'
import { startNode } from './peers/node.ts'
import { startWorkerd } from './peers/workerd.ts'
import type { ServerProcess } from './server-process.ts'

interface Contender {
  readonly name: string
  readonly start: () => Promise<ServerProcess>
}

const CONNECTIONS = 64
const ROUNDS = 3
const MANY = 200
/** Load before the first round, in units of a round: many apps need more to be called often enough each. */
const WARM_UP = { one: 1, many: 5 }

export async function rps(bench: Bench): Promise<void> {
  const shards = availableParallelism()
  const nano = (apps: number, count: number): Contender => ({
    name: `NANO, ${toCount(apps, 'app')}, ${toCount(count, 'shard')}`,
    start: () => startWarmNano({ ...bench, apps, shards: count }),
  })
  const workerd = (apps: number): Contender => ({
    name: `workerd, ${apps === 1 ? '1 app' : `${apps} apps behind a router`}`,
    start: () => startWorkerd({ apps, directory: bench.directory }),
  })
  const counts = shards === 1 ? [1] : [1, shards]
  await compare(bench, [
    ...counts.map((count) => nano(1, count)),
    workerd(1),
    {
      name: 'jco serve (instance per request), 1 app',
      start: async () => startJcoServe(await buildForJco(bench.directory)),
    },
    { name: 'Node, 1 app', start: startNode },
  ])
  await compare(bench, [...counts.map((count) => nano(MANY, count)), workerd(MANY)])
  await readers(bench, 1, 1)
  await readers(bench, MANY, 2)
}

/** An app that reads what most apps read. */
async function readers(bench: Bench, apps: number, shards: number): Promise<void> {
  const { directory } = bench
  const path = fileURLToPath(new URL('apps/reader.js', import.meta.url))
  const component = join(directory, 'reader.wasm')
  await buildApp({ entry: path, outFile: component })
  const env = { GREETING: 'Hello', NAME: 'reader' }
  const source = readFileSync(path, 'utf8')
  await compare(bench, [
    {
      name: `NANO, reader, ${toCount(apps, 'app')}, ${toCount(shards, 'shard')}`,
      start: () => startWarmNano({ directory, component, apps, shards, settings: { env } }),
    },
    {
      name: `workerd, reader, ${toCount(apps, 'app')}`,
      start: () => startWorkerd({ apps, directory, toModule: () => source, env }),
    },
  ])
}

interface Run {
  readonly name: string
  readonly server: ServerProcess
  readonly results: LoadResult[]
}

/**
 * Load on each in turn, with each maker of load. What begins with NANO is set in relation to the others. `request`: what is
 * asked.
 */
export async function compare(
  bench: Bench,
  contenders: readonly Contender[],
  request?: LoadRequest,
): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const servers: { name: string; server: ServerProcess }[] = []
  const failures: unknown[] = []
  const toPlan = ({ port, hosts }: ServerProcess, times = 1): LoadPlan => ({
    port,
    hosts,
    request,
    connections: CONNECTIONS,
    seconds: bench.seconds * times,
  })
  for (const { name, start } of contenders) {
    bench.tell(`starting ${name}`)
    try {
      const server = stack.use(await start())
      servers.push({ name, server })
      await load(toPlan(server, server.hosts.length > 1 ? WARM_UP.many : WARM_UP.one))
    } catch (error) {
      failures.push(error)
      bench.add({ name, value: undefined, unit: 'requests/s', note: toReason(error) })
    }
  }
  for (const maker of bench.loadMakers) {
    const suffix = maker.name === 'wrk' ? ', wrk' : ''
    const runs: Run[] = servers.map(({ name, server }) => ({ name: name + suffix, server, results: [] }))
    for (let round = 1; round <= ROUNDS; round++) {
      for (const { name, server, results } of runs) {
        bench.tell(`load on ${name}, round ${round} of ${ROUNDS}`)
        results.push(await maker.run(toPlan(server)))
      }
    }
    failures.push(...runs.flatMap((run) => addRun(bench, run)))
    addRatios(bench, runs)
  }
  if (failures.length > 0) throw new AggregateError(failures, failures.map(toReason).join('; '))
}

/** Gives what went wrong. */
function addRun(bench: Bench, { name, results }: Run): Error[] {
  const errors = results.reduce((sum, result) => sum + result.errors, 0)
  bench.add({
    name,
    value: median(results.map((result) => result.rps)),
    unit: 'requests/s',
    p50Ms: median(results.map((result) => result.p50Ms)),
    p99Ms: median(results.map((result) => result.p99Ms)),
    ...(errors > 0 ? { note: toCount(errors, 'error') } : {}),
  })
  return [
    ...(results.some((result) => result.requests === 0) ? [new Error(`${name}: no answers`)] : []),
    ...(errors > 0 ? [new Error(`${name}: ${toCount(errors, 'error')}`)] : []),
  ]
}

function addRatios(bench: Bench, runs: readonly Run[]): void {
  for (const ours of runs.filter(({ name }) => name.startsWith('NANO'))) {
    for (const theirs of runs.filter(({ name }) => !name.startsWith('NANO'))) {
      const ratios = ours.results.map((result, i) => result.rps / theirs.results[i]!.rps)
      bench.add({ name: `${ours.name} / ${theirs.name.split(',')[0]}`, value: median(ratios), unit: 'x' })
    }
  }
}

/** Every tenant has its instance, at its home. Those with load spread while it is on. */
async function startWarmNano(options: NanoOptions): Promise<NanoProcess> {
  const server = await startNano(options)
  for (const host of server.hosts) await firstResponse(server.port, host)
  return server
}

function toCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function toReason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!
}
