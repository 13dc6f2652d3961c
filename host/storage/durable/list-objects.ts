/**
 * Where the files of Durable Objects are: a folder for each class, in it some for the beginnings of ids, for one with a million files is
 * slow.
 */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** In the directory of the data of bindings. */
export const FOLDER = 'durable'
export const OBJECT_ID = /^[0-9a-f]{64}$/
/** Digits of an id that name a folder. */
export const SPREAD = 2
export const ENDING = '.sqlite'

/** Objects that have something in this directory of the data of bindings. */
export async function* listObjects(directory: string): AsyncIterable<{ key: string; id: string }> {
  const root = join(directory, FOLDER)
  for (const key of await list(root)) {
    for (const part of await list(join(root, key))) {
      for (const file of await list(join(root, key, part))) {
        const id = file.slice(0, -ENDING.length)
        if (file.endsWith(ENDING) && OBJECT_ID.test(id)) yield { key, id }
      }
    }
  }
}

/** What is in a folder, if it is there. */
async function list(folder: string): Promise<string[]> {
  return await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
    throw error
  })
}
