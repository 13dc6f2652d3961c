/**
 * What `/metrics` says, as Prometheus reads it. The numbers are the shards' own and are fetched when somebody asks;
 * nothing is counted here. Labels are names of the configuration and codes of a closed set, never a tenant's text.
 */

import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { Metric, MetricValueWithName } from 'prom-client'

import { TENANT_COUNTS } from '../tenant/report.ts'
import type { TenantReport } from '../tenant/report.ts'
import { TURN_BOUNDS_MS } from '../tenant/turn-times.ts'
import type { TurnReport } from '../tenant/turn-times.ts'
import type { ServerView } from './server-view.ts'

const MS_PER_SECOND = 1000

/** The metrics of one server. */
export class Metrics {
  readonly #view: ServerView
  readonly #registry = new Registry()
  readonly #tenant = new Map<string, Counter<'tenant'> | Gauge<'tenant'>>()
  readonly #errors: Counter<'tenant' | 'code'>
  readonly #turns = new TurnHistogram()
  #scrape: Promise<string> | undefined

  constructor(view: ServerView) {
    this.#view = view
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    for (const [key, { kind, name, help }] of Object.entries(TENANT_COUNTS)) {
      const Kind = kind === 'counter' ? Counter : Gauge
      const full = kind === 'counter' ? `nano_${name}_total` : `nano_${name}`
      this.#tenant.set(key, new Kind({ name: full, help, labelNames: ['tenant'], registers }))
    }
    this.#errors = new Counter({
      name: 'nano_errors_total',
      help: 'Failed requests by what the client was told.',
      labelNames: ['tenant', 'code'],
      registers,
    })
    // the registry asks a metric for its name and for what it holds; a histogram cannot be set from outside
    this.#registry.registerMetric(this.#turns as unknown as Metric)
    this.#addShards(registers)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** The text of now. Whoever asks while it is made gets the same. */
  expose(): Promise<string> {
    this.#scrape ??= this.#collect().finally(() => (this.#scrape = undefined))
    return this.#scrape
  }

  async #collect(): Promise<string> {
    const { tenants, turns } = await this.#view.count()
    for (const metric of this.#tenant.values()) metric.reset()
    this.#errors.reset()
    for (const tenant of tenants) this.#set(tenant)
    if (turns !== undefined) this.#turns.report = turns
    return await this.#registry.metrics()
  }

  #set({ name: tenant, counters, failures }: TenantReport): void {
    for (const [key, value] of Object.entries(counters)) this.#tenant.get(key)?.inc({ tenant }, value)
    for (const [code, count] of failures) this.#errors.inc({ tenant, code }, count)
  }

  #addShards(registers: Registry[]): void {
    const state = () => this.#view.state()
    const gauge = (name: string, help: string, read: () => number): Gauge =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read())
        },
      })
    gauge('nano_shards', 'Shards that there should be.', () => state().wanted)
    gauge('nano_shards_ready', 'Shards that listen.', () => state().listening)
    void new Counter({
      name: 'nano_shard_restarts_total',
      help: 'How often a shard was started again.',
      registers,
      collect() {
        this.reset()
        this.inc(state().restarts)
      },
    })
  }
}

/** A histogram that was counted elsewhere. */
class TurnHistogram {
  readonly name = 'nano_turn_seconds'
  readonly help = 'How long calls into instances take.'
  readonly type = 'histogram'
  report: TurnReport | undefined

  async get(): Promise<object> {
    const { counts = [], totalMs = 0 } = this.report ?? {}
    let sum = 0
    const values = counts.map((count, i) => {
      const bound = TURN_BOUNDS_MS[i]
      sum += count
      return this.#toValue('bucket', sum, { le: bound === undefined ? '+Inf' : bound / MS_PER_SECOND })
    })
    if (counts.length > 0) {
      values.push(this.#toValue('sum', totalMs / MS_PER_SECOND), this.#toValue('count', sum))
    }
    const { name, help, type } = this
    return { name, help, type, values, aggregator: 'sum' }
  }

  #toValue(part: string, value: number, labels: { le?: string | number } = {}): MetricValueWithName<string> {
    return { metricName: `${this.name}_${part}`, labels, value }
  }
}
