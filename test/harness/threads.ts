/**
 * The threads that a server in this process starts, and ways to do them harm: they are ended from outside, or something
 * is run in them that no app could run, through Node's inspector, so that the host needs no door for it.
 */

import { Session } from 'node:inspector/promises'
import type { Worker } from 'node:worker_threads'

export interface Threads extends Disposable {
  /** The thread that has this name now. */
  find(name: string): Worker
  /** Whoever is started next with this name listens before the main thread hears that it does. */
  holdReady(name: string): HeldThread
}

export interface HeldThread {
  /** Resolves to its port when it listens. */
  readonly listens: Promise<number>
  /** The main thread hears of it. */
  release(): void
}

/** Look at the threads that are started from here on. */
export function watchThreads(): Threads {
  const byName = new Map<string, Worker>()
  const holds = new Map<string, (worker: Worker) => void>()
  const onWorker = (worker: Worker): void => {
    const { threadName } = worker
    if (threadName === null) return
    byName.set(threadName, worker)
    holds.get(threadName)?.(worker)
    holds.delete(threadName)
  }
  process.on('worker', onWorker)
  return {
    find(name) {
      const worker = byName.get(name)
      if (worker === undefined)
        throw new Error(`there is no thread ${name}, only ${[...byName.keys()].join()}`)
      return worker
    },
    holdReady(name) {
      const listens = Promise.withResolvers<number>()
      let release = (): void => undefined
      holds.set(name, (worker) => (release = hold(worker, listens.resolve)))
      return { listens: listens.promise, release: () => release() }
    },
    [Symbol.dispose]: () => void process.off('worker', onWorker),
  }
}

/** Nothing that it says from `ready` on is heard before what is given is called. */
function hold(worker: Worker, listens: (port: number) => void): () => void {
  type Emit = (event: string, ...args: unknown[]) => boolean
  const emit = worker.emit.bind(worker) as Emit
  const held: Parameters<Emit>[] = []
  worker.emit = (...event: Parameters<Emit>) => {
    const message = event[1] as { type?: string; port?: number } | undefined
    const isReady = event[0] === 'message' && message?.type === 'ready'
    if (isReady) listens(message.port!)
    if (!isReady && held.length === 0) return emit(...event)
    held.push(event)
    return true
  }
  return () => {
    worker.emit = emit
    for (const event of held) emit(...event)
  }
}

/** Run a script in a thread, a moment later: with an inspector attached a heap has no limit. */
export async function runIn(worker: Worker, script: string): Promise<void> {
  const session = new Session()
  session.connect()
  try {
    const done = Promise.withResolvers<void>()
    session.on('NodeWorker.attachedToWorker', ({ params: { sessionId, workerInfo } }) => {
      if (!workerInfo.title.startsWith(`[worker ${worker.threadId}]`)) return
      const expression = `setTimeout(() => { ${script} }, 200), true`
      const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } })
      session.post('NodeWorker.sendMessageToWorker', { sessionId, message }).catch(done.reject)
    })
    session.on('NodeWorker.receivedMessageFromWorker', () => done.resolve())
    await session.post('NodeWorker.enable', { waitForDebuggerOnStart: false })
    await done.promise
  } finally {
    session.disconnect()
  }
}
