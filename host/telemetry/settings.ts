/**
 * What the standard environment variables say about telemetry that goes out by OTLP over HTTP, as JSON
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). Nothing goes out unless an endpoint
 * is named.
 */

import { NanoError } from '../errors.ts'

/** Where one kind of it goes. */
export interface Destination {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

/** Which requests are traced: of those without a parent, `ratio`; of the others what the parent says, or the ratio as well. */
export interface Sampling {
  readonly ratio: number
  readonly followsParent: boolean
}

export interface TelemetrySettings {
  readonly traces: Destination | undefined
  readonly metrics: Destination | undefined
  /** What is said of the server itself. */
  readonly resource: Readonly<Record<string, string>>
  readonly sampling: Sampling
  readonly metricIntervalMs: number
}

type Environment = Readonly<Record<string, string | undefined>>

const TIMEOUT_MS = 10_000
const METRIC_INTERVAL_MS = 60_000
const SERVICE = 'nano-workers'

/** Undefined: nothing goes out. Throws USAGE for what cannot be done. */
export function readTelemetry(environment: Environment): TelemetrySettings | undefined {
  if (environment['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return undefined
  const traces = toDestination(environment, 'TRACES')
  const metrics = toDestination(environment, 'METRICS')
  if (traces === undefined && metrics === undefined) return undefined
  const attributes = parsePairs('OTEL_RESOURCE_ATTRIBUTES', environment['OTEL_RESOURCE_ATTRIBUTES'])
  return {
    traces,
    metrics,
    resource: {
      'service.name': SERVICE,
      ...attributes,
      ...(isGiven(environment['OTEL_SERVICE_NAME']) && { 'service.name': environment['OTEL_SERVICE_NAME'] }),
    },
    sampling: toSampling(environment),
    metricIntervalMs: toNumber(environment, 'OTEL_METRIC_EXPORT_INTERVAL', METRIC_INTERVAL_MS),
  }
}

function toDestination(environment: Environment, signal: 'TRACES' | 'METRICS'): Destination | undefined {
  const exporter = environment[`OTEL_${signal}_EXPORTER`]
  if (exporter === 'none') return undefined
  const own = environment[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`]
  const common = environment['OTEL_EXPORTER_OTLP_ENDPOINT']
  if (!isGiven(own) && !isGiven(common)) return undefined
  const url = isGiven(own) ? toUrl(own) : toUrl(`${common!.replace(/\/+$/, '')}/v1/${signal.toLowerCase()}`)
  const protocol =
    environment[`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`] ?? environment['OTEL_EXPORTER_OTLP_PROTOCOL']
  if (protocol === 'grpc') {
    throw new NanoError(
      'USAGE',
      'OTEL_EXPORTER_OTLP_PROTOCOL: expected http/json, got grpc; name an HTTP port',
    )
  }
  const headers = ['OTEL_EXPORTER_OTLP_HEADERS', `OTEL_EXPORTER_OTLP_${signal}_HEADERS`]
  const timeout = toNumber(environment, 'OTEL_EXPORTER_OTLP_TIMEOUT', TIMEOUT_MS)
  return {
    url,
    headers: Object.assign({}, ...headers.map((name) => parsePairs(name, environment[name]))),
    timeoutMs: toNumber(environment, `OTEL_EXPORTER_OTLP_${signal}_TIMEOUT`, timeout),
  }
}

function toSampling(environment: Environment): Sampling {
  const sampler = environment['OTEL_TRACES_SAMPLER'] || 'parentbased_always_on'
  const [, parent, kind] =
    /^(parentbased_)?(always_on|always_off|traceidratio)$/.exec(sampler.toLowerCase()) ?? []
  if (kind === undefined) {
    const known = 'always_on, always_off or traceidratio, with parentbased_ before it or without'
    throw new NanoError('USAGE', `OTEL_TRACES_SAMPLER: expected ${known}, got ${sampler}`)
  }
  const asked = toNumber(environment, 'OTEL_TRACES_SAMPLER_ARG', 1)
  const ratio = kind === 'always_on' ? 1 : kind === 'always_off' ? 0 : Math.min(asked, 1)
  return { ratio, followsParent: parent !== undefined }
}

function toUrl(text: string): string {
  const url = URL.parse(text)
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href
  throw new NanoError('USAGE', `OTEL_EXPORTER_OTLP_ENDPOINT: expected an http or https URL, got ${text}`)
}

/** `a=1,b=2`, percent-encoded. */
function parsePairs(name: string, text = ''): Record<string, string> {
  const pairs = text.split(',').filter((part) => part.trim() !== '')
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw new NanoError('USAGE', `${name}: expected key=value pairs with commas between them`)
      return [pair.slice(0, at).trim(), decode(pair.slice(at + 1).trim())]
    }),
  )
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function toNumber(environment: Environment, name: string, otherwise: number): number {
  const text = environment[name]
  if (!isGiven(text)) return otherwise
  const value = Number(text)
  if (value >= 0) return value
  throw new NanoError('USAGE', `${name}: expected a number, got ${text}`)
}

/** An empty variable is as good as none. */
function isGiven(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== ''
}
