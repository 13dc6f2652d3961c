/** Series of one version of an app each: columns of its row (tenant/report.ts), and how they are told. */

import { DATA_KINDS } from '../bindings/data-counts.ts'
import type { DataCount, DataKind } from '../bindings/data-counts.ts'
import { ERROR_CODES } from '../errors.ts'
import { AROUND_COUNTS } from '../tenant/around-counts.ts'
import type { AroundCounts } from '../tenant/around-counts.ts'
import { ANSWER_CLASSES, ANSWER_TIMES, COLD_STARTS, TENANT_COUNTS, toColumn } from '../tenant/report.ts'
import type { HistogramColumns } from '../tenant/report.ts'
import type { TenantCounters } from '../tenant/tenant.ts'
import type { Label, Series } from './series.ts'

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

const STOPS = [
  { at: toColumn.count('cpuStops'), label: ['reason', 'cpu'] },
  { at: toColumn.count('memoryStops'), label: ['reason', 'memory'] },
] as const

/** Numbers told apart by a label, those that are not 0. */
function ofSome(
  name: string,
  help: string,
  label: string,
  values: Readonly<Record<string, keyof AroundCounts>>,
): Series {
  const cells = Object.entries(values).map(([value, key]): Cell => {
    return { at: toColumn.count(key), label: [label, value], isRare: true }
  })
  return ofVersion(name, 'counter', help, cells)
}

function ofBytes(name: string, key: keyof AroundCounts): Series {
  return ofVersion(name, 'counter', AROUND_COUNTS[key], [{ at: toColumn.count(key), isRare: true }])
}

const AROUND_SERIES: readonly Series[] = [
  ofSome('nano_asset_requests_total', 'Requests answered by files of the app, by what they got.', 'result', {
    file: 'assetFiles',
    unchanged: 'assetUnchanged',
    redirect: 'assetRedirects',
    missing: 'assetMissing',
    refused: 'assetRefused',
  }),
  ofBytes('nano_asset_bytes_total', 'assetBytes'),
  ofSome(
    'nano_response_cache_requests_total',
    'Requests that met the response cache, by what it had.',
    'result',
    { hit: 'cacheHits', miss: 'cacheMisses', stale: 'cacheStale', bypass: 'cacheBypasses' },
  ),
  ofBytes('nano_response_cache_bytes_total', 'cacheBytes'),
  ofSome(
    'nano_response_cache_responses_total',
    'Responses in the response cache, by what became of them.',
    'event',
    { stored: 'cacheStored', evicted: 'cacheEvicted', purged: 'cachePurged' },
  ),
  ofSome('nano_cache_lookups_total', "Looks into the app's own caches, by what they found.", 'result', {
    hit: 'ownCacheHits',
    miss: 'ownCacheMisses',
  }),
  ofBytes('nano_cache_bytes_total', 'ownCacheBytes'),
  ofSome(
    'nano_cache_responses_total',
    "Responses in the app's own caches, by what became of them.",
    'event',
    { stored: 'ownCacheStored', evicted: 'ownCacheEvicted', purged: 'ownCachePurged' },
  ),
]

export const VERSION_SERIES: readonly Series[] = [
  ...AROUND_SERIES,
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
  ofCount('nano_tcp_connections_total', 'tcpConnections'),
  ofCount('nano_open_tcp_connections', 'openTcpConnections'),
  ofCount('nano_open_web_sockets', 'openWebSockets'),
  ofCount('nano_web_socket_messages_total', 'webSocketMessages'),
  ofCount('nano_web_socket_messages_sent_total', 'webSocketMessagesSent'),
  ofVersion('nano_rate_limit_calls_total', 'counter', 'Calls of rate limits, by what they gave.', [
    { at: toColumn.count('ratesAllowed'), label: ['result', 'allowed'], isRare: true },
    { at: toColumn.count('ratesLimited'), label: ['result', 'limited'], isRare: true },
  ]),
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
