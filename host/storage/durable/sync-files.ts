/**
 * What is on the disk. One sync is for all commits of a file that were there when it began, and those that come meanwhile wait
 * for the next one. Syncs of different files go on at once, beside the statements.
 *
 *     idle  --add-->  syncing  --add-->  syncing, others wait  --synced-->  syncing for those, or idle
 */

import { rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'

import { KEPT_LOG, LOG } from './object-file.ts'

/** `error`: the disk did not take it. */
type Done = (error?: unknown) => void

/** What is synced. */
interface Syncable {
  readonly path: string
  isNew: boolean
  /** Its database is not open. */
  readonly isClosed: boolean
}

export class SyncFiles {
  /** By path: who waits for the sync after the one that goes on. */
  readonly #waiting = new Map<string, Done[]>()

  /** Whether a sync goes on. */
  has(path: string): boolean {
    return this.#waiting.has(path)
  }

  add(file: Syncable, done: Done): void {
    const waiting = this.#waiting.get(file.path)
    if (waiting !== undefined) return void waiting.push(done)
    this.#waiting.set(file.path, [])
    void this.#sync(file, [done])
  }

  async #sync(file: Syncable, dones: readonly Done[]): Promise<void> {
    const { path, isNew, isClosed } = file
    file.isNew = false
    let failure: unknown
    try {
      await syncFile(`${path}${LOG}`)
      await syncFile(`${path}${KEPT_LOG}`)
      if (isNew || isClosed)
        for (const each of [path, dirname(path), dirname(dirname(path))]) await syncFile(each)
      // everything that it has is in the database, and nobody has opened that since
      if (isClosed && file.isClosed) rmSync(`${path}${KEPT_LOG}`, { force: true })
    } catch (error) {
      file.isNew ||= isNew
      failure = error
    }
    for (const done of dones) done(failure)
    const next = this.#waiting.get(path) ?? []
    if (next.length === 0) return void this.#waiting.delete(path)
    this.#waiting.set(path, [])
    await this.#sync(file, next)
  }
}

/** One that is not there was removed, or never made. */
async function syncFile(path: string): Promise<void> {
  try {
    await using file = await open(path, 'r')
    await file.datasync()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
