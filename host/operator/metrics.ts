/**
 * What `/metrics` says, as Prometheus reads it: NANO's own series (telemetry/series.ts), and those of the process. The
 * numbers are the shards' own and are fetched when somebody asks; nothing is counted here.
 */

import { collectDefaultMetrics, Registry } from 'prom-client'

import { expose } from '../telemetry/exposition.ts'
import type { ServerView } from './server-view.ts'

/** The metrics of one server. */
export class Metrics {
  readonly #view: ServerView
  readonly #process = new Registry()
  #scrape: Promise<string> | undefined

  constructor(view: ServerView) {
    this.#view = view
    collectDefaultMetrics({ register: this.#process })
  }

  get contentType(): string {
    return this.#process.contentType
  }

  /** The text of now. Whoever asks while it is made gets the same. */
  expose(): Promise<string> {
    this.#scrape ??= this.#collect().finally(() => (this.#scrape = undefined))
    return this.#scrape
  }

  async #collect(): Promise<string> {
    const own = await expose(await this.#view.count())
    return own + (await this.#process.metrics())
  }
}
