/**
 * The rows of the bench's table: what is asked of many apps on one machine, which figures answer it, and what is aimed at.
 * Figures are known by their part and name.
 */

import { MIB } from './figure.ts'
import type { Figure } from './figure.ts'

/** Of a figure. */
export interface Sought {
  readonly part: string
  readonly name: string
  readonly of: 'value' | 'p50Ms' | 'p99Ms'
}

export interface Row {
  readonly name: string
  readonly unit: Figure['unit']
  readonly nano: Sought
  /** NANO's figure is given in relation to this one of its own. */
  readonly over?: Sought
  readonly workerd?: Sought
  readonly node?: Sought
  readonly aim?: Aim
  /** Is measured by wrk as well, where it is installed. */
  readonly byLoad?: true
}

export type Aim =
  /** Of NANO's figure. */
  | { readonly most: number }
  /** Of NANO's to Node's. */
  | { readonly leastOfNode: number }
  /** Of NANO's to workerd's. */
  | { readonly leastOfWorkerd: number }
  | { readonly mostOfWorkerd: number }

/** What is the same may differ by so much: a machine's speed drifts. */
const SAME = { most: 1.2 }
const LIVE = [1, 8, 32, 100, 200]
/** 30 us, on a machine on which workerd takes 31. */
const ONE_LIVE = 0.97
const APPS = 10_000
const FEWEST_APPS = 10
const REGISTERED_BYTES = 300e6
const GIGABYTE_MIB = 1024
/** With the least that is aimed at, of workerd's requests per second. */
const REAL = [
  ['jose verify', 0.88],
  ['Hono + zod POST', 0.25],
  ['Preact, 50 rows', 0.1],
  ['React, 200 rows', 0.048],
  ['Markdown, 10 kB', 0.04],
] as const
/** Of memory, and the most bytes of it. */
const TENANTS = [
  ['each live tenant', 3e6],
  ['each live tenant that works', 8e6],
] as const

type Find = (name: string, of?: Sought['of']) => Sought

const [cpu, rps, density, memory, coldStart, real, turn] = (
  ['cpu', 'rps', 'density', 'memory', 'cold-start', 'real', 'turn'] as const
).map((part): Find => (name, of = 'value') => ({ part, name, of })) as [
  Find,
  Find,
  Find,
  Find,
  Find,
  Find,
  Find,
]

const PROCESSOR: Row[] = [
  ...LIVE.map((apps): Row => ({
    name: `processor time of a request, ${apps} live in turn`,
    unit: 'us',
    nano: cpu(`NANO, ${apps} live in turn`),
    workerd: cpu(`workerd, ${apps} live in turn`),
    byLoad: true,
    ...(apps === 1 ? { aim: { mostOfWorkerd: ONE_LIVE } } : {}),
  })),
  {
    name: 'the same, 200 live to 1',
    unit: 'x',
    nano: cpu('NANO, 200 live in turn'),
    over: cpu('NANO, 1 live in turn'),
    byLoad: true,
    aim: { most: 2 },
  },
]

const THROUGHPUT: Row[] = [
  {
    name: 'hello, 1 app, 1 thread',
    unit: 'requests/s',
    nano: rps('NANO, 1 app, 1 shard'),
    workerd: rps('workerd, 1 app'),
    node: rps('Node, 1 app'),
    byLoad: true,
  },
  {
    name: 'reads URL, env and headers, 1 app, 1 thread',
    unit: 'requests/s',
    nano: rps('NANO, reader, 1 app, 1 shard'),
    workerd: rps('workerd, reader, 1 app'),
    byLoad: true,
    aim: { leastOfWorkerd: 1.25 },
  },
  {
    name: 'the same, 200 apps, two shards',
    unit: 'requests/s',
    nano: rps('NANO, reader, 200 apps, 2 shards'),
    workerd: rps('workerd, reader, 200 apps'),
    byLoad: true,
    aim: { leastOfWorkerd: 2 },
  },
]

const REGISTERED: Row[] = [
  ...[1000, APPS].flatMap((apps): Row[] => [
    {
      name: `memory, none of ${apps} live; peers: all that fit`,
      unit: 'MiB',
      nano: density(`${apps} apps: memory, none live`),
      workerd: density('workerd, all that fit: memory'),
      node: density('Node, all that fit: memory'),
      ...(apps === APPS ? { aim: { most: Math.floor(REGISTERED_BYTES / MIB) } } : {}),
    },
    {
      name: `start, ${apps} registered; workerd: all that fit`,
      unit: 'ms',
      nano: density(`${apps} apps: start to listening`),
      workerd: density('workerd, all that fit: start'),
      ...(apps === APPS ? { aim: { most: 2000 } } : {}),
    },
  ]),
  ...['deploy of one more', 'processor time of a request to one'].map((what): Row => ({
    name: `${what}, ${APPS} to ${FEWEST_APPS}`,
    unit: 'x',
    nano: density(`${APPS} apps: ${what}`),
    over: density(`${FEWEST_APPS} apps: ${what}`),
    aim: SAME,
  })),
]

const LIVE_APPS: Row[] = [
  ...TENANTS.map(([what, bytes]): Row => ({
    name: `memory, ${what}`,
    unit: 'MiB',
    nano: memory(`NANO, ${what}`),
    workerd: memory(`workerd, ${what}`),
    node: memory('Node, process with 1 app'),
    aim: { most: Math.round((bytes / MIB) * 10) / 10 },
  })),
  ...(['p50Ms', 'p99Ms'] as const).map((of): Row => ({
    name: `first response, new tenant, 200 live, ${of.slice(0, 3)}`,
    unit: 'ms',
    nano: coldStart('NANO, new tenant, 200 live', of),
    workerd: coldStart('workerd, first response, 200 asked', of),
    node: coldStart('Node, new process', of),
    ...(of === 'p99Ms' ? { aim: { most: 3 } } : {}),
  })),
]

const REAL_APPS: Row[] = [
  ...REAL.map(([name, leastOfWorkerd]): Row => ({
    name,
    unit: 'requests/s',
    nano: real(`NANO, ${name}, 1 shard`),
    workerd: real(`workerd, ${name}`),
    byLoad: true,
    aim: { leastOfWorkerd },
  })),
  {
    name: 'React, 200 rows, response cache',
    unit: 'requests/s',
    nano: real('NANO, React, 200 rows, response cache'),
    workerd: real('workerd, React, 200 rows, beside the cache'),
    node: real('Node, hello'),
    byLoad: true,
    aim: { leastOfNode: 1 },
  },
]

const WALK: Row[] = (
  [
    ['throughput', 'requests/s', ''],
    ['p50', 'ms', '', 'p50Ms'],
    ['p99', 'ms', '', 'p99Ms'],
    ['first requests, p50', 'ms', ', first request of an app', 'p50Ms'],
    ['first requests, p99', 'ms', ', first request of an app', 'p99Ms'],
    ['memory at most', 'MiB', ', memory at most', 'value', { most: GIGABYTE_MIB }],
    ['apps', '', ', apps'],
  ] as const
).map(([name, unit, figure, of, aim]): Row => ({
  name: `walk in a gigabyte, ${name}`,
  unit,
  nano: density(`walk: NANO${figure}`, of),
  workerd: density(`walk: workerd${figure}`, of),
  node: density(`walk: Node${figure}`, of),
  ...(aim === undefined ? {} : { aim }),
}))

const NEIGHBOUR: Row[] = [8, 64].map((clients): Row => ({
  name: `neighbour's p99, ${clients} clients, 200 apps come up`,
  unit: 'x',
  nano: density(`NANO, 1 shard: neighbour with ${clients} clients, 200 come up`),
  workerd: density(`workerd: neighbour with ${clients} clients, 200 come up`),
  aim: { most: 2 },
}))

/** What of it is the machine's. */
const APART: Row[] = [8, 64].map((clients): Row => ({
  name: `the same, ${clients} clients, which have a server of their own`,
  unit: 'x',
  nano: density(`NANO, a server of its own: neighbour with ${clients} clients, 200 come up`),
}))

const ISOLATION: Row[] = [
  {
    name: 'isolation: request, processor time',
    unit: 'us',
    nano: turn('isolation: request, 1 open: processor time'),
  },
  {
    name: 'the same, to isolation: instance',
    unit: 'x',
    nano: turn('isolation: request, 1 open: processor time'),
    over: turn('isolation: instance, 1 open: processor time'),
  },
]

export const ROWS: readonly Row[] = [
  ...PROCESSOR,
  ...THROUGHPUT,
  ...REGISTERED,
  ...LIVE_APPS,
  ...REAL_APPS,
  ...WALK,
  ...NEIGHBOUR,
  ...APART,
  ...ISOLATION,
]
