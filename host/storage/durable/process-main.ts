/**
 * A process that has the files of Durable Objects of one shard open: one operation at a time, in order; syncs of the disk go on
 * beside them. It may be killed at any moment: what it has committed is in the logs. It ends when whoever started it goes.
 */

import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'

import { CpuClock } from '../../limits/cpu-clock.ts'
import { type Deadline, toSeconds } from '../sql/seconds.ts'
import { ObjectFile, Undone } from './object-file.ts'
import { Refused } from './operation.ts'
import type { ObjectPlace } from './operation.ts'
import { MOST_HELD } from './process-protocol.ts'
import type { FromProcess, ToProcess } from './process-protocol.ts'
import { SyncFiles } from './sync-files.ts'

/** Files that are open at once; each has a cache of half a MiB. */
const MOST_OPEN = 128
/** Whoever started the process ends what takes too long; so much later it is ended here. */
const GRACE_S = 5

/** By path, the one that was used last at the end. */
const files = new Map<string, ObjectFile>()
const syncs = new SyncFiles()
const clock = new CpuClock()
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
  Atomics.store(deadline, 0, toSeconds() + Math.ceil((MOST_HELD * timeMs) / 1000) + GRACE_S)
  const file = find(place)
  clock.begin()
  const begun = clock.now()
  const toMs = (): number => clock.measure(clock.now() - begun)
  try {
    const bytes = file.perform(operation, input)
    return { type: 'performed', id, bytes, isOpen: file.isOpen, ms: toMs() }
  } catch (error) {
    if (error instanceof Undone) return lose(id, file, error)
    const { name, message, code } = error as Refused
    return { type: 'refused', id, name, code, message, isOpen: file.isOpen, ms: toMs() }
  } finally {
    Atomics.store(deadline, 0, 0)
  }
}

function commit(id: number, path: string): void {
  const file = files.get(path)
  // it was committed by a process before this one, and may not be on the disk
  if (file === undefined) return release(remember(path), () => say({ type: 'stored', id }))
  try {
    file.commit()
  } catch (error) {
    return say(lose(id, file, error))
  }
  say({ type: 'committed', id, bytes: file.sizeBytes })
  if (file.isLong) file[Symbol.dispose]()
  syncs.add(file, (error) => say(error === undefined ? { type: 'stored', id } : lose(id, file, error)))
}

function close(id: number, path: string): void {
  const file = files.get(path)
  if (file === undefined) say({ type: 'stored', id })
  else release(file, () => say({ type: 'stored', id }))
}

/** It is closed, and forgotten when that is on the disk: until then whoever opens it goes on with its log. */
function release(file: ObjectFile, done: () => void): void {
  file[Symbol.dispose]()
  syncs.add(file, () => {
    if (file.isClosed && files.get(file.path) === file) files.delete(file.path)
    done()
  })
}

function lose(id: number, file: ObjectFile, error: unknown): FromProcess {
  file[Symbol.dispose]()
  return { type: 'lost', id, message: (error as Error).message }
}

function find(place: ObjectPlace): ObjectFile {
  const { path, maxBytes } = place
  const file = files.get(path) ?? remember(path)
  file.maxBytes = maxBytes
  files.delete(path)
  files.set(path, file)
  if (files.size > MOST_OPEN) closeOldest()
  return file
}

function remember(path: string): ObjectFile {
  const file = new ObjectFile({ path, maxBytes: 0 })
  files.set(path, file)
  return file
}

/** One that has something to be committed stays. */
function closeOldest(): void {
  for (const [path, file] of files) {
    if (file.isOpen || file.isClosed || syncs.has(path)) continue
    return release(file, () => undefined)
  }
}

function say(message: FromProcess): void {
  process.send!(message)
}
