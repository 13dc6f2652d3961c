/**
 * Door: a whole server for one configuration, for the command line, tests and the bench. The main thread opens the
 * deployments and starts the shards, each a thread with its own listener on the same port; a shard that dies is
 * reported and started again. What a shard needs is posted to it once: compiled modules and images are shared, not
 * copied.
 */

import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

import type { LogEntry } from './cli/log-line.ts'
import { toReachable } from './cli/messages.ts'
import type { Step } from './cli/progress.ts'
import type { Config } from './config/config.ts'
import { openDeployments } from './deploy/open-deployments.ts'
import type { EngineCounters } from './engine/engine.ts'
import { NanoError } from './errors.ts'
import { assertFree } from './ingress/listen.ts'
import { Ticker } from './limits/ticker.ts'
import type { FromShard, ShardCounters, ShardData, ToShard } from './shard.ts'
import type { TenantCounters } from './tenant/tenant.ts'

export interface ServerOptions {
  readonly config: Config
  /** The first app answers whatever the host name. */
  readonly everyHost?: boolean
  readonly log: (entry: LogEntry) => void
  /** A step that takes seconds begins. */
  readonly onProgress?: (step: Step) => void
}

export interface RunningServer {
  readonly port: number
  readonly url: string
  readonly shards: number
  counters(): Promise<ServerCounters>
  /** Drain and stop. Requests that are still open after some seconds are cut. */
  close(): Promise<void>
}

/** What the server has done since its start, all shards together. */
export interface ServerCounters extends TenantCounters {
  /** Engines that were generated, and compiled: never more than there are different ones. */
  transpiles: number
  compiles: number
  /** Of the latest turns, guest and crossings, in microseconds. */
  turnP50Us: number
  turnP99Us: number
}

/** How long open requests may go on when the server closes. */
const GRACE_MS = 10_000
/** The pause before a shard that died is started again. */
const RESTART_MS = 500

const DEV_WARNING =
  "--dev: apps may reach this machine's own ports (127.0.0.1, ::1, localhost), databases and other people's " +
  'programs included; leave it off wherever apps of others are served'

/** Where several threads can listen on one port. */
const REUSE_PORT: ReadonlySet<string> = new Set(['linux', 'freebsd', 'sunos', 'aix'])

// as source or compiled, whatever this file is
const SHARD = new URL(`shard${extname(import.meta.filename)}`, import.meta.url)

/** Resolves when every shard listens and has warmed its engines. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, log } = options
  const wanted = config.shards ?? availableParallelism()
  const count = REUSE_PORT.has(process.platform) ? wanted : 1
  if (count < (config.shards ?? 1)) {
    log({ level: 'warn', text: `one shard instead of ${wanted}: threads cannot share a port on this system` })
  }
  const reusePort = count > 1
  if (config.port !== 0) await assertFree(config.port, config.host)
  const { deployments, engines, counters } = await openDeployments(config, {
    onProgress: options.onProgress,
    onWarning: (app, text) => log({ level: 'warn', app, text }),
  })
  const everyHost = options.everyHost === true
  const data: CommonData = {
    port: config.port,
    host: config.host,
    reusePort,
    everyHost,
    deployments,
    engines,
    dev: config.dev === true,
  }
  if (data.dev) log({ level: 'warn', text: DEV_WARNING })
  const shards = new Shards(data, count, log)
  try {
    const port = await shards.start()
    return {
      port,
      url: `http://${toReachable(config.host)}:${port}`,
      shards: count,
      counters: async () => toCounters(await shards.count(), counters),
      close: () => shards.close(),
    }
  } catch (error) {
    await shards.close()
    throw error
  }
}

function toCounters(shards: readonly ShardCounters[], engines: Readonly<EngineCounters>): ServerCounters {
  const total: Record<string, number> = { ...engines }
  for (const { tenants } of shards) {
    for (const [name, value] of Object.entries(tenants)) total[name] = (total[name] ?? 0) + value
  }
  const turns = shards.flatMap((shard) => shard.turns).sort((a, b) => a - b)
  const at = (share: number): number => (turns[Math.floor(turns.length * share)] ?? 0) * 1000
  return { ...total, turnP50Us: at(0.5), turnP99Us: at(0.99) } as unknown as ServerCounters
}

/** What all shards are started with. */
type CommonData = Omit<ShardData, 'epoch' | 'number'>

/** The threads: started, counted, started again when they die, stopped. */
class Shards {
  readonly #data: CommonData
  readonly #ticker: Ticker
  readonly #log: ServerOptions['log']
  readonly #workers = new Map<number, Worker>()
  readonly #asked = new Map<number, (counters: ShardCounters) => void>()
  #asks = 0
  #started = 0
  #isClosing = false

  constructor(data: CommonData, count: number, log: ServerOptions['log']) {
    this.#data = data
    this.#ticker = new Ticker(count, (error) =>
      log({ level: 'error', text: `the ticker died and is started again: ${toText(error)}` }),
    )
    this.#log = log
  }

  /** Resolves to the port when all of them listen: the first chooses it when it is not given. */
  async start(): Promise<number> {
    const count = this.#ticker.memories.length
    const port = await this.#start(0, this.#data.port)
    await Promise.all(Array.from({ length: count - 1 }, (_, i) => this.#start(i + 1, port)))
    await this.#ticker.ready
    return port
  }

  /** A shard that dies meanwhile is left out. */
  async count(): Promise<ShardCounters[]> {
    const answers = Array.from(this.#workers.values(), (worker) => this.#ask(worker))
    return (await Promise.all(answers)).filter((answer) => answer !== undefined)
  }

  async close(): Promise<void> {
    this.#isClosing = true
    const stopped = Array.from(this.#workers.values(), (worker) => {
      const gone = new Promise((resolve) => worker.once('exit', resolve))
      post(worker, { type: 'stop', graceMs: GRACE_MS })
      return gone
    })
    await Promise.all(stopped)
    this.#ticker[Symbol.dispose]()
  }

  #start(index: number, port: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const epoch = this.#ticker.memories[index]!
    const workerData: ShardData = { ...this.#data, port, number: ++this.#started, epoch }
    const worker = new Worker(SHARD, { workerData, name: `shard ${index}` })
    let listening: number | undefined
    this.#workers.set(index, worker)
    worker.on('message', (message: FromShard) => {
      if (message.type === 'log') this.#log(message.entry)
      else if (message.type === 'counted') this.#asked.get(message.id)?.(message.counters)
      else if (message.type === 'failed') reject(new NanoError(message.code, message.text))
      else resolve((listening = message.port))
    })
    worker.on('error', (error) => this.#log({ level: 'error', text: toText(error) }))
    worker.once('exit', () => {
      this.#workers.delete(index)
      if (listening === undefined) reject(new NanoError('INTERNAL', `shard ${index} ended while it started`))
      else if (!this.#isClosing) this.#restart(index, listening)
    })
    return promise
  }

  #restart(index: number, port: number): void {
    this.#log({ level: 'error', text: `shard ${index} died and is started again` })
    const start = (): void => {
      if (this.#isClosing) return
      this.#start(index, port).catch((error: unknown) => {
        this.#log({ level: 'error', text: `shard ${index} does not start: ${toText(error)}` })
        setTimeout(start, RESTART_MS)
      })
    }
    setTimeout(start, RESTART_MS)
  }

  #ask(worker: Worker): Promise<ShardCounters | undefined> {
    const id = ++this.#asks
    const { promise, resolve } = Promise.withResolvers<ShardCounters | undefined>()
    const onExit = (): void => resolve(undefined)
    this.#asked.set(id, resolve)
    worker.once('exit', onExit)
    post(worker, { type: 'count', id })
    return promise.finally(() => {
      this.#asked.delete(id)
      worker.off('exit', onExit)
    })
  }
}

function post(worker: Worker, message: ToShard): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  worker.postMessage(message)
}

function toText(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
}
