/** The store of Durable Objects: an SQLite file for each, in a folder for each class, in processes of their own. */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import { StorageError } from '../failure.ts'
import type { Store, StoreAnswer, StoreOptions } from '../store.ts'
import { Lane, type ObjectFolders } from './lane.ts'
import type { LaneEnd } from './lane-protocol.ts'
import { ENDING, FOLDER, OBJECT_ID, SPREAD } from './list-objects.ts'
import { Usage } from './usage.ts'

/** The call that gives the store a shard's lane; it is answered when the lane is over. */
export interface AttachCall {
  readonly op: 'attach'
  readonly args: LaneEnd
}

export async function openDurable({ directory }: StoreOptions): Promise<Store> {
  const root = join(directory, FOLDER)
  const lanes = new Set<Lane>()
  const folders = toFolders(root)
  return {
    async call({ op, args, signal }): Promise<StoreAnswer> {
      if (op !== 'attach') throw new StorageError('STORAGE_INVALID', `expected "attach", got "${op}"`)
      const lane = new Lane(args as LaneEnd, folders)
      lanes.add(lane)
      const { promise, resolve } = Promise.withResolvers<void>()
      signal.addEventListener('abort', () => resolve())
      await promise
      await lane[Symbol.asyncDispose]()
      lanes.delete(lane)
      return { meta: null }
    },
    async forget(key) {
      await Promise.all([...lanes].map((lane) => lane.release(key)))
      await rm(folders.folderOf(key), { recursive: true, force: true })
      folders.forget(key)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...lanes].map((lane) => lane[Symbol.asyncDispose]()))
    },
  }
}

function toFolders(root: string): ObjectFolders & { forget(key: string): void } {
  const usage = new Usage()
  const folderOf = (key: string): string => join(root, key)
  const pathOf: ObjectFolders['pathOf'] = ({ key, id }) => {
    if (!OBJECT_ID.test(id)) throw new StorageError('STORAGE_INVALID', 'expected the id of an object')
    return join(folderOf(key), id.slice(0, SPREAD), `${id}${ENDING}`)
  }
  return {
    folderOf,
    pathOf,
    roomOf: (object) => usage.roomOf(folderOf(object.key), pathOf(object), object.mostBytes),
    load: (key, classes) => usage.load(folderOf(key), classes.map(folderOf)),
    set: (key, path, bytes) => usage.set(folderOf(key), path, bytes),
    forget: (key) => usage.forget(folderOf(key)),
  }
}
