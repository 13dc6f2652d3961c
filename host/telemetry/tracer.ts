/**
 * The traces of one shard: which requests are sampled, and their spans, told in batches when they are over. Loaded only
 * where traces go out.
 *
 *     request  --sampled?-->  a span for each part  --over-->  batch  --full, or a moment later-->  main thread
 */

import type { RequestTrace, SpanAttributes, SpanName } from '../http/request-trace.ts'
import { childSpan, newTrace, parseTrace } from '../http/trace-context.ts'
import type { TraceContext } from '../http/trace-context.ts'
import type { Sampling } from './settings.ts'

/** A span that is over, in a form that can be posted. */
export interface SpanRecord {
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | undefined
  readonly name: string
  readonly kind: 'internal' | 'server' | 'client'
  /** Milliseconds since 1970. */
  readonly from: number
  readonly to: number
  readonly isError: boolean
  readonly attributes: SpanAttributes
}

/** What comes with a request. */
export interface TracedRequest {
  readonly id: string
  readonly method: string
  /** As Node has them. */
  readonly rawHeaders: readonly string[]
  /** When its head was there, in milliseconds of `performance.now()`. */
  readonly since: number
  /** Its `traceparent` counts. */
  readonly isTrusted: boolean
}

const BATCH_SPANS = 512
const BATCH_MS = 1000
/** The last digits of a trace id are random: so many of them decide (W3C Trace Context, level 2). */
const RANDOM_DIGITS = 13
const RANDOM_RANGE = 16 ** RANDOM_DIGITS

export class Tracer implements Disposable {
  readonly #sampling: Sampling
  readonly #tell: (spans: readonly SpanRecord[]) => void
  #batch: SpanRecord[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(sampling: Sampling, tell: (spans: readonly SpanRecord[]) => void) {
    this.#sampling = sampling
    this.#tell = tell
  }

  /** The trace of a request that comes now; undefined: it is not sampled. */
  begin({ id, method, rawHeaders, since, isTrusted }: TracedRequest): RequestTrace | undefined {
    const parent = isTrusted ? parseTrace(rawHeaders) : undefined
    const context = parent === undefined ? newTrace(id, true) : childSpan({ ...parent, isSampled: true })
    const isSampled =
      parent !== undefined && this.#sampling.followsParent ? parent.isSampled : this.#isChosen(context)
    if (!isSampled) return undefined
    const record = this.#record
    return {
      context,
      span: this.#toSpan(context),
      end: (status, attributes) => {
        const all = status === 0 ? attributes : { ...attributes, 'http.response.status_code': status }
        const to = performance.now()
        record(context, { name: method, parentId: parent?.spanId, from: since, to, attributes: all })
      },
    }
  }

  /** The trace of a request that another shard has begun, which tells of its end. */
  join(context: TraceContext): RequestTrace {
    return { context, span: this.#toSpan(context), end: () => {} }
  }

  /** Tell what is left. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#batch.length > 0) this.#tell(this.#batch)
    this.#batch = []
  }

  #toSpan(context: TraceContext): RequestTrace['span'] {
    return (name, from, to, attributes = {}) =>
      this.#record(childSpan(context), { name, parentId: context.spanId, from, to, attributes })
  }

  #isChosen({ traceId }: TraceContext): boolean {
    return Number.parseInt(traceId.slice(-RANDOM_DIGITS), 16) < this.#sampling.ratio * RANDOM_RANGE
  }

  readonly #record = (
    { traceId, spanId }: TraceContext,
    span: Pick<SpanRecord, 'name' | 'parentId' | 'from' | 'to' | 'attributes'>,
  ): void => {
    const { timeOrigin } = performance
    const status = span.attributes['http.response.status_code']
    this.#batch.push({
      ...span,
      traceId,
      spanId,
      kind: toKind(span.name),
      from: timeOrigin + span.from,
      to: timeOrigin + span.to,
      isError: 'error.type' in span.attributes || (typeof status === 'number' && status >= 500),
    })
    if (this.#batch.length >= BATCH_SPANS) this[Symbol.dispose]()
    else this.#timer ??= setTimeout(() => this[Symbol.dispose](), BATCH_MS).unref()
  }
}

function toKind(name: string): SpanRecord['kind'] {
  if (name === ('fetch' satisfies SpanName)) return 'client'
  return INTERNAL.has(name) ? 'internal' : 'server'
}

const INTERNAL: ReadonlySet<string> = new Set(['queue', 'cold start', 'turn'] satisfies SpanName[])
