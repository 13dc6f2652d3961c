/**
 * The shards of a server: started, watched, counted, started again when they die, stopped. What happens to one of them
 * is nothing to the others.
 */

import { totalmem } from 'node:os'
import { setFlagsFromString } from 'node:v8'

import { toStackText } from '../errors.ts'
import { Ticker } from '../limits/ticker.ts'
import { Backoff } from './backoff.ts'
import type { LogEntry, ShardData, ShardReport } from './messages.ts'
import { ShardThread } from './shard-thread.ts'
import { Tally } from './tally.ts'

/** What all shards are started with. */
export type CommonData = Omit<ShardData, 'epoch' | 'number'>

export interface ShardsOptions {
  /** What a thread runs. */
  readonly script: URL
  readonly data: CommonData
  readonly count: number
  /** The most MiB of a shard's own heap; beyond it the thread ends, and nothing else. */
  readonly heapMb?: number | undefined
  /** How long a shard may be silent, beyond the longest turn that an app may take. */
  readonly silenceMs?: number | undefined
  readonly log: (entry: LogEntry) => void
}

/** How many shards are there, and how many are missing. */
export interface ShardsState {
  readonly wanted: number
  readonly listening: number
  /** How often one was started again. */
  readonly restarts: number
  readonly isClosing: boolean
}

/** How long open requests may go on when the server closes. */
const GRACE_MS = 10_000
/** How long a shard may take beyond that until it is ended. */
const STOP_MS = 5000
/** How long a shard has to tell what it did. */
const COUNT_MS = 2000
const PING_MS = 1000
const SILENCE_MS = 10_000
/** A shard's own heap: a part of the machine's memory, for apps' memories and bodies are not in it. */
const HEAP_SHARE = 0.5
const HEAP_MB = { least: 256, most: 2048 } as const
const BYTES_PER_MB = 1024 * 1024

/**
 * A flag of V8 for all shards. Else V8 may take a request's objects for long-lived and lay them where only a full
 * collection looks: whatever is reached from one, dead or not, stays until then.
 */
const HEAP_FLAG = '--no-allocation-site-pretenuring'

interface Slot {
  readonly index: number
  readonly backoff: Backoff
  thread: ShardThread | undefined
  restart: NodeJS.Timeout | undefined
}

export class Shards {
  readonly #options: ShardsOptions
  readonly #heapMb: number
  readonly #patienceMs: number
  readonly #ticker: Ticker
  readonly #tally = new Tally()
  readonly #slots: readonly Slot[]
  #watch: NodeJS.Timeout | undefined
  #started = 0
  #restarts = 0
  #isClosing = false

  constructor(options: ShardsOptions) {
    const { count, data, log } = options
    setFlagsFromString(HEAP_FLAG)
    this.#options = options
    this.#heapMb = options.heapMb ?? toHeapMb(count)
    this.#patienceMs =
      (options.silenceMs ?? SILENCE_MS) + Math.max(0, ...data.deployments.map(({ limits }) => limits.cpuMs))
    this.#ticker = new Ticker(count, (error) =>
      log({ level: 'error', text: `the ticker died and is started again: ${toStackText(error)}` }),
    )
    this.#slots = Array.from({ length: count }, (_, index) => ({
      index,
      backoff: new Backoff(),
      thread: undefined,
      restart: undefined,
    }))
  }

  get state(): ShardsState {
    const listening = this.#slots.filter(({ thread }) => thread?.isListening === true).length
    return {
      wanted: this.#slots.length,
      listening,
      restarts: this.#restarts,
      isClosing: this.#isClosing,
    }
  }

  /** Resolves to the port when all of them listen: the first chooses it when it is not given. */
  async start(): Promise<number> {
    const [first, ...others] = this.#slots
    const port = await this.#start(first!, this.#options.data.port)
    await Promise.all(others.map((slot) => this.#start(slot, port)))
    await this.#ticker.ready
    let before = performance.now()
    this.#watch = setInterval(() => {
      const now = performance.now()
      // a main thread that stood still itself knows nothing about the time in between
      this.#expectLife(Math.min(now - before, PING_MS * 2))
      before = now
    }, PING_MS).unref()
    return port
  }

  /** What was done since the start. A shard that does not answer in time counts with what it told before. */
  async count(): Promise<ShardReport> {
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, COUNT_MS)
    const threads = this.#slots.flatMap(({ thread }) => (thread?.isListening === true ? [thread] : []))
    await Promise.race([Promise.all(threads.map((thread) => thread.count())), late])
    clearTimeout(timer)
    return this.#tally.total
  }

  async close(): Promise<void> {
    this.#isClosing = true
    clearInterval(this.#watch)
    await Promise.all(
      this.#slots.map(async ({ index, thread, restart }) => {
        clearTimeout(restart)
        if (thread === undefined) return
        const cut = setTimeout(() => void this.#end(index, thread), GRACE_MS + STOP_MS)
        const late = new Promise((resolve) => setTimeout(resolve, GRACE_MS + STOP_MS * 2).unref())
        await Promise.race([thread.stop(GRACE_MS), late])
        clearTimeout(cut)
      }),
    )
    this.#ticker[Symbol.dispose]()
  }

  async #start(slot: Slot, port: number): Promise<number> {
    const { script, data, log } = this.#options
    const { index } = slot
    const epoch = this.#ticker.memories[index]!
    const options = { name: `shard ${index}`, heapMb: this.#heapMb }
    const thread = new ShardThread(script, { ...data, port, number: ++this.#started, epoch }, options, {
      onLog: log,
      onReport: (report) => this.#tally.report(index, report),
      onGone: (listenedOn) => {
        slot.thread = undefined
        this.#tally.retire(index)
        if (listenedOn !== undefined && !this.#isClosing) this.#restart(slot, listenedOn, thread.livedMs)
      },
    })
    slot.thread = thread
    return await thread.ready
  }

  #restart(slot: Slot, port: number, livedMs: number): void {
    const pause = slot.backoff.after(livedMs)
    this.#log('error', `shard ${slot.index} died and is started again in ${pause} ms`)
    slot.restart = setTimeout(() => {
      this.#restarts++
      this.#start(slot, port).catch((error: unknown) => {
        if (this.#isClosing) return
        this.#log('error', `shard ${slot.index} does not start: ${toStackText(error)}`)
        this.#restart(slot, port, 0)
      })
    }, pause)
  }

  #expectLife(elapsed: number): void {
    for (const { index, thread } of this.#slots) {
      if (thread?.isListening !== true || thread.measureSilence(elapsed) < this.#patienceMs) continue
      this.#log('error', `shard ${index} has not answered for ${this.#patienceMs} ms and is ended`)
      void this.#end(index, thread)
    }
  }

  async #end(index: number, thread: ShardThread): Promise<void> {
    const text = `shard ${index} cannot be ended: start the process again`
    const complain = setTimeout(() => this.#log('error', text), STOP_MS).unref()
    await thread.terminate()
    clearTimeout(complain)
  }

  #log(level: LogEntry['level'], text: string): void {
    this.#options.log({ level, text })
  }
}

/** What one of so many shards may have as a heap of its own. */
function toHeapMb(count: number): number {
  const limit = process.constrainedMemory()
  const total = Math.min(totalmem(), limit > 0 ? limit : Infinity) / BYTES_PER_MB
  return Math.floor(Math.min(Math.max((total * HEAP_SHARE) / count, HEAP_MB.least), HEAP_MB.most))
}
