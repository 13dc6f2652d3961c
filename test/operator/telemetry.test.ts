/** Traces and series that go to a collector: what arrives there, of real apps behind real sockets. */

import { afterEach, beforeEach, describe, test } from 'vitest'

import { readTelemetry } from '../../host/telemetry/settings.ts'
import { startCollector } from '../harness/collector.ts'
import type { Collector, Span } from '../harness/collector.ts'
import { fetcher } from '../harness/fetcher.ts'
import { startNano } from '../harness/process.ts'
import { fixture, serve, waitFor } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'
import { startUpstream } from '../harness/upstream.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'
const APPS = [
  fetcher('fetcher'),
  { name: 'faults', hostname: 'faults.test', path: fixture('faults') },
  { name: 'ledger', hostname: 'ledger.test', path: fixture('ledger') },
]

let collector: Collector

beforeEach(async () => {
  collector = await startCollector()
})

afterEach(() => collector[Symbol.asyncDispose]())

function start(variables: Record<string, string> = {}, trustedProxies: string[] = []): Promise<Served> {
  const telemetry = readTelemetry({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...variables })
  return serve(APPS, 1, { telemetry, allowLoopback: true, trustedProxies })
}

const named = (name: string): Span[] => collector.spans.filter((span) => span.name === name)
const arrived = (name: string, count = 1): Promise<true> =>
  waitFor(() => named(name).length >= count || undefined, 10_000, collector.spans)

describe('a trace', () => {
  test('has a span for the request, and for its queue, cold start, turns and fetches', async ({ expect }) => {
    const heard: (string | string[] | undefined)[] = []
    await using upstream = await startUpstream((request, response) => {
      heard.push(request.headers['traceparent'])
      response.end('far')
    })
    await using server = await start({ OTEL_SERVICE_NAME: 'shop' })
    const { text, headers } = await server.send('fetcher.test', `/text?url=${upstream.url}/`)
    expect(text).toBe('far')
    await arrived('GET')
    const [request] = named('GET')
    expect(request).toMatchObject({
      kind: 2,
      status: {},
      attributes: {
        'http.request.method': 'GET',
        'http.response.status_code': 200,
        'url.scheme': 'http',
        'url.path': '/text',
        'server.address': 'fetcher.test',
        'nano.tenant': 'fetcher',
        'nano.version': '1',
      },
    })
    expect(request!.parentSpanId).toBeUndefined()
    // which the log and the far side know, too
    expect(request!.traceId).toBe(headers['x-request-id'])
    expect(heard).toEqual([`00-${request!.traceId}-${request!.spanId}-01`])
    expect(collector.spans.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['queue', 'cold start', 'turn', 'fetch', 'GET']),
    )
    // one that begins it, and one at least for the answer of the fetch
    expect(named('turn').length).toBeGreaterThan(1)
    for (const span of collector.spans) {
      expect(span.traceId).toBe(request!.traceId)
      if (span !== request) expect(span.parentSpanId).toBe(request!.spanId)
      expect(BigInt(span.startTimeUnixNano)).toBeLessThanOrEqual(BigInt(span.endTimeUnixNano))
      expect(Math.abs(Number(BigInt(span.startTimeUnixNano) / 1_000_000n) - Date.now())).toBeLessThan(60_000)
    }
    expect(named('fetch')[0]).toMatchObject({
      kind: 3,
      attributes: { 'server.address': '127.0.0.1', 'http.response.status_code': 200 },
    })
    const [first] = collector.requests
    expect([first!.path, first!.resource['service.name']]).toEqual(['/v1/traces', 'shop'])
    expect(new Set(collector.spans.map(({ spanId }) => spanId)).size).toBe(collector.spans.length)
  })

  test('says which requests and fetches failed', async ({ expect }) => {
    await using server = await start()
    await server.send('faults.test', '/throw')
    await server.send('fetcher.test', '/text?url=http://0.0.0.0:1/')
    await arrived('GET', 2)
    expect(
      named('GET').map(({ status, attributes }) => [status.code, attributes['http.response.status_code']]),
    ).toEqual([
      [2, 500],
      [2, 500],
    ])
    expect(named('fetch')[0]).toMatchObject({ status: { code: 2 } })
  })

  test('goes on from a trusted proxy, whose decision counts, and reaches the app', async ({ expect }) => {
    await using server = await start({}, ['127.0.0.1'])
    const ask = async (flags: string): Promise<string | undefined> => {
      const headers = { traceparent: `00-${TRACE}-${PARENT}-${flags}` }
      const answer = await server.send('ledger.test', '/headers', { headers })
      return Object.fromEntries(answer.json<[string, string][]>())['traceparent']
    }
    expect(await ask('00')).toBe(`00-${TRACE}-${PARENT}-00`)
    const seen = await ask('01')
    await arrived('GET')
    expect(named('GET')).toHaveLength(1)
    const [{ traceId, parentSpanId, spanId }] = named('GET') as [Span]
    expect([traceId, parentSpanId]).toEqual([TRACE, PARENT])
    expect(seen).toBe(`00-${TRACE}-${spanId}-01`)
  })

  test('begins here when somebody else says whose it is', async ({ expect }) => {
    await using server = await start()
    const headers = { traceparent: `00-${TRACE}-${PARENT}-00` }
    await server.send('ledger.test', '/headers', { headers })
    await arrived('GET')
    const [{ traceId, parentSpanId }] = named('GET') as [Span]
    expect([traceId === TRACE, parentSpanId]).toEqual([false, undefined])
  })

  test('is had of a part of the requests', async ({ expect }) => {
    const sampler = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' }
    await using server = await start(sampler)
    for (let i = 0; i < 200; i++) await server.send('ledger.test', '/url')
    await server.close()
    await waitFor(() => collector.metrics.length > 0 || undefined)
    expect(named('GET').length).toBeGreaterThan(20)
    expect(named('GET').length).toBeLessThan(90)
  })

  test('arrives although the collector is busy at first', async ({ expect }) => {
    collector.faults.push(503, 429)
    await using server = await start({ OTEL_METRICS_EXPORTER: 'none' })
    await server.send('ledger.test', '/url')
    await arrived('GET')
    expect([collector.faults, server.log.filter((line) => line.includes('telemetry'))]).toEqual([[], []])
  })

  test('that nobody takes is said once, and costs no request anything', async ({ expect }) => {
    const gone = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }
    await using server = await start(gone)
    for (let i = 0; i < 5; i++) expect((await server.send('ledger.test', '/url')).status).toBe(200)
    await waitFor(() => server.log.find((line) => line.includes('telemetry: cannot send')), 15_000)
    expect(server.log.filter((line) => line.includes('telemetry'))).toHaveLength(1)
  })
})

test('series arrive as they stand in /metrics, the last ones when the server ends', async ({ expect }) => {
  const server = await start({ OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%20b', OTEL_TRACES_EXPORTER: 'none' })
  for (let i = 0; i < 7; i++) await server.send('ledger.test', '/url')
  await server.close()
  const find = (name: string) => collector.metrics.find((metric) => metric.name === name)
  const [answers] = find('nano_requests_total')!.points.filter(
    ({ attributes }) => attributes['class'] === '2xx',
  )
  expect(answers).toMatchObject({ attributes: { tenant: 'ledger', version: '3', class: '2xx' }, asDouble: 7 })
  expect(find('nano_requests_total')!.type).toBe('sum')
  expect(find('nano_live_instances')!.type).toBe('gauge')
  const [times] = find('nano_request_seconds')!.points
  expect(times).toMatchObject({ attributes: { tenant: 'ledger' }, count: '7' })
  const { bucketCounts, explicitBounds } = times as unknown as Record<string, unknown[]>
  expect(bucketCounts).toHaveLength(explicitBounds!.length + 1)
  expect(collector.requests.map(({ path, headers }) => [path, headers['api-key']])).toEqual([
    ['/v1/metrics', 'a b'],
  ])
  expect(collector.spans).toEqual([])
})

test('the command line reads the standard variables', { timeout: 120_000 }, async ({ expect }) => {
  const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_RESOURCE_ATTRIBUTES: 'zone=here' }
  await using nano = await startNano('apps/nano.json', { env: variables })
  const { send } = await import('../harness/http.ts')
  await send(nano.port, { host: 'hello.localhost', path: '/' })
  nano.kill('SIGTERM')
  expect(await nano.exited).toBe(0)
  expect(named('GET')).toHaveLength(1)
  expect(collector.requests[0]!.resource).toMatchObject({ zone: 'here', 'service.name': 'nano-workers' })
})

describe('settings', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' }

  test('are none where no endpoint is named, or telemetry is off', ({ expect }) => {
    expect(readTelemetry({})).toBeUndefined()
    expect(readTelemetry({ ...endpoint, OTEL_SDK_DISABLED: 'true' })).toBeUndefined()
    const none = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' }
    expect(readTelemetry({ ...endpoint, ...none })).toBeUndefined()
  })

  test('are of each kind by itself, or of both', ({ expect }) => {
    const { traces, metrics } = readTelemetry({
      ...endpoint,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces:1/x',
      OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '300',
      OTEL_EXPORTER_OTLP_HEADERS: 'a=1,b=2',
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'b=3',
    })!
    expect(traces).toEqual({ url: 'https://traces:1/x', headers: { a: '1', b: '2' }, timeoutMs: 10_000 })
    expect(metrics).toEqual({
      url: 'http://collector:4318/v1/metrics',
      headers: { a: '1', b: '3' },
      timeoutMs: 300,
    })
  })

  test.for([
    ['always_on', undefined, 1, false],
    ['always_off', undefined, 0, false],
    ['parentbased_traceidratio', '0.1', 0.1, true],
    ['parentbased_always_off', undefined, 0, true],
    [undefined, undefined, 1, true],
  ] as const)(
    'the sampler %s with %s',
    ([OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG, ratio, followsParent], { expect }) => {
      const { sampling } = readTelemetry({ ...endpoint, OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG })!
      expect(sampling).toEqual({ ratio, followsParent })
    },
  )

  test.for([
    [{ OTEL_TRACES_SAMPLER: 'jaeger_remote' }, 'expected always_on'],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'expected http/json, got grpc'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, 'expected an http or https URL'],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'alone' }, 'expected key=value'],
    [{ OTEL_METRIC_EXPORT_INTERVAL: 'often' }, 'expected a number, got often'],
  ] as const)('that cannot be kept to are refused: %j', ([variables, text], { expect }) => {
    expect(() => readTelemetry({ ...endpoint, ...variables })).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(text) }),
    )
  })
})
