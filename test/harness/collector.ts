/** A collector of telemetry (OTLP over HTTP, JSON) that keeps what arrives, decoded. */

import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

type AnyValue = { stringValue?: string; intValue?: string; doubleValue?: number }
type Attributes = { key: string; value: AnyValue }[]

export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: Record<string, string | number>
  readonly status: { code?: number }
}

export interface Metric {
  readonly name: string
  readonly type: 'gauge' | 'sum' | 'histogram'
  readonly points: readonly (Record<string, unknown> & { attributes: Record<string, string | number> })[]
}

export interface Collector extends AsyncDisposable {
  readonly url: string
  readonly spans: Span[]
  readonly metrics: Metric[]
  /** Of each request. */
  readonly requests: {
    path: string
    headers: IncomingHttpHeaders
    resource: Record<string, string | number>
  }[]
  /** Statuses that come before 200. */
  readonly faults: number[]
}

interface Body {
  resourceSpans?: {
    resource: { attributes: Attributes }
    scopeSpans: { spans: (Omit<Span, 'attributes'> & { attributes: Attributes })[] }[]
  }[]
  resourceMetrics?: {
    resource: { attributes: Attributes }
    scopeMetrics: { metrics: Record<string, unknown>[] }[]
  }[]
}

export async function startCollector(): Promise<Collector> {
  const spans: Span[] = []
  const metrics: Metric[] = []
  const requests: Collector['requests'] = []
  const faults: number[] = []
  const take = ({ resourceSpans = [], resourceMetrics = [] }: Body): Record<string, string | number> => {
    for (const { scopeSpans } of resourceSpans) {
      for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
        spans.push({ ...span, attributes: toObject(span.attributes) })
      }
    }
    for (const { scopeMetrics } of resourceMetrics) metrics.push(...scopeMetrics.flatMap(toMetrics))
    const [first] = [...resourceSpans, ...resourceMetrics]
    return toObject(first?.resource.attributes ?? [])
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = (await json(request)) as Body
    const fault = faults.shift()
    if (fault === undefined) {
      requests.push({ path: request.url ?? '', headers: request.headers, resource: take(body) })
    }
    response.writeHead(fault ?? 200, { 'Content-Type': 'application/json' }).end('{}')
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    metrics,
    requests,
    faults,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function toMetrics({ metrics }: { metrics: Record<string, unknown>[] }): Metric[] {
  return metrics.map((metric) => {
    const type = (['gauge', 'sum', 'histogram'] as const).find((each) => each in metric)!
    const { dataPoints } = metric[type] as { dataPoints: { attributes: Attributes }[] }
    const points = dataPoints.map((point) => ({ ...point, attributes: toObject(point.attributes) }))
    return { name: String(metric['name']), type, points }
  })
}

function toObject(attributes: Attributes): Record<string, string | number> {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, doubleValue } }) => [
      key,
      stringValue ?? Number(intValue ?? doubleValue),
    ]),
  )
}
