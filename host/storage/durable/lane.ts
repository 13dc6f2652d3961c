/**
 * A shard's lane, as the storage thread has it: a process for the files of its objects, and a spare one once statements of theirs
 * have run, for those can take until the process is killed.
 *
 *     no process  --call-->  process  --gone-->  the spare, or no process          any  --port closes-->  over
 *
 * When a process is gone: the operation that it worked at is lost, and so is each object that had something to be committed; what
 * was committed and not synced is synced by the next process. Nobody else notices.
 */

import type { FromLane, LaneEnd, ObjectName, ToLane } from './lane-protocol.ts'
import { DurableProcess, type Kill } from './durable-process.ts'
import type { FromProcess } from './process-protocol.ts'

/** Where the objects' files are. */
export interface ObjectFolders {
  folderOf(key: string): string
  /** Throws a `StorageError` for what is no name of an object. */
  pathOf(object: ObjectName): string
  /** What the file may grow to. */
  roomOf(object: ObjectName): number
  /** Resolves when it may be asked for the room. `classes`: those that have it together. */
  load(key: string, classes: readonly string[]): Promise<void>
  /** What a file takes up by now. */
  set(key: string, path: string, bytes: number): void
}

/** What was asked and not answered. */
interface Call {
  readonly type: ToLane['type']
  readonly path: string
  readonly key: string
  readonly isQuery: boolean
  /** Undefined: none is needed. */
  process: DurableProcess | undefined
  isCommitted: boolean
}

const LEAST_PAUSE_MS = 1000
const MOST_PAUSE_MS = 30_000

const LATE = 'its storage did not answer in time; the object begins again from what was stored'
const LOST = 'the process that had its storage open ended; the object begins again from what was stored'
const TOO_LONG =
  'a query took longer than the turn may (cpu_ms); the object begins again from what was stored'
const TOO_MUCH = 'a query took more memory than it may; the object begins again from what was stored'

export class Lane implements AsyncDisposable {
  readonly #end: LaneEnd
  readonly #folders: ObjectFolders
  readonly #calls = new Map<number, Call>()
  /** Files with something to be committed, and those that had it when their process went: these are lost until they are closed. */
  readonly #open = new Set<string>()
  readonly #lost = new Set<string>()
  /** Files that the process may have open. */
  readonly #paths = new Map<string, string>()
  /** While it is not answered in time, it is asked now and then: each time a shard stands still. */
  #pauseMs = 0
  #pausedUntil = 0
  #process: DurableProcess | undefined
  #spare: DurableProcess | undefined
  /** Those that run. */
  readonly #processes = new Set<DurableProcess>()
  #isOver = false

  constructor(end: LaneEnd, folders: ObjectFolders) {
    this.#end = end
    this.#folders = folders
    end.port.on('message', (message: ToLane) => this.#hear(message))
  }

  /** The processes that run. */
  get pids(): number[] {
    return [...this.#processes].flatMap(({ pid }) => pid ?? [])
  }

  /** No process of it has a file of the class open any more, and their objects are lost. */
  async release(key: string): Promise<void> {
    for (const [path, of] of this.#paths) if (of === key) this.#lost.add(path)
    if (![...this.#paths.values()].includes(key)) return
    this.#process?.kill()
    await this.#process?.gone
  }

  /** What is committed is in the files, and those are free. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    this.#end.port.close()
    for (const process of this.#processes) process.end()
    await Promise.all([...this.#processes].map(({ gone }) => gone))
  }

  #hear(message: ToLane): void {
    if (message.type === 'open') return void this.#prepare(message)
    const { type, call, object } = message
    const path = this.#folders.pathOf(object)
    const isQuery = type === 'perform' && message.operation === 'query'
    const asked: Call = { type, path, key: object.key, isQuery, process: undefined, isCommitted: false }
    this.#calls.set(call, asked)
    if (type === 'close') {
      this.#lost.delete(path)
      this.#open.delete(path)
      this.#paths.delete(path)
      if (this.#process === undefined) return this.#answer({ type: 'stored', call })
    } else if (this.#lost.has(path)) return this.#lose(call, LOST)
    else if (performance.now() < this.#pausedUntil) {
      this.#lost.add(path)
      return this.#lose(call, LATE)
    }
    const process = (asked.process = this.#process ??= this.#begin())
    if (type !== 'perform') return process.say({ type, id: call, path })
    this.#paths.set(path, object.key)
    const file = { path, maxBytes: Math.min(object.maxBytes, this.#folders.roomOf(object)) }
    const { operation, input, timeMs } = message
    process.say({ type, id: call, file, operation, input, timeMs })
    if (isQuery) this.#spare ??= this.#begin()
  }

  /** An object begins: what takes long is done before it asks for something within a turn. */
  async #prepare({ call, object, classes }: Extract<ToLane, { type: 'open' }>): Promise<void> {
    try {
      this.#folders.pathOf(object)
      await this.#folders.load(object.key, classes)
      this.#process ??= this.#begin()
      await this.#process.ready
      this.#say({ type: 'stored', call })
    } catch (error) {
      this.#say({ type: 'lost', call, message: (error as Error).message, isTooLong: false })
    }
  }

  #begin(): DurableProcess {
    const process: DurableProcess = new DurableProcess({
      onMessage: (message) => this.#take(message),
      onKill: (id, kill) => {
        this.#replace(process)
        this.#stopped(id, kill)
      },
      onGone: () => {
        this.#processes.delete(process)
        this.#replace(process)
        this.#gone(process)
      },
    })
    this.#processes.add(process)
    return process
  }

  #take(message: Exclude<FromProcess, { type: 'ready' }>): void {
    const call = this.#calls.get(message.id)
    if (call === undefined) return
    switch (message.type) {
      case 'committed':
        call.isCommitted = true
        this.#open.delete(call.path)
        return this.#folders.set(call.key, call.path, message.bytes)
      case 'lost':
        this.#open.delete(call.path)
        this.#lost.add(call.path)
        return this.#lose(message.id, message.message)
      case 'stored':
        return this.#answer({ type: 'stored', call: message.id })
      default: {
        const { id, ...rest } = message
        this.#pauseMs = 0
        if (message.isOpen) this.#open.add(call.path)
        else this.#open.delete(call.path)
        return this.#answer({ ...rest, call: id })
      }
    }
  }

  /** Its process was killed at this operation. */
  #stopped(id: number, kill: Kill): void {
    const call = this.#calls.get(id)
    if (call === undefined) return
    this.#lost.add(call.path)
    if (kill === 'memory') this.#lose(id, TOO_MUCH)
    else if (call.isQuery) this.#lose(id, TOO_LONG, true)
    else {
      this.#pauseMs = Math.min(Math.max(LEAST_PAUSE_MS, 2 * this.#pauseMs), MOST_PAUSE_MS)
      this.#pausedUntil = performance.now() + this.#pauseMs
      this.#lose(id, LATE)
    }
  }

  /** It takes no more calls; what its objects had not committed is gone. */
  #replace(process: DurableProcess): void {
    if (process === this.#spare) this.#spare = undefined
    if (process !== this.#process) return
    this.#process = this.#spare
    this.#spare = undefined
    this.#paths.clear()
    for (const path of this.#open) this.#lost.add(path)
    this.#open.clear()
  }

  #gone(process: DurableProcess): void {
    if (this.#isOver) return
    for (const [id, call] of this.#calls) {
      if (call.process !== process) continue
      const { type, path, isCommitted } = call
      if (type === 'close') this.#answer({ type: 'stored', call: id })
      else if (isCommitted) {
        call.process = this.#process ??= this.#begin()
        call.process.say({ type: 'commit', id, path })
      } else {
        this.#lost.add(path)
        this.#lose(id, LOST)
      }
    }
  }

  #lose(call: number, message: string, isTooLong = false): void {
    this.#answer({ type: 'lost', call, message, isTooLong })
  }

  #answer(message: FromLane): void {
    this.#calls.delete(message.call)
    this.#say(message)
  }

  #say(message: FromLane): void {
    const { port, bell } = this.#end
    port.postMessage(message)
    Atomics.add(bell, 0, 1)
    Atomics.notify(bell, 0)
  }
}
