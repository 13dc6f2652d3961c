/**
 * The threads that a server in this process starts, and ways to do them harm: they are ended from outside, or something
 * is run in them that no app could run, through Node's inspector, so that the host needs no door for it.
 */

import { Session } from 'node:inspector/promises'
import type { Worker } from 'node:worker_threads'

export interface Threads extends Disposable {
  /** The thread that has this name now. */
  find(name: string): Worker
}

/** Look at the threads that are started from here on. */
export function watchThreads(): Threads {
  const byName = new Map<string, Worker>()
  const onWorker = (worker: Worker): void => {
    if (worker.threadName !== null) byName.set(worker.threadName, worker)
  }
  process.on('worker', onWorker)
  return {
    find(name) {
      const worker = byName.get(name)
      if (worker === undefined)
        throw new Error(`there is no thread ${name}, only ${[...byName.keys()].join()}`)
      return worker
    },
    [Symbol.dispose]: () => void process.off('worker', onWorker),
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
