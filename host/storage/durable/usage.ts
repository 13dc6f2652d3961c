/**
 * What the objects of each class take up on the disk: counted once, and kept up to date by what commits say. The classes of an app have
 * their room together.
 */

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Files that are looked at, at once. */
const AT_ONCE = 64

interface Sizes {
  readonly files: Map<string, number>
  total: number
}

export class Usage {
  readonly #classes = new Map<string, Promise<Sizes> | Sizes>()
  /** By folder: those of all classes of its app. */
  readonly #together = new Map<string, readonly string[]>()

  /** Resolves when it is known what is in the folder, and in those that it has its room with. */
  async load(folder: string, together: readonly string[]): Promise<void> {
    this.#together.set(folder, together)
    await Promise.all([folder, ...together].map((each) => this.#load(each)))
  }

  async #load(folder: string): Promise<void> {
    if (this.#classes.has(folder)) return void (await this.#classes.get(folder))
    const loading = readSizes(folder)
    this.#classes.set(folder, loading)
    try {
      const sizes = await loading
      if (this.#classes.get(folder) === loading) this.#classes.set(folder, sizes)
    } catch (error) {
      this.#classes.delete(folder)
      throw error
    }
  }

  set(folder: string, path: string, bytes: number): void {
    const sizes = this.#of(folder)
    if (sizes === undefined) return
    sizes.total += bytes - (sizes.files.get(path) ?? 0)
    if (bytes === 0) sizes.files.delete(path)
    else sizes.files.set(path, bytes)
  }

  /** What the file may grow to, when all of the app may have so much. */
  roomOf(folder: string, path: string, mostBytes: number): number {
    const own = this.#of(folder)
    if (own === undefined) return mostBytes
    let total = 0
    for (const each of new Set([folder, ...(this.#together.get(folder) ?? [])]))
      total += this.#of(each)?.total ?? 0
    return Math.max(0, mostBytes - total) + (own.files.get(path) ?? 0)
  }

  forget(folder: string): void {
    this.#classes.delete(folder)
    this.#together.delete(folder)
  }

  #of(folder: string): Sizes | undefined {
    const sizes = this.#classes.get(folder)
    return sizes instanceof Promise ? undefined : sizes
  }
}

async function readSizes(folder: string): Promise<Sizes> {
  const sizes: Sizes = { files: new Map(), total: 0 }
  const names = await readdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const paths = names.filter((name) => name.endsWith('.sqlite')).map((name) => join(folder, name))
  for (let at = 0; at < paths.length; at += AT_ONCE) {
    const some = paths.slice(at, at + AT_ONCE)
    // oxlint-disable-next-line no-await-in-loop -- so many at once
    const found = await Promise.all(some.map((path) => stat(path).catch(() => undefined)))
    for (const [i, each] of found.entries()) {
      if (each === undefined) continue
      sizes.files.set(some[i]!, each.size)
      sizes.total += each.size
    }
  }
  return sizes
}
