/** What is told of entries: `Stats`, `Dirent`, `Dir`. */

import { coded } from '../http/coded.ts'
import { constants } from './constants.ts'
import { type Entry, FolderEntry } from './entries.ts'
import { systemError } from './errors.ts'
import { toPath, findEntry } from './paths.ts'

const { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } = constants
const BLOCK = 4096
const SECTOR = 512
const NS_PER_MS = 1_000_000n

/** What an entry is. */
abstract class Kind {
  protected abstract get kind(): number

  isBlockDevice(): boolean {
    return this.kind === S_IFBLK
  }

  isCharacterDevice(): boolean {
    return this.kind === S_IFCHR
  }

  isDirectory(): boolean {
    return this.kind === S_IFDIR
  }

  isFIFO(): boolean {
    return this.kind === S_IFIFO
  }

  isFile(): boolean {
    return this.kind === S_IFREG
  }

  isSocket(): boolean {
    return this.kind === S_IFSOCK
  }

  isSymbolicLink(): boolean {
    return this.kind === S_IFLNK
  }
}

const toFields = (entry: Entry) => ({
  dev: 1,
  mode: entry.mode,
  nlink: entry.links,
  uid: entry.uid,
  gid: entry.gid,
  rdev: 0,
  blksize: BLOCK,
  ino: entry.ino,
  size: entry.size,
  blocks: Math.ceil(entry.size / BLOCK) * (BLOCK / SECTOR),
})
const toTimes = ({ atimeMs, mtimeMs, ctimeMs, birthtimeMs }: Entry) => ({
  atimeMs,
  mtimeMs,
  ctimeMs,
  birthtimeMs,
})

export class Stats extends Kind {
  declare readonly mode: number | bigint
  declare readonly atime: Date
  declare readonly mtime: Date
  declare readonly ctime: Date
  declare readonly birthtime: Date

  constructor(entry: Entry, isBig = false) {
    super()
    const times = toTimes(entry)
    const numbers = { ...toFields(entry), ...times }
    if (isBig) {
      for (const [name, value] of Object.entries(numbers))
        Object.assign(this, { [name]: BigInt(Math.floor(value)) })
      for (const [name, value] of Object.entries(times))
        Object.assign(this, { [name.replace('Ms', 'Ns')]: BigInt(Math.floor(value)) * NS_PER_MS })
    } else Object.assign(this, numbers)
    for (const [name, value] of Object.entries(times))
      Object.assign(this, { [name.replace('Ms', '')]: new Date(value) })
  }

  protected get kind(): number {
    return Number(this.mode) & S_IFMT
  }
}

/** An entry of a folder. */
export class Dirent extends Kind {
  readonly name: string | Buffer
  readonly parentPath: string
  readonly #kind: number

  constructor(name: string | Buffer, parentPath: string, { mode }: Entry) {
    super()
    this.name = name
    this.parentPath = parentPath
    this.#kind = mode & S_IFMT
  }

  protected get kind(): number {
    return this.#kind
  }
}

type Done<Result = void> = (error: unknown, result?: Result) => void

/** An open folder, as it was then. */
export class Dir {
  readonly path: string
  readonly #left: Dirent[]
  #isClosed = false

  constructor(path: string, left: readonly Dirent[]) {
    this.path = path
    this.#left = [...left]
  }

  readSync(): Dirent | null {
    this.#expectOpen()
    return this.#left.shift() ?? null
  }

  read(done?: Done<Dirent | null>): Promise<Dirent | null> | undefined {
    return answer(() => this.readSync(), done)
  }

  closeSync(): void {
    this.#expectOpen()
    this.#isClosed = true
  }

  close(done?: Done): Promise<void> | undefined {
    return answer(() => this.closeSync(), done)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Dirent> {
    try {
      for (let entry = this.readSync(); entry !== null; entry = this.readSync()) yield entry
    } finally {
      if (!this.#isClosed) this.closeSync()
    }
  }

  entries(): AsyncGenerator<Dirent> {
    return this[Symbol.asyncIterator]()
  }

  [Symbol.dispose](): void {
    if (!this.#isClosed) this.closeSync()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]()
  }

  #expectOpen(): void {
    if (this.#isClosed) throw coded('ERR_DIR_CLOSED', new Error('Directory handle was closed'))
  }
}

/** Calls back, or gives a promise. */
function answer<Result>(run: () => Result, done: Done<Result> | undefined): Promise<Result> | undefined {
  if (done === undefined) return new Promise((resolve) => resolve(run()))
  const result = run()
  queueMicrotask(() => done(null, result))
  return undefined
}

/** A folder. Throws ENOENT, ENOTDIR. */
export function findFolder(given: unknown, syscall: string): { path: string; folder: FolderEntry } {
  const path = toPath(given)
  const folder = findEntry(path, { syscall })
  if (!(folder instanceof FolderEntry)) throw systemError('ENOTDIR', syscall, path)
  return { path, folder }
}
