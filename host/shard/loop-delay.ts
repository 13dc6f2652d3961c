/**
 * How late the event loop of this thread comes to what is due: Node samples it with a timer, in native code. What is told
 * is about the time since it was told last, and about a quarter of a minute at the least, so that one who looks between
 * two others takes little from them.
 */

import { monitorEventLoopDelay } from 'node:perf_hooks'

import type { LoopDelay } from '../tenant/shard-report.ts'

const RESOLUTION_MS = 10
const LEAST_WINDOW_MS = 15_000
const NS_PER_MS = 1e6

export class LoopDelayMeter {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  #since = performance.now()

  constructor() {
    this.#histogram.enable()
  }

  take(): LoopDelay {
    // a sample is the time between two of them
    const toMs = (ns: number): number => Math.max(0, ns / NS_PER_MS - RESOLUTION_MS)
    const { max } = this.#histogram
    const delay = {
      p50Ms: toMs(this.#histogram.percentile(50)),
      p99Ms: toMs(this.#histogram.percentile(99)),
      maxMs: toMs(max),
    }
    const now = performance.now()
    if (now - this.#since >= LEAST_WINDOW_MS) {
      this.#histogram.reset()
      this.#since = now
    }
    return delay
  }
}
