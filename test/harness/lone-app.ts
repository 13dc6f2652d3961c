/**
 * One app's instances on this thread, with a real engine and a real ticker, but without tenant, breaker and sockets: to
 * see what a single stop takes and what it leaves behind. Each request has an instance of its own.
 */
import { join } from 'node:path'

import { openDialer } from '../../host/bindings/dialer.ts'
import type { Env } from '../../host/config/env.ts'
import { loadEngine } from '../../host/engine/load.ts'
import type { ErrorCode } from '../../host/errors.ts'
import type { InstanceHost, InstanceParts, RequestContext } from '../../host/instance/contract.ts'
import { DEAF } from '../../host/instance/deaf-host.ts'
import { Instance } from '../../host/instance/turn.ts'
import { ByteBudget } from '../../host/limits/byte-budget.ts'
import { Epoch } from '../../host/limits/epoch.ts'
import { CpuClock } from '../../host/limits/cpu-clock.ts'
import { JobPool } from '../../host/limits/job-pool.ts'
import { Ticker } from '../../host/limits/ticker.ts'
import { load } from './load.ts'

/** What became of a request. */
export interface Outcome {
  /** Of an answer. */
  readonly text?: string
  /** What the client would be told otherwise. */
  readonly code?: ErrorCode
  /** The processor time of its last turn in milliseconds, the way out of a trap included. */
  readonly turnMs: number
}

/** Tells how much of the processor the last turn had. */
class TimedEpoch extends Epoch {
  turnMs = 0
  // not `#`: the constructor of `Epoch` calls `end`
  startedAt = 0

  override begin(ms: number): void {
    this.startedAt = readCpuMs()
    super.begin(ms)
  }

  override end(): void {
    this.turnMs = readCpuMs() - this.startedAt
    super.end()
  }
}

const decoder = new TextDecoder()

function readCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** An app of a source file. */
export class LoneApp implements Disposable {
  readonly #parts: InstanceParts
  readonly #ticker = new Ticker(1, (error) => {
    throw error
  })
  readonly #epoch = new TimedEpoch(this.#ticker.epochs[0])
  readonly #dialer = openDialer()
  /** Errors that belong to no request. */
  readonly reports: string[] = []

  static async open(path: string, cpuMs: number, env: Env = {}): Promise<LoneApp> {
    const text = JSON.stringify({ apps: [{ name: 'lone', path, cpu_ms: cpuMs }] })
    const { deployments, engines, contents } = await load(text, join(path, '../nano.json'))
    const deployment = deployments[0]!
    const engine = loadEngine(engines.get(deployment.engineHash)!)
    const app = new LoneApp({ ...deployment, image: contents[0]!.image, engine, env })
    await app.#ticker.ready
    return app
  }

  private constructor(parts: InstanceParts) {
    this.#parts = parts
  }

  /** Ask a new instance, and end it. */
  async ask(path: string): Promise<Outcome> {
    const over = Promise.withResolvers<Omit<Outcome, 'turnMs'>>()
    const host: InstanceHost = {
      ...DEAF,
      dialer: this.#dialer,
      epoch: this.#epoch,
      clock: new CpuClock(),
      jobs: new JobPool().open(),
      onReady: () => void setImmediate(run),
      report: (error) => void this.reports.push(error),
      mapPlaces: () => '',
      buffers: new ByteBudget(1024 * 1024),
    }
    const port: RequestContext = {
      cpuMs: 0,
      send: (_status, _headers, body) => over.resolve({ text: decoder.decode(body) }),
      start() {},
      upgrade() {},
      write: () => true,
      finish() {},
      threw: () => over.resolve({ code: 'APP_THREW' }),
      fail: (code) => over.resolve({ code }),
      again: (code) => over.resolve({ code }),
      pullBody() {},
      cancelBody() {},
    }
    using instance = new Instance(1, this.#parts, host)
    const run = (): void => {
      host.clock.begin()
      instance.run()
    }
    instance.open(
      { id: 'r1', method: 'GET', url: `http://lone.test${path}`, headers: '', hasBody: false, client: 'c' },
      port,
    )
    run()
    return { ...(await over.promise), turnMs: this.#epoch.turnMs }
  }

  [Symbol.dispose](): void {
    this.#ticker[Symbol.dispose]()
    this.#dialer[Symbol.dispose]()
  }
}
