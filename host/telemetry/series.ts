/**
 * Every series that NANO tells of, once: what it is called, what it means and where it comes from. The text for
 * Prometheus, what goes out by OTLP, the docs and the tests are made of this table. Labels are names of the configuration,
 * of versions and of closed sets, never a tenant's text.
 */

import { DATA_KINDS } from '../bindings/data-counts.ts'
import type { DataCount, DataKind } from '../bindings/data-counts.ts'
import { ERROR_CODES } from '../errors.ts'
import { ANSWER_CLASSES, ANSWER_TIMES, COLD_STARTS, TENANT_COUNTS, toColumn } from '../tenant/report.ts'
import type { HistogramColumns } from '../tenant/report.ts'
import type { TenantCounters } from '../tenant/tenant.ts'
import { TURN_BOUNDS_MS } from '../tenant/turn-times.ts'
import { RUN_SERIES } from './run-series.ts'
import type { HostSnapshot } from './snapshot.ts'

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
const OF_VERSION = ['tenant', 'version'] as const

/** A column of a version's row, and what is told of it. */
interface Cell {
  readonly at: number
  readonly label?: Label
  /** What the column is divided by. */
  readonly per?: number
  /** It is told from its first count on. */
  readonly isRare?: boolean
}

function ofVersion(name: string, kind: 'counter' | 'gauge', help: string, cells: readonly Cell[]): Series {
  const label = cells[0]?.label?.[0]
  return {
    name,
    kind,
    help,
    labels: label === undefined ? OF_VERSION : [...OF_VERSION, label],
    *samples({ versions }) {
      for (const { app, version, row } of versions) {
        const labels: Label[] = [
          ['tenant', app],
          ['version', version],
        ]
        for (const { at, label: more, per = 1, isRare = false } of cells) {
          const value = row[at]! / per
          if (value === 0 && isRare) continue
          yield { labels: more === undefined ? labels : [...labels, more], value }
        }
      }
    },
  }
}

/** A single number of TENANT_COUNTS. */
function ofCount(name: string, key: keyof TenantCounters, per = 1): Series {
  const { kind, help } = TENANT_COUNTS[key]
  return ofVersion(name, kind, help, [{ at: toColumn.count(key), per }])
}

/** A number for each kind of store. */
function ofData(name: string, help: string, toKey: (kind: DataKind) => DataCount): Series {
  const cells = DATA_KINDS.map((kind): Cell => {
    return { at: toColumn.count(toKey(kind)), label: ['store', kind], isRare: true }
  })
  return ofVersion(name, 'counter', help, cells)
}

function ofTimes(name: string, help: string, { at, boundsMs }: HistogramColumns): Series {
  return {
    name,
    kind: 'histogram',
    help,
    labels: OF_VERSION,
    *samples({ versions }) {
      const sumAt = at + boundsMs.length + 1
      for (const { app, version, row } of versions) {
        const labels: Label[] = [
          ['tenant', app],
          ['version', version],
        ]
        yield { labels, counts: row.subarray(at, sumAt), boundsMs, sumMs: row[sumAt]! }
      }
    },
  }
}

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

const STOPS = [
  { at: toColumn.count('cpuStops'), label: ['reason', 'cpu'] },
  { at: toColumn.count('memoryStops'), label: ['reason', 'memory'] },
] as const

const CACHE = [
  { at: toColumn.count('cacheHits'), label: ['result', 'hit'], isRare: true },
  { at: toColumn.count('cacheMisses'), label: ['result', 'miss'], isRare: true },
  { at: toColumn.count('cacheStale'), label: ['result', 'stale'], isRare: true },
] as const

const VERSION_SERIES: readonly Series[] = [
  ofVersion(
    'nano_response_cache_requests_total',
    'counter',
    'Requests that met the response cache, by what it had.',
    CACHE,
  ),
  ofVersion(
    'nano_requests_total',
    'counter',
    'Requests that were answered, by the class of the status; none: the client left before.',
    ANSWER_CLASSES.map((name) => ({
      at: toColumn.answers(name),
      label: ['class', name],
      isRare: name !== '2xx' && name !== '5xx',
    })),
  ),
  ofVersion(
    'nano_errors_total',
    'counter',
    'Failed requests by what the client was told.',
    ERROR_CODES.map((code) => ({ at: toColumn.failures(code), label: ['code', code], isRare: true })),
  ),
  ofTimes(
    'nano_request_seconds',
    'From the request to the head of its answer, what it waits for included.',
    ANSWER_TIMES,
  ),
  ofCount('nano_cpu_seconds_total', 'cpuMs', MS_PER_SECOND),
  ofCount('nano_live_instances', 'liveInstances'),
  ofCount('nano_memory_bytes', 'memoryBytes'),
  ofCount('nano_held_bytes', 'heldBytes'),
  ofCount('nano_instances_created_total', 'instances'),
  ofTimes(
    'nano_cold_start_seconds',
    'From the request that found no instance to the end of the first turn of the new one.',
    COLD_STARTS,
  ),
  ofCount('nano_instances_evicted_total', 'evicted'),
  ofCount('nano_hand_overs_total', 'handOvers'),
  ofCount('nano_spreads_total', 'spreads'),
  ofCount('nano_traps_total', 'traps'),
  ofVersion('nano_stops_total', 'counter', 'Instances stopped, by the limit that they reached.', STOPS),
  ofCount('nano_backed_off_total', 'backedOff'),
  ofCount('nano_open_requests', 'openRequests'),
  ofCount('nano_queued_requests', 'queuedRequests'),
  ofCount('nano_subrequests_total', 'subrequests'),
  ofData('nano_data_calls_total', 'Calls of the app to its data.', (kind) => `${kind}Calls`),
  ofData(
    'nano_data_errors_total',
    'Calls to data that failed, refused ones included.',
    (kind) => `${kind}Errors`,
  ),
  ofData(
    'nano_data_read_bytes_total',
    'Bytes that the app was given of its data.',
    (kind) => `${kind}ReadBytes`,
  ),
  ofData(
    'nano_data_written_bytes_total',
    'Bytes that the app gave to be kept.',
    (kind) => `${kind}WrittenBytes`,
  ),
  ofCount('nano_instance_requests_total', 'requests'),
  ofCount('nano_turns_total', 'turns'),
  ofCount('nano_crossings_total', 'crossings'),
  ofCount('nano_ignored_calls_total', 'ignored'),
]

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
export const SERIES: readonly Series[] = [...VERSION_SERIES, ...RUN_SERIES, ...HOST_SERIES]

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
