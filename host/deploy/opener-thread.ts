/**
 * The opener's thread: opens what it is asked for. Two requests may be under way at once, for a build waits for a process
 * of its own most of the time. `opener.ts` starts it.
 */

import { parentPort, workerData } from 'node:worker_threads'

import { toNanoError, toStackText } from '../errors.ts'
import { openComponent } from './open-component.ts'
import { Engines } from './open-engines.ts'
import type { Asked, FromOpener, Opened, OpenerData, OpeningNote, Wanted } from './opening.ts'

const { engines: admitted } = workerData as OpenerData

parentPort?.on('message', ({ id, wanted }: Asked) => void answer(id, wanted))

async function answer(id: number, wanted: Wanted): Promise<void> {
  const opened = await open(wanted, (note) => tell({ id, note })).catch(toFailure)
  tell({ id, opened })
}

async function open(wanted: Wanted, note: (note: OpeningNote) => void): Promise<Opened> {
  if (wanted.type === 'engine') {
    const engines = new Engines(admitted)
    const engine = await engines.open(wanted.hash, () => note({ type: 'generating' }))
    return { type: 'engine', engine, counters: engines.counters }
  }
  const listener = {
    onBuild: () => note({ type: 'building' }),
    onWarning: (text: string) => note({ type: 'warning', text }),
  }
  return { type: 'component', component: await openComponent(wanted.path, listener, wanted.access) }
}

function toFailure(thrown: unknown): Opened {
  const { code, message } = toNanoError(thrown)
  return { type: 'failed', code, message, stack: toStackText(thrown) }
}

function tell(message: FromOpener): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  parentPort?.postMessage(message)
}
