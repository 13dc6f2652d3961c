/**
 * Sends spans and series to a collector, from the main thread. Loaded only when an endpoint is named.
 *
 * One request is under way for each kind. What comes meanwhile waits, up to a bound, and is dropped and counted beyond it:
 * a collector that is slow or gone costs memory that is bounded, and no request anything.
 */

import { setImmediate, setTimeout as pause } from 'node:timers/promises'

import { toStackText } from '../errors.ts'
import { SERIES } from './series.ts'
import type { Sample } from './series.ts'
import type { Destination, TelemetrySettings } from './settings.ts'
import type { HostSnapshot } from './snapshot.ts'
import { toMetrics, toTraces } from './otlp.ts'
import type { Written } from './otlp.ts'
import type { SpanRecord } from './tracer.ts'

export interface ExporterOptions {
  readonly settings: TelemetrySettings
  snapshot(): Promise<HostSnapshot>
  onError(text: string): void
}

/** Spans that may wait. */
const MOST_WAITING = 16_384
/** Spans and samples of one request. */
const MOST_SPANS = 2048
const MOST_SAMPLES = 4096

const ATTEMPTS = 3
const RETRY_MS = 500
/** A collector that says so may take it later (OTLP, "Retryable Response Codes"). */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** The time that the last of it may take when the server ends. */
const LAST_MS = 2000

export class Exporter {
  readonly #options: ExporterOptions
  readonly #since = Date.now()
  readonly #interval: NodeJS.Timeout | undefined
  #waiting: SpanRecord[] = []
  #dropped = 0
  #sending: Promise<void> | undefined
  #counting: Promise<void> | undefined
  /** It is known that the collector takes nothing. */
  #isSilent = false

  constructor(options: ExporterOptions) {
    this.#options = options
    const { metrics, metricIntervalMs } = options.settings
    if (metrics !== undefined)
      this.#interval = setInterval(() => void this.#count(), metricIntervalMs).unref()
  }

  /** These are over. */
  add(spans: readonly SpanRecord[]): void {
    const room = MOST_WAITING - this.#waiting.length
    this.#waiting.push(...spans.slice(0, room))
    this.#dropped += Math.max(0, spans.length - room)
    this.#sending ??= this.#drain().finally(() => (this.#sending = undefined))
  }

  /** Sends what is left, and the series as they are, for as long as that may take. */
  async close(): Promise<void> {
    clearInterval(this.#interval)
    const last = Promise.all([this.#sending, this.#count()])
    await Promise.race([last, pause(LAST_MS, undefined, { ref: false })])
  }

  async #drain(): Promise<void> {
    const { traces, resource } = this.#options.settings
    if (traces === undefined) return
    while (this.#waiting.length > 0) {
      const spans = this.#waiting.splice(0, MOST_SPANS)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await this.#send(traces, toTraces(resource, spans), `${spans.length} spans`)
    }
    if (this.#dropped > 0) this.#options.onError(`telemetry: ${this.#dropped} spans dropped, too many wait`)
    this.#dropped = 0
  }

  #count(): Promise<void> {
    this.#counting ??= this.#sendSeries().finally(() => (this.#counting = undefined))
    return this.#counting
  }

  async #sendSeries(): Promise<void> {
    const { metrics, resource } = this.#options.settings
    if (metrics === undefined) return
    const snapshot = await this.#options.snapshot()
    const times = { from: this.#since, now: Date.now() }
    for (const part of toParts(snapshot)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, with a pause for the thread
      await setImmediate()
      // oxlint-disable-next-line no-await-in-loop
      await this.#send(metrics, toMetrics(resource, part, times), 'series')
    }
  }

  async #send({ url, headers, timeoutMs }: Destination, body: object, what: string): Promise<void> {
    const sent = { 'Content-Type': 'application/json', ...headers }
    const text = JSON.stringify(body)
    for (let attempt = 1; ; attempt++) {
      // oxlint-disable-next-line no-await-in-loop -- the next attempt comes after this one
      const fault = await post(url, { headers: sent, body: text, timeoutMs })
      if (fault === undefined) {
        this.#isSilent = false
        return
      }
      if (!fault.isPassing || attempt === ATTEMPTS) return this.#complain(`${what} to ${url}: ${fault.text}`)
      // oxlint-disable-next-line no-await-in-loop
      await pause(RETRY_MS * 2 ** attempt, undefined, { ref: false })
    }
  }

  /** Once, until something arrives again. */
  #complain(text: string): void {
    if (!this.#isSilent) this.#options.onError(`telemetry: cannot send ${text}; more of it is dropped unsaid`)
    this.#isSilent = true
  }
}

async function post(
  url: string,
  { headers, body, timeoutMs }: { headers: Record<string, string>; body: string; timeoutMs: number },
): Promise<{ readonly text: string; readonly isPassing: boolean } | undefined> {
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' })
    await answer.body?.cancel()
    if (answer.ok) return undefined
    return { text: `status ${answer.status}`, isPassing: RETRYABLE.has(answer.status) }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    const [line = ''] = toStackText(cause).split('\n')
    return { text: line, isPassing: true }
  }
}

/** All samples, so many at a time. */
function* toParts(snapshot: HostSnapshot): Iterable<Written[]> {
  let part: Written[] = []
  let count = 0
  for (const series of SERIES) {
    let samples: Sample[] = []
    part.push({ series, samples })
    for (const sample of series.samples(snapshot)) {
      samples.push(sample)
      if (++count < MOST_SAMPLES) continue
      yield part
      samples = []
      part = [{ series, samples }]
      count = 0
    }
  }
  if (count > 0) yield part
}
