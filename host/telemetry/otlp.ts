/** Spans and series as OTLP says them in JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). Pure. */

import type { SpanAttributes } from '../http/request-trace.ts'
import type { Sample, Series } from './series.ts'
import type { SpanRecord } from './tracer.ts'

const SCOPE = { name: 'nano-workers' }
const KINDS = { internal: 1, server: 2, client: 3 } as const
const ERROR = 2
/** Counted since the start. */
const CUMULATIVE = 2
const NS_PER_MS = 1_000_000n
const US_PER_MS = 1000
const MS_PER_SECOND = 1000

export function toTraces(resource: SpanAttributes, spans: readonly SpanRecord[]): object {
  const written = spans.map(({ traceId, spanId, parentId, name, kind, from, to, isError, attributes }) => ({
    traceId,
    spanId,
    ...(parentId !== undefined && { parentSpanId: parentId }),
    name,
    kind: KINDS[kind],
    startTimeUnixNano: toNanos(from),
    endTimeUnixNano: toNanos(to),
    attributes: toAttributes(attributes),
    status: isError ? { code: ERROR } : {},
  }))
  return {
    resourceSpans: [
      {
        resource: { attributes: toAttributes(resource) },
        scopeSpans: [{ scope: SCOPE, spans: written }],
      },
    ],
  }
}

/** Some samples of one series. */
export interface Written {
  readonly series: Pick<Series, 'name' | 'kind' | 'help'>
  readonly samples: readonly Sample[]
}

/** `from`: when counting began. Both in milliseconds since 1970. */
export function toMetrics(
  resource: SpanAttributes,
  written: readonly Written[],
  { from, now }: { readonly from: number; readonly now: number },
): object {
  const times = { startTimeUnixNano: toNanos(from), timeUnixNano: toNanos(now) }
  const metrics = written.map(({ series: { name, kind, help }, samples }) => {
    const dataPoints = samples.map((sample) => ({ ...toPoint(sample), ...times }))
    const counted = { aggregationTemporality: CUMULATIVE, dataPoints }
    if (kind === 'gauge') return { name, description: help, gauge: { dataPoints } }
    if (kind === 'histogram') return { name, description: help, unit: 's', histogram: counted }
    return { name, description: help, sum: { ...counted, isMonotonic: true } }
  })
  return {
    resourceMetrics: [
      { resource: { attributes: toAttributes(resource) }, scopeMetrics: [{ scope: SCOPE, metrics }] },
    ],
  }
}

function toPoint(sample: Sample): object {
  const attributes = toAttributes(Object.fromEntries(sample.labels))
  if ('value' in sample) return { attributes, asDouble: sample.value }
  const counts = Array.from(sample.counts)
  return {
    attributes,
    count: String(counts.reduce((sum, count) => sum + count, 0)),
    sum: sample.sumMs / MS_PER_SECOND,
    bucketCounts: counts.map(String),
    explicitBounds: sample.boundsMs.map((ms) => ms / MS_PER_SECOND),
  }
}

function toAttributes(attributes: SpanAttributes): object[] {
  return Object.entries(attributes).map(([key, value]) => {
    if (typeof value === 'string') return { key, value: { stringValue: value } }
    return { key, value: Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value } }
  })
}

/** To the microsecond, which is what a double holds. */
function toNanos(ms: number): string {
  return String((BigInt(Math.round(ms * US_PER_MS)) * NS_PER_MS) / BigInt(US_PER_MS))
}
