/**
 * One worker thread that runs a shard, as the main thread talks to it. What state it is in is its slot's to know.
 *
 * A thread whose event loop stands still cannot say so. It is asked every now and then whether it is there, and what
 * counts as a sign of life is an answer or the beginning of another turn, whose deadline is in shared memory.
 */

import { Worker } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'

import type { RunOutcome } from '../cron/outcome.ts'
import type { LeaseHolder, Leases } from '../durable/leases.ts'
import type { ObjectFacts } from '../instance/contract.ts'
import { NanoError, toFault, toStackText } from '../errors.ts'
import type { Run } from '../http/request-head.ts'
import { toBlocks } from '../image/blocks.ts'
import type { AppContent } from '../image/image.ts'
import { toLogEntry } from '../log/entry.ts'
import type { LogEntry } from '../log/entry.ts'
import type { RecordBatch } from '../log/request-log.ts'
import type { SpanRecord } from '../telemetry/tracer.ts'
import type { ContentAnswer } from '../tenant/content-slot.ts'
import type { ShardReport, Slice } from '../tenant/shard-report.ts'
import { EPOCH_WORD } from '../wasm/epoch.ts'
import type { FromShard, ShardChange, ShardData, ToShard } from './messages.ts'
import type { SlotThread, SlotWatcher } from './slot.ts'

/** What a thread tells whoever started it. */
export interface ThreadWatcher extends SlotWatcher {
  /** A Durable Object has set its alarm. */
  onAlarm(time: number): void
  /** Those of Durable Objects. */
  readonly leases: Leases
  onLog(entry: LogEntry): void
  /** Requests that are over. */
  onRequests(batch: RecordBatch): void
  onCount(slice: Slice): void
  onReport(report: ShardReport): void
  /** It needs what this deployment is made of; rejects with the reason why there is none. */
  onLoad(deployment: number): Promise<AppContent>
  onSpans(spans: readonly SpanRecord[]): void
  /** It wants a port to the storage thread of this kind. */
  onStorage(kind: string, take: (port: MessagePort) => void): void
}

/** Of a run whose thread ended. */
const CUT: RunOutcome = { code: 'INTERNAL', noRetry: false, ms: 0, cpuMs: 0, marks: [] }

/** One thread. */
export class ShardThread implements SlotThread, LeaseHolder {
  readonly #worker: Worker
  readonly #progress: Int32Array
  readonly #gone = Promise.withResolvers<void>()
  /** Who waits for the next report. */
  #reported = Promise.withResolvers<void>()
  /** Changes that it has not answered, by number. */
  readonly #changes = new Map<number, PromiseWithResolvers<void>>()
  /** Runs of the clock that are not over, by number. */
  readonly #runs = new Map<number, (outcome: RunOutcome) => void>()
  #lastChange = 0
  #lastRun = 0
  #isAsked = false
  #isPinged = false
  #lastTurns = 0
  #lastNow = 0
  #silentMs = 0

  constructor(
    script: URL,
    data: ShardData,
    options: { name: string; heapMb: number },
    watcher: ThreadWatcher,
  ) {
    this.#progress = new Int32Array(data.epoch.memory.buffer)
    const { name, heapMb } = options
    this.#worker = new Worker(script, {
      workerData: data,
      name,
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    })
    this.#worker.on('message', (message: FromShard) => {
      if (message.type === 'log') watcher.onLog(message.entry)
      else if (message.type === 'requests') {
        watcher.onRequests(message.batch)
        this.#post({ type: 'taken' })
      } else if (message.type === 'pong') this.#isPinged = false
      else if (message.type === 'failed') watcher.onFailed(new NanoError(message.code, message.text))
      else if (message.type === 'ready') watcher.onReady(message.port)
      else if (message.type === 'alarm') watcher.onAlarm(message.time)
      else if (message.type === 'claim' || message.type === 'release')
        watcher.leases[message.type](message.key, this)
      else if (message.type === 'applied') this.#onApplied(message)
      else if (message.type === 'ran') {
        this.#runs.get(message.number)?.(message.outcome)
        this.#runs.delete(message.number)
      } else if (message.type === 'load') void this.#load(message.deployment, watcher)
      else if (message.type === 'spans') watcher.onSpans(message.spans)
      else if (message.type === 'storage') {
        const { kind } = message
        watcher.onStorage(kind, (port) => this.#post({ type: 'storage', kind, port }, [port]))
      } else if (message.type === 'counted') watcher.onCount(message.slice)
      else if (message.type === 'reported') {
        watcher.onReport(message.report)
        this.#isAsked = false
        this.#reported.resolve()
        this.#reported = Promise.withResolvers()
      }
    })
    this.#worker.on('error', (fault: unknown) => {
      watcher.onLog(toLogEntry({ level: 'error', text: `${name}: ${toStackText(fault)}` }))
    })
    this.#worker.once('exit', () => {
      this.#gone.resolve()
      watcher.leases.gone(this)
      // its successor begins with all of them
      for (const { resolve } of this.#changes.values()) resolve()
      this.#changes.clear()
      for (const end of this.#runs.values()) end(CUT)
      this.#runs.clear()
      watcher.onExit()
    })
  }

  /** Resolves when the shard has done it, or is gone; rejects when it cannot. */
  apply(change: ShardChange): Promise<void> {
    const done = Promise.withResolvers<void>()
    const number = ++this.#lastChange
    this.#changes.set(number, done)
    this.#post({ type: 'apply', number, change })
    return done.promise
  }

  /** Have a version, or an object of it, do what no client asks for. Never rejects. */
  run(deployment: number, run: Run, object?: ObjectFacts): Promise<RunOutcome> {
    const number = ++this.#lastRun
    this.#post({ type: 'run', number, deployment, run, object })
    return new Promise((resolve) => this.#runs.set(number, resolve))
  }

  /** Resolves when the shard has told what it did, or is gone. */
  async count(): Promise<void> {
    // one question is enough for all who ask meanwhile, and a thread that stands still gets no more of them
    if (!this.#isAsked) this.#post({ type: 'count' })
    this.#isAsked = true
    await Promise.race([this.#reported.promise, this.#gone.promise])
  }

  /** Another shard, in this place, is there. */
  meet(place: number, port: MessagePort): void {
    this.#post({ type: 'peer', place, port }, [port])
  }

  /** The one in this place is not there, and not waited for any more. */
  lose(place: number): void {
    this.#post({ type: 'lost', place })
  }

  granted(key: string, number: number): void {
    this.#post({ type: 'granted', key, number })
  }

  wanted(key: string): void {
    this.#post({ type: 'wanted', key })
  }

  measureSilence(elapsed: number): number {
    const turns = Atomics.load(this.#progress, EPOCH_WORD.turns)
    const now = Atomics.load(this.#progress, EPOCH_WORD.passed)
    const isSilent = this.#isPinged && turns === this.#lastTurns
    // the shard's clock stays behind while its thread is kept from running (limits/shard-clock.ts)
    const passed = Math.min(elapsed, (now - this.#lastNow) | 0)
    this.#lastTurns = turns
    this.#lastNow = now
    this.#silentMs = isSilent ? this.#silentMs + Math.max(0, passed) : 0
    if (!this.#isPinged) this.#post({ type: 'ping' })
    this.#isPinged = true
    return this.#silentMs
  }

  stop(graceMs: number): void {
    this.#post({ type: 'stop', graceMs })
  }

  terminate(): void {
    void this.#worker.terminate()
  }

  async #load(deployment: number, watcher: ThreadWatcher): Promise<void> {
    const answer = await watcher.onLoad(deployment).then(
      (content): ContentAnswer => ({ content }),
      (error: unknown): ContentAnswer => ({ fault: toFault(error) }),
    )
    this.#post({ type: 'content', deployment, answer }, 'content' in answer ? toBlocks(answer.content) : [])
  }

  #onApplied({ number, fault }: FromShard & { type: 'applied' }): void {
    const done = this.#changes.get(number)
    this.#changes.delete(number)
    if (fault === undefined) done?.resolve()
    else done?.reject(new NanoError(fault.code, fault.text))
  }

  #post(message: ToShard, moved: readonly (MessagePort | ArrayBuffer)[] = []): void {
    this.#worker.postMessage(message, moved)
  }
}
