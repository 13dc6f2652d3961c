/**
 * wasi:filesystem over directories that the operator has named. A path of the component leads down from one of them: it is
 * taken apart here, and what it comes to on the disk, links followed, has to lie in that directory. Links are never made,
 * so that nothing that is checked becomes another thing by the component's doing.
 */

import * as fs from 'node:fs'
import { join, sep } from 'node:path'

import type { GuestDirectory } from '../../config/foreign-settings.ts'
import { closed, failed, InputStream, OutputStream } from './streams.ts'

/* oxlint-disable typescript/only-throw-error -- what is thrown are cases of the interface's own error-code */

type Kind = 'directory' | 'regular-file' | 'symbolic-link' | 'unknown'

interface Root {
  readonly host: string
  readonly writable: boolean
}

const CODES: Readonly<Record<string, string>> = {
  ENOENT: 'no-entry',
  EACCES: 'access',
  ERR_ACCESS_DENIED: 'access',
  EPERM: 'not-permitted',
  EEXIST: 'exist',
  ENOTDIR: 'not-directory',
  EISDIR: 'is-directory',
  ENOTEMPTY: 'not-empty',
  ENOSPC: 'insufficient-space',
  EROFS: 'read-only',
  ELOOP: 'loop',
  ENAMETOOLONG: 'name-too-long',
}
const MOST_READ = 64 * 1024
const MOST_ENTRIES = 100_000
const SECOND = 1_000_000_000n

/** What the disk says, as the interface says it. */
function guard<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (typeof error === 'string') throw error
    throw CODES[(error as NodeJS.ErrnoException).code ?? ''] ?? 'io'
  }
}

/** Where a path leads, checked but for its last part, which need not be there. */
function resolveIn({ host }: Root, base: string, path: string, follows: boolean): string {
  if (path.startsWith('/') || path.includes('\0')) throw 'not-permitted'
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) throw 'not-permitted'
  const last = parts.pop()
  const folder = expectIn(host, fs.realpathSync.native(join(base, ...parts)))
  if (last === undefined) return folder
  const full = join(folder, last)
  const isLink = fs.lstatSync(full, { throwIfNoEntry: false })?.isSymbolicLink() === true
  if (!isLink) return full
  if (!follows) throw 'loop'
  return expectIn(host, fs.realpathSync.native(full))
}

function expectIn(host: string, real: string): string {
  if (real !== host && !real.startsWith(host + sep)) throw 'not-permitted'
  return real
}

const toKind = (stats: { isDirectory(): boolean; isFile(): boolean; isSymbolicLink(): boolean }): Kind => {
  if (stats.isDirectory()) return 'directory'
  if (stats.isFile()) return 'regular-file'
  return stats.isSymbolicLink() ? 'symbolic-link' : 'unknown'
}

function toStat(stats: fs.BigIntStats): object {
  const toTime = (ns: bigint) => ({ seconds: ns / SECOND, nanoseconds: Number(ns % SECOND) })
  return {
    type: toKind(stats),
    linkCount: stats.nlink,
    size: stats.size,
    dataAccessTimestamp: toTime(stats.atimeNs),
    dataModificationTimestamp: toTime(stats.mtimeNs),
    statusChangeTimestamp: toTime(stats.ctimeNs),
  }
}

class DirectoryEntryStream {
  readonly #entries: { type: Kind; name: string }[]

  constructor(entries: { type: Kind; name: string }[]) {
    this.#entries = entries
  }

  readDirectoryEntry(): { type: Kind; name: string } | undefined {
    return this.#entries.shift()
  }
}

class Descriptor {
  readonly #root: Root
  readonly #path: string
  readonly #writes: boolean
  /** Of a file. */
  readonly #file: number | undefined

  constructor(root: Root, path: string, { file, writes }: { file?: number; writes: boolean }) {
    this.#root = root
    this.#path = path
    this.#file = file
    this.#writes = writes
  }

  getFlags(): object {
    return { read: true, write: this.#file !== undefined && this.#writes, mutateDirectory: this.#writes }
  }

  getType(): Kind {
    return this.#file === undefined ? 'directory' : 'regular-file'
  }

  stat(): object {
    return guard(() => toStat(fs.statSync(this.#path, { bigint: true })))
  }

  statAt({ symlinkFollow = false }: { symlinkFollow?: boolean }, path: string): object {
    return guard(() => toStat(fs.lstatSync(this.#at(path, symlinkFollow), { bigint: true })))
  }

  read(length: bigint, offset: bigint): [Uint8Array, boolean] {
    const file = this.#expectFile()
    return guard(() => {
      const bytes = new Uint8Array(Number(length > BigInt(MOST_READ) ? BigInt(MOST_READ) : length))
      const count = fs.readSync(file, bytes, 0, bytes.length, offset)
      return [bytes.subarray(0, count), count === 0 && bytes.length > 0]
    })
  }

  write(bytes: Uint8Array, offset: bigint): bigint {
    const file = this.#expectWritableFile()
    return guard(() => BigInt(fs.writeSync(file, bytes, 0, bytes.length, Number(offset))))
  }

  readViaStream(offset: bigint): InputStream {
    this.#expectFile()
    let at = offset
    return new InputStream({
      isReady: () => true,
      take: (most) => {
        const [bytes, isEnd] = guardStream(() => this.read(BigInt(most), at))
        if (isEnd) throw closed()
        at += BigInt(bytes.length)
        return bytes
      },
    })
  }

  writeViaStream(offset: bigint): OutputStream {
    this.#expectWritableFile()
    let at = offset
    return new OutputStream({
      room: () => MOST_READ,
      write: (bytes) => {
        for (let done = 0; done < bytes.length;) {
          done += Number(guardStream(() => this.write(bytes.subarray(done), at + BigInt(done))))
        }
        at += BigInt(bytes.length)
      },
    })
  }

  appendViaStream(): OutputStream {
    const file = this.#expectWritableFile()
    return this.writeViaStream(guard(() => fs.fstatSync(file, { bigint: true }).size))
  }

  setSize(size: bigint): void {
    const file = this.#expectWritableFile()
    guard(() => fs.ftruncateSync(file, Number(size)))
  }

  readDirectory(): DirectoryEntryStream {
    if (this.#file !== undefined) throw 'not-directory'
    return guard(() => {
      const entries = fs.readdirSync(this.#path, { withFileTypes: true }).slice(0, MOST_ENTRIES)
      return new DirectoryEntryStream(entries.map((entry) => ({ type: toKind(entry), name: entry.name })))
    })
  }

  openAt(
    { symlinkFollow = false }: { symlinkFollow?: boolean },
    path: string,
    open: { create?: boolean; directory?: boolean; exclusive?: boolean; truncate?: boolean },
    flags: { read?: boolean; write?: boolean; mutateDirectory?: boolean },
  ): Descriptor {
    const changes = flags.write === true || open.create === true || open.truncate === true
    if (changes) this.#expectWritable()
    return guard(() => {
      const full = this.#at(path, symlinkFollow)
      const kind = fs.lstatSync(full, { throwIfNoEntry: false })
      if (kind?.isDirectory() === true) {
        if (open.exclusive === true) throw 'exist'
        if (changes) throw 'is-directory'
        return new Descriptor(this.#root, full, { writes: this.#writes })
      }
      if (open.directory === true) throw kind === undefined ? 'no-entry' : 'not-directory'
      if (kind !== undefined && !kind.isFile()) throw 'not-permitted'
      const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC } = fs.constants
      const mode =
        (changes ? O_RDWR : O_RDONLY) |
        O_NOFOLLOW |
        (open.create === true ? O_CREAT : 0) |
        (open.exclusive === true ? O_EXCL : 0) |
        (open.truncate === true ? O_TRUNC : 0)
      return new Descriptor(this.#root, full, { file: fs.openSync(full, mode, 0o600), writes: changes })
    })
  }

  createDirectoryAt(path: string): void {
    this.#expectWritable()
    guard(() => fs.mkdirSync(this.#at(path, false), 0o700))
  }

  removeDirectoryAt(path: string): void {
    this.#expectWritable()
    guard(() => fs.rmdirSync(this.#at(path, false)))
  }

  unlinkFileAt(path: string): void {
    this.#expectWritable()
    guard(() => fs.unlinkSync(this.#at(path, false)))
  }

  renameAt(path: string, target: Descriptor, to: string): void {
    this.#expectWritable()
    target.#expectWritable()
    guard(() => fs.renameSync(this.#at(path, false), target.#at(to, false)))
  }

  linkAt(): never {
    throw 'unsupported'
  }

  symlinkAt(): never {
    throw 'unsupported'
  }

  readlinkAt(): never {
    throw 'unsupported'
  }

  setTimes(): never {
    throw 'unsupported'
  }

  setTimesAt(): never {
    throw 'unsupported'
  }

  advise(): void {}

  sync(): void {
    const file = this.#file
    if (file !== undefined) guard(() => fs.fsyncSync(file))
  }

  syncData(): void {
    this.sync()
  }

  isSameObject(other: Descriptor): boolean {
    return this.#path === other.#path
  }

  metadataHash(): { lower: bigint; upper: bigint } {
    return guard(() => toHash(fs.statSync(this.#path, { bigint: true })))
  }

  metadataHashAt(
    { symlinkFollow = false }: { symlinkFollow?: boolean },
    path: string,
  ): { lower: bigint; upper: bigint } {
    return guard(() => toHash(fs.lstatSync(this.#at(path, symlinkFollow), { bigint: true })))
  }

  [Symbol.dispose](): void {
    const file = this.#file
    if (file !== undefined) guard(() => fs.closeSync(file))
  }

  #at(path: string, follows: boolean): string {
    if (this.#file !== undefined) throw 'not-directory'
    return resolveIn(this.#root, this.#path, path, follows)
  }

  #expectFile(): number {
    if (this.#file === undefined) throw 'is-directory'
    return this.#file
  }

  #expectWritable(): void {
    if (!this.#root.writable) throw 'read-only'
    if (!this.#writes) throw 'not-permitted'
  }

  #expectWritableFile(): number {
    this.#expectWritable()
    return this.#expectFile()
  }
}

const toHash = ({ dev, ino }: fs.BigIntStats) => ({ lower: ino, upper: dev })

function guardStream<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw failed(String(error))
  }
}

export function openFiles(directories: readonly GuestDirectory[]): {
  filesystemPreopens: object
  filesystemTypes: object
} {
  const opened = directories.map(({ guest, host, writable }): [Descriptor, string] => [
    new Descriptor({ host, writable }, host, { writes: writable }),
    guest,
  ])
  return {
    filesystemPreopens: { getDirectories: () => opened },
    filesystemTypes: { Descriptor, DirectoryEntryStream, filesystemErrorCode: () => undefined },
  }
}
