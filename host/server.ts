/**
 * Door: a whole server for one configuration, for the command line, tests and the bench. The main thread opens the
 * deployments and starts the shards, each a thread with its own listener on the same port; a shard that dies is
 * reported and started again. What a shard needs is posted to it once: compiled modules and images are shared, not
 * copied.
 */

import { createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

import type { LogEntry } from './cli/log-line.ts'
import { toReachable } from './cli/messages.ts'
import type { Step } from './cli/progress.ts'
import type { Config } from './config/config.ts'
import { openDeployments } from './deploy/open-deployments.ts'
import { NanoError } from './errors.ts'
import { COUNTERS } from './shard.ts'
import type { CounterName, FromShard, ShardData, ToShard } from './shard.ts'

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
  /** Sums over all shards since the start. */
  counters(): Record<CounterName, number>
  /** Drain and stop. Requests that are still open after some seconds are cut. */
  close(): Promise<void>
}

const GRACE_MS = 10_000
/** A shard that lived shorter than this died of what it was given, and is not started again at once. */
const HEALTHY_MS = 10_000
const RESTART_MS = 1_000
/** Where several threads can listen on one port. */
const REUSE_PORT: ReadonlySet<string> = new Set(['linux', 'freebsd', 'sunos', 'aix'])

interface Shard {
  worker: Worker
  readonly counters: Float64Array
}

/** Resolves when every shard listens and has warmed its engines. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config } = options
  const count = REUSE_PORT.has(process.platform) ? (config.shards ?? availableParallelism()) : 1
  if (count === 1 && (config.shards ?? 1) > 1) {
    options.log({
      level: 'warn',
      text: `one shard instead of ${config.shards}: threads cannot share a port here`,
    })
  }
  const reusePort = count > 1
  if (reusePort && config.port !== 0) await assertFree(config)
  const { deployments, engines } = await openDeployments(config.apps, options.onProgress)
  const data = { host: config.host, reusePort, everyHost: options.everyHost === true, deployments, engines }
  const shards: Shard[] = []
  let closing = false

  const start = async (index: number, port: number): Promise<number> => {
    const buffer = shards[index]?.counters.buffer ?? new SharedArrayBuffer(8 * COUNTERS.length)
    const shardData: ShardData = { ...data, port, counters: buffer as SharedArrayBuffer }
    const worker = new Worker(new URL('shard.ts', import.meta.url), {
      workerData: shardData,
      name: `shard ${index}`,
    })
    shards[index] = { worker, counters: new Float64Array(buffer) }
    const listening = await toListening(worker, options.log)
    const startedAt = performance.now()
    worker.once('exit', () => {
      if (closing) return
      const delay = performance.now() - startedAt < HEALTHY_MS ? RESTART_MS : 0
      options.log({ level: 'error', text: `shard ${index} died and is started again` })
      setTimeout(restart, delay, index, listening)
    })
    return listening
  }
  const restart = (index: number, port: number): void => {
    if (closing) return
    start(index, port).catch((error: unknown) => {
      options.log({ level: 'error', text: `shard ${index} does not start: ${String(error)}` })
      setTimeout(restart, RESTART_MS, index, port)
    })
  }
  const close = async (): Promise<void> => {
    closing = true
    await Promise.all(shards.map(({ worker }) => stop(worker)))
  }

  try {
    const port = await start(0, config.port)
    await Promise.all(Array.from({ length: count - 1 }, (_, i) => start(i + 1, port)))
    return {
      port,
      url: `http://${toReachable(config.host)}:${port}`,
      shards: count,
      counters: () => sum(shards),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The port on which a new shard listens. Forwards its log from then on, also after it listens. */
function toListening(worker: Worker, log: ServerOptions['log']): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.on('message', (message: FromShard) => {
      if (message.type === 'log') log(message.entry)
      else if (message.type === 'ready') resolve(message.port)
      else reject(new NanoError(message.code, message.text))
    })
    worker.on('error', (error) => {
      log({ level: 'error', text: error instanceof Error ? (error.stack ?? error.message) : String(error) })
      reject(error)
    })
    worker.once('exit', () => reject(new NanoError('INTERNAL', 'the shard ended before it was ready')))
  })
}

async function stop(worker: Worker): Promise<void> {
  if (worker.threadId === -1) return
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  worker.postMessage({ type: 'stop', graceMs: GRACE_MS } satisfies ToShard)
  await gone
}

function sum(shards: readonly Shard[]): Record<CounterName, number> {
  const sums = COUNTERS.map((name, i): [CounterName, number] => [
    name,
    shards.reduce((total, shard) => total + shard.counters[i]!, 0),
  ])
  return Object.fromEntries(sums) as Record<CounterName, number>
}

/** Threads that share a port would share it with another NANO, too: fail instead when somebody listens. */
function assertFree({ port, host }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (cause: NodeJS.ErrnoException) => reject(toListenError(cause, port, host)))
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve()))
  })
}

function toListenError(cause: NodeJS.ErrnoException, port: number, host: string): NanoError {
  const reasons: Record<string, string> = {
    EADDRINUSE: 'another process listens there; choose another --port',
    EACCES: 'ports below 1024 need privileges',
    EADDRNOTAVAIL: 'this machine does not have that address; choose another --host',
    ENOTFOUND: 'there is no such host; choose another --host',
  }
  const reason = reasons[cause.code ?? ''] ?? cause.message
  return new NanoError('CONFIG_INVALID', `cannot listen on ${host} port ${port}: ${reason}`, { cause })
}
