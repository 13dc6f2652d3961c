/**
 * Every series that NANO tells of, once: what it is called, what it means and where it comes from. The text for
 * Prometheus, what goes out by OTLP, the docs and the tests are made of this table. Labels are names of the configuration,
 * of versions and of closed sets, never a tenant's text.
 */

import { readOwnMemory } from '../limits/process-memory.ts'
import { ANSWER_TIMES } from '../tenant/report.ts'
import { TURN_BOUNDS_MS } from '../tenant/turn-times.ts'
import { FLEET_SERIES } from './fleet-series.ts'
import { QUEUE_SERIES } from './queue-series.ts'
import { RUN_SERIES } from './run-series.ts'
import type { HostSnapshot } from './snapshot.ts'
import { VERSION_SERIES } from './version-series.ts'

export type Label = readonly [name: string, value: string]

/** One value. */
export interface NumberSample {
  readonly labels: readonly Label[]
  readonly value: number
}

/** How many were how long. */
export interface HistogramSample {
  readonly labels: readonly Label[]
  /** Not more than each bound and more than the one before; last, what is longer. */
  readonly counts: ArrayLike<number>
  readonly boundsMs: readonly number[]
  readonly sumMs: number
}

export type Sample = NumberSample | HistogramSample

export interface Series {
  readonly name: string
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  samples(snapshot: HostSnapshot): Iterable<Sample>
}

const MS_PER_SECOND = 1000

function ofHost(
  name: string,
  kind: 'counter' | 'gauge',
  help: string,
  read: (snapshot: HostSnapshot) => number,
): Series {
  return { name, kind, help, labels: [], samples: (snapshot) => [{ labels: [], value: read(snapshot) }] }
}

/** The same, told by a label of a closed set. */
function byLabel(
  name: string,
  kind: 'counter' | 'gauge',
  help: string,
  label: string,
  read: (snapshot: HostSnapshot) => Readonly<Record<string, number>>,
): Series {
  return {
    name,
    kind,
    help,
    labels: [label],
    samples: (snapshot) =>
      Object.entries(read(snapshot)).map(([key, value]) => ({ labels: [[label, key]], value })),
  }
}

const TURN_SERIES: Series = {
  name: 'nano_turn_seconds',
  kind: 'histogram',
  help: 'How long calls into instances take.',
  labels: [],
  samples: ({ turns }) =>
    turns.counts.length === 0
      ? []
      : [{ labels: [], counts: turns.counts, boundsMs: TURN_BOUNDS_MS, sumMs: turns.totalMs }],
}

const DELAY_SERIES: Series = {
  name: 'nano_shard_event_loop_delay_seconds',
  kind: 'gauge',
  help: 'How late a shard came to what was due since it was asked last; quantile 1 is the longest.',
  labels: ['shard', 'quantile'],
  *samples({ reports }) {
    for (const [name, { delay }] of reports) {
      const quantiles = { '0.5': delay.p50Ms, '0.99': delay.p99Ms, '1': delay.maxMs }
      for (const [quantile, ms] of Object.entries(quantiles)) {
        const labels: Label[] = [
          ['shard', name.replace('shard ', '')],
          ['quantile', quantile],
        ]
        yield { labels, value: ms / MS_PER_SECOND }
      }
    }
  },
}

const HOST_SERIES: readonly Series[] = [
  ofHost('nano_uptime_seconds', 'counter', 'Server uptime in seconds.', ({ uptimeSeconds }) => uptimeSeconds),
  ofHost(
    'nano_process_memory_bytes',
    'gauge',
    'Memory of the process, with what apps share counted once or not at all.',
    () => readOwnMemory(),
  ),
  ofHost('nano_request_latency_ms_avg', 'gauge', 'Average request latency in milliseconds.', toAverageMs),
  ofHost('nano_request_latency_ms_min', 'gauge', 'Minimum request latency in milliseconds.', (snapshot) => {
    const least = Math.min(...answersOf(snapshot, 'minMs'))
    return Number.isFinite(least) ? least : 0
  }),
  ofHost('nano_request_latency_ms_max', 'gauge', 'Maximum request latency in milliseconds.', (snapshot) =>
    Math.max(0, ...answersOf(snapshot, 'maxMs')),
  ),
  ofHost(
    'nano_unrouted_requests_total',
    'counter',
    "Requests that were no app's: an unknown host name, or malformed.",
    (snapshot) => answersOf(snapshot, 'unrouted').reduce((sum, count) => sum + count, 0),
  ),
  ofHost('nano_shards', 'gauge', 'Shards that there should be.', ({ shards }) => shards.wanted),
  ofHost('nano_shards_ready', 'gauge', 'Shards that listen.', ({ shards }) => shards.listening),
  ofHost(
    'nano_shard_restarts_total',
    'counter',
    'How often a shard was started again.',
    ({ shards }) => shards.restarts,
  ),
  DELAY_SERIES,
  TURN_SERIES,
  byLabel('nano_apps', 'gauge', 'Apps by what becomes of their requests.', 'state', ({ apps }) => apps),
  ofHost('nano_engines', 'gauge', 'Engines that are served.', ({ engines }) => engines),
  byLabel(
    'nano_engine_openings_total',
    'counter',
    'Engines that were generated, and compiled.',
    'step',
    ({ engineCounters: { generates, compiles } }) => ({ generated: generates, compiled: compiles }),
  ),
  byLabel(
    'nano_image_loads_total',
    'counter',
    'Images that were loaded: from the disk, made again of components, made for an env.',
    'from',
    ({ images: { loads, remakes, made } }) => ({ disk: loads, component: remakes, env: made }),
  ),
  ofHost(
    'nano_image_evictions_total',
    'counter',
    'Images given up because others were needed since.',
    ({ images }) => images.evictions,
  ),
  ofHost(
    'nano_image_cache_bytes',
    'gauge',
    'Images that are held in memory, what they share apart.',
    ({ images }) => images.bytes,
  ),
  byLabel(
    'nano_tls_certificate_expiry_timestamp_seconds',
    'gauge',
    'When a certificate of the tenants’ port expires, in seconds since 1970.',
    'file',
    ({ certificates }) =>
      Object.fromEntries(certificates.map(({ file, notAfter }) => [file, notAfter / MS_PER_SECOND])),
  ),
  byLabel(
    'nano_deploys_total',
    'counter',
    'Versions that were to be served, by what came of it.',
    'result',
    ({ deploys: { served, failed } }) => ({ served, failed }),
  ),
]

/** All of them. */
export const SERIES: readonly Series[] = [
  ...VERSION_SERIES,
  ...RUN_SERIES,
  ...QUEUE_SERIES,
  ...FLEET_SERIES,
  ...HOST_SERIES,
]

function toAverageMs({ versions }: HostSnapshot): number {
  const { at, boundsMs } = ANSWER_TIMES
  let count = 0
  let sum = 0
  for (const { row } of versions) {
    for (let i = 0; i <= boundsMs.length; i++) count += row[at + i]!
    sum += row[at + boundsMs.length + 1]!
  }
  return count === 0 ? 0 : sum / count
}

function answersOf({ reports }: HostSnapshot, key: 'minMs' | 'maxMs' | 'unrouted'): number[] {
  return Array.from(reports.values(), ({ answers }) => answers[key])
}
