/**
 * A process that has the files of Durable Objects of one shard open: one operation at a time, in order; syncs of the disk go on
 * beside them. It may be killed at any moment: what it has committed is in the logs. It ends when whoever started it goes.
 */

import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'

import { type Deadline, toSeconds } from '../sql/seconds.ts'
import { ObjectFile, Undone } from './object-file.ts'
import { Refused } from './operation.ts'
import type { ObjectPlace } from './operation.ts'
import type { FromProcess, ToProcess } from './process-protocol.ts'
import { SyncFiles } from './sync-files.ts'

/** Files that are open at once; each has a cache of half a MiB. */
const MOST_OPEN = 128
/** Whoever started the process ends what takes too long; so much later it is ended here. */
const GRACE_S = 5

/** By path, the one that was used last at the end. */
const files = new Map<string, ObjectFile>()
const syncs = new SyncFiles()
const deadline: Deadline = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

// its own memory is small, and it keeps nobody from exiting
new Worker(join(import.meta.dirname, `../sql/watchdog${extname(import.meta.filename)}`), {
  workerData: deadline,
  resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 },
}).unref()

process.on('message', (message: ToProcess) => {
  if (message.type === 'perform') say(perform(message))
  else if (message.type === 'commit') commit(message.id, message.path)
  else close(message.id, message.path)
})
process.on('disconnect', () => {
  for (const file of files.values()) file[Symbol.dispose]()
  process.exit()
})
say({ type: 'ready' })

function perform({
  id,
  file: place,
  operation,
  input,
  timeMs,
}: ToProcess & { type: 'perform' }): FromProcess {
  Atomics.store(deadline, 0, toSeconds() + Math.ceil(timeMs / 1000) + GRACE_S)
  const file = find(place)
  try {
    const bytes = file.perform(operation, input)
    return { type: 'performed', id, bytes, isOpen: file.isOpen }
  } catch (error) {
    if (error instanceof Undone) return lose(id, file, error)
    const { name, message, code } = error as Refused
    return { type: 'refused', id, name, code, message, isOpen: file.isOpen }
  } finally {
    Atomics.store(deadline, 0, 0)
  }
}

function commit(id: number, path: string): void {
  // one that is not open was committed by a process before this one, and may not be on the disk
  const file = files.get(path) ?? new ObjectFile({ path, maxBytes: 0 })
  file.isNew ||= !files.has(path)
  try {
    file.commit()
  } catch (error) {
    return say(lose(id, file, error))
  }
  say({ type: 'committed', id, bytes: file.sizeBytes })
  syncs.add(file, (error) => say(error === undefined ? { type: 'stored', id } : lose(id, file, error)))
}

function close(id: number, path: string): void {
  const file = files.get(path)
  files.delete(path)
  file?.[Symbol.dispose]()
  say({ type: 'stored', id })
}

function lose(id: number, file: ObjectFile, error: unknown): FromProcess {
  file[Symbol.dispose]()
  return { type: 'lost', id, message: (error as Error).message }
}

function find(place: ObjectPlace): ObjectFile {
  const { path, maxBytes } = place
  const file = files.get(path) ?? new ObjectFile(place)
  file.maxBytes = maxBytes
  files.delete(path)
  files.set(path, file)
  if (files.size > MOST_OPEN) closeOldest()
  return file
}

/** One that has something to be committed stays. */
function closeOldest(): void {
  for (const [path, file] of files) {
    if (file.isOpen || syncs.has(path)) continue
    file[Symbol.dispose]()
    files.delete(path)
    return
  }
}

function say(message: FromProcess): void {
  process.send!(message)
}
