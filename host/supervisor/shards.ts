/**
 * The shards of a server: started, watched, counted, stopped, each in a slot that starts it again when it dies. What
 * happens to one of them is nothing to the others.
 */

import { setFlagsFromString } from 'node:v8'
import { MessageChannel } from 'node:worker_threads'

import type { RunOutcome } from '../cron/outcome.ts'
import type { ServedState } from '../deploy/change.ts'
import { toStackText } from '../errors.ts'
import { Leases } from '../durable/leases.ts'
import type { DeployedRun, RungObject } from './runs.ts'
import { toObjectKey } from '../durable/objects.ts'
import { homeOf, toHomeKey } from '../home/home-of.ts'
import type { AppContent } from '../image/image.ts'
import type { SharedEpoch } from '../limits/epoch.ts'
import { toMachineMb } from '../limits/machine-memory.ts'
import { Ticker } from '../limits/ticker.ts'
import { toLogEntry } from '../log/entry.ts'
import type { LogEntry } from '../log/entry.ts'
import { unpackEntries } from '../log/request-facts.ts'
import type { RecordBatch } from '../log/request-log.ts'
import type { SpanRecord } from '../telemetry/tracer.ts'
import type { ShardChange, ShardData, ShardSettings } from './messages.ts'
import { Missing } from './missing.ts'
import { ShardThread } from './shard-thread.ts'
import { Slot } from './slot.ts'
import type { SlotWatcher } from './slot.ts'
import type { StorageThreads } from './storage.ts'
import { Tally } from './tally.ts'
import type { Served as ServedNames, Total } from './tally.ts'

/** What all shards are started with. */
export type CommonData = Omit<ShardData, 'epoch' | 'number' | 'place' | 'places' | 'served'>

/** What is served, as it is at the moment. */
export interface Served extends ServedNames {
  readonly state: ServedState
  /** The longest turn that an app may take, in milliseconds. */
  readonly longestTurnMs: number
  /** What a deployment is made of. */
  load(deployment: number): Promise<AppContent>
}

export interface ShardsOptions {
  /** What a thread runs. */
  readonly script: URL
  readonly data: CommonData
  readonly served: Served
  readonly count: number
  /** The most MiB of a shard's own heap; beyond it the thread ends, and nothing else. */
  readonly heapMb?: number | undefined
  /** How long a shard may be silent, beyond the longest turn that an app may take. */
  readonly silenceMs?: number | undefined
  /** How long one that starts may be. */
  readonly startSilenceMs?: number | undefined
  /** How long the objects of one that has died wait for its successor. */
  readonly lostMs?: number | undefined
  readonly log: (entry: LogEntry) => void
  /** Where the data of bindings is. */
  readonly storage: Pick<StorageThreads, 'connect'>
  /** A Durable Object has set its alarm. */
  readonly onAlarm?: ((time: number) => void) | undefined
  /** Parts of traces are over. */
  readonly onSpans?: ((spans: readonly SpanRecord[]) => void) | undefined
}

/** How many shards are there, and how many are missing. */
export interface ShardsState {
  readonly wanted: number
  readonly listening: number
  /** How often one was started again. */
  readonly restarts: number
  readonly isClosing: boolean
}

/** How long a shard has to tell what it did. */
const COUNT_MS = 2000
const PING_MS = 1000
const SILENCE_MS = 10_000
/** It opens all tenants in one go. */
const START_SILENCE_MS = 30_000
/** A shard's own heap: a part of the machine's memory, for apps' memories and bodies are not in it. */
const HEAP_SHARE = 0.5
const HEAP_MB = { least: 256, most: 2048 } as const

/**
 * A flag of V8 for all shards. Else V8 may take a request's objects for long-lived and lay them where only a full
 * collection looks: whatever is reached from one, dead or not, stays until then.
 */
const HEAP_FLAG = '--no-allocation-site-pretenuring'

export class Shards {
  readonly #options: ShardsOptions
  #settings: ShardSettings | undefined
  readonly #heapMb: number
  readonly #ticker: Ticker
  readonly #tally = new Tally()
  readonly #leases = new Leases()
  readonly #missing: Missing
  readonly #slots: readonly Slot<ShardThread>[]
  #watch: NodeJS.Timeout | undefined
  #started = 0
  #isClosing = false

  constructor(options: ShardsOptions) {
    const { count, log, served } = options
    setFlagsFromString(HEAP_FLAG)
    this.#options = options
    this.#heapMb = options.heapMb ?? toHeapMb(count)
    const onError = (text: string): void => log(toLogEntry({ level: 'error', text }))
    this.#missing = new Missing({ lostMs: options.lostMs, onLost: (place) => this.#onLost(place) })
    this.#ticker = new Ticker(count, (error) =>
      onError(`the ticker died and is started again: ${toStackText(error)}`),
    )
    this.#slots = this.#ticker.epochs.map((epoch, place) => {
      const name = `shard ${place}`
      return new Slot<ShardThread>({
        name,
        silenceMs: () => (options.silenceMs ?? SILENCE_MS) + served.longestTurnMs,
        startSilenceMs: options.startSilenceMs ?? START_SILENCE_MS,
        onError,
        begin: (port, watcher) => this.#begin({ name, place, epoch }, port, watcher),
      })
    })
  }

  get state(): ShardsState {
    return {
      wanted: this.#slots.length,
      listening: this.#slots.filter(({ isListening }) => isListening).length,
      restarts: this.#slots.reduce((sum, { restarts }) => sum + restarts, 0),
      isClosing: this.#isClosing,
    }
  }

  /**
   * Resolves to the port when all of them listen: the first chooses it when it is not given. Rejects when one of them
   * cannot start; `close` ends the others.
   */
  async start(): Promise<number> {
    let before = performance.now()
    this.#watch = setInterval(() => {
      const now = performance.now()
      // a main thread that stood still itself knows nothing about the time in between
      for (const slot of this.#slots) slot.expectLife(Math.min(now - before, PING_MS * 2))
      before = now
    }, PING_MS).unref()
    const [first, ...others] = this.#slots
    const port = await first!.open(this.#options.data.port)
    await Promise.all(others.map((slot) => slot.open(port)))
    await this.#ticker.ready
    return port
  }

  /**
   * Resolves when all shards have done it that have not ended meanwhile: their successors begin with what is served
   * then. Rejects when one of them cannot.
   */
  async apply(change: ShardChange): Promise<void> {
    const threads = this.#slots.flatMap(({ served }) => served ?? [])
    await Promise.all(threads.map((thread) => thread.apply(change)))
  }

  /** Resolves when this holds, as `apply`; it holds for shards that start later, too. */
  async configure(settings: ShardSettings): Promise<void> {
    this.#settings = settings
    await this.apply({ type: 'configure', settings })
  }

  /** Have an app's version do what no client asks for, at the app's home. Undefined: no shard listens. */
  run(app: string, { deployment, run }: DeployedRun): Promise<RunOutcome> | undefined {
    const listening = this.#listening
    if (listening.size === 0) return undefined
    return listening.get(homeOf(toHomeKey(app), listening.keys()))?.run(deployment, run)
  }

  /** Have a Durable Object do what no client asks for, at its home. Undefined: no shard listens. */
  ring({ namespace, facts }: RungObject, { deployment, run }: DeployedRun): Promise<RunOutcome> | undefined {
    const listening = this.#listening
    if (listening.size === 0) return undefined
    const key = toHomeKey(toObjectKey(namespace, facts.id))
    return listening.get(homeOf(key, listening.keys()))?.run(deployment, run, facts)
  }

  /** Whether an object with this data of a class is in memory. */
  hasObjects(namespace: string): boolean {
    return this.#leases.some((key) => key.startsWith(toObjectKey(namespace, '')))
  }

  /** What was done since the start. A shard that does not answer in time counts with what it told before. */
  async count(): Promise<Total> {
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, COUNT_MS)
    const threads = this.#slots.flatMap(({ working }) => working ?? [])
    await Promise.race([Promise.all(threads.map((thread) => thread.count())), late])
    clearTimeout(timer)
    return this.#tally.total(this.#options.served, performance.now())
  }

  async close(): Promise<void> {
    this.#isClosing = true
    clearInterval(this.#watch)
    this.#missing[Symbol.dispose]()
    await Promise.all(this.#slots.map((slot) => slot.close()))
    this.#ticker[Symbol.dispose]()
  }

  /** The threads that take requests, by their places. */
  get #listening(): Map<number, ShardThread> {
    const listening = new Map<number, ShardThread>()
    for (const [place, { isListening, served }] of this.#slots.entries()) {
      if (isListening && served !== undefined) listening.set(place, served)
    }
    return listening
  }

  /** One more shard takes requests: it and each of the others get the two ends of a port. */
  #introduce(place: number): void {
    const listening = this.#listening
    const thread = listening.get(place)
    if (thread === undefined) return
    this.#missing.listens(place)
    for (const lost of this.#missing.lost) thread.lose(lost)
    for (const [other, peer] of listening) {
      if (other === place) continue
      const { port1, port2 } = new MessageChannel()
      thread.meet(other, port1)
      peer.meet(place, port2)
    }
  }

  #onLost(place: number): void {
    const text = `shard ${place} is missing: until it is back, other shards begin its Durable Objects`
    this.#options.log(toLogEntry({ level: 'warn', text }))
    for (const thread of this.#listening.values()) thread.lose(place)
  }

  #begin(
    { name, place, epoch }: { name: string; place: number; epoch: SharedEpoch },
    port: number,
    watcher: SlotWatcher,
  ): ShardThread {
    const { script, data, served, log } = this.#options
    const tally = this.#tally.open(name)
    const started = {
      ...data,
      ...this.#settings,
      served: served.state,
      port,
      number: ++this.#started,
      place,
      places: this.#slots.length,
      epoch,
    }
    return new ShardThread(
      script,
      started,
      { name, heapMb: this.#heapMb },
      {
        ...watcher,
        leases: this.#leases,
        onReady: (listenedOn) => {
          watcher.onReady(listenedOn)
          this.#introduce(place)
        },
        onLog: log,
        onRequests: (batch) => unpack(batch, log),
        onCount: (slice) => tally.count(slice),
        onStorage: (kind, take) => this.#options.storage.connect(kind, take),
        onAlarm: (time) => this.#options.onAlarm?.(time),
        onSpans: (spans) => this.#options.onSpans?.(spans),
        onReport: (report) => tally.report(report),
        onLoad: (deployment) => served.load(deployment),
        onExit: () => {
          tally.retire()
          watcher.onExit()
          if (!this.#isClosing) this.#missing.ended(place, this.#slots[place]!.pauseMs)
        },
      },
    )
  }
}

function unpack({ packed, dropped }: RecordBatch, log: (entry: LogEntry) => void): void {
  const text = `${dropped} requests were not logged: they came faster than the log takes them`
  if (dropped > 0) log(toLogEntry({ level: 'warn', text }))
  for (const entry of unpackEntries(packed)) log(entry)
}

/** What one of so many shards may have as a heap of its own. */
function toHeapMb(count: number): number {
  return Math.floor(Math.min(Math.max((toMachineMb() * HEAP_SHARE) / count, HEAP_MB.least), HEAP_MB.most))
}
