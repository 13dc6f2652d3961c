/**
 * The thread that has the data of bindings of one kind, for all shards of the process: it serves no clients, so that what waits
 * for a disk keeps nobody from being served. It begins with the first call of an app (supervisor/storage.ts).
 */

import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'

import { toStackText } from '../errors.ts'
import { serveShard } from './session.ts'
import type { StorageSettings } from '../config/storage-settings.ts'
import { Stores } from './stores.ts'

/** What the thread is started with. */
export interface StorageData {
  readonly directory: string
  readonly settings: StorageSettings
}

export type ToStorageThread =
  /** A shard's end is on the other side. */
  | { readonly type: 'connect'; readonly port: MessagePort }
  /** Finish what is begun, and end. */
  | { readonly type: 'stop' }

export type FromStorageThread = { readonly type: 'log'; readonly text: string }

const { directory, settings } = workerData as StorageData
const log = (text: string): void =>
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  parentPort?.postMessage({ type: 'log', text } satisfies FromStorageThread)
const stores = new Stores({ directory, settings, log })
const ports = new Set<MessagePort>()

parentPort?.on('message', (message: ToStorageThread) => {
  if (message.type === 'stop') void stop()
  else connect(message.port)
})

function connect(port: MessagePort): void {
  ports.add(port)
  port.once('close', () => ports.delete(port))
  serveShard(port, stores, (error) => log(`storage: ${toStackText(error)}`))
}

async function stop(): Promise<void> {
  await stores[Symbol.asyncDispose]()
  for (const port of ports) port.close()
  parentPort?.close()
}
