/**
 * Open files: what a descriptor leads to, and what is read and written there.
 *
 *     openSync  >  open, at a position  >  closeSync: the number is free; what is in the file stays for those who have it open
 */

import { invalidType, invalidValue, outOfRange } from '../invalid.ts'
import { constants } from './constants.ts'
import { DeviceEntry, type Entry, FileEntry, FolderEntry } from './entries.ts'
import { systemError } from './errors.ts'
import { findPlace, toChanging, toPath } from './paths.ts'
import { Stats } from './stats.ts'
import { toBytes } from './texts.ts'

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_SYNC, O_TRUNC, O_WRONLY } =
  constants
const ACCESS = O_WRONLY | O_RDWR
const LETTERS: Readonly<Record<string, number>> = {
  r: O_RDONLY,
  'r+': O_RDWR,
  w: O_TRUNC | O_CREAT | O_WRONLY,
  'w+': O_TRUNC | O_CREAT | O_RDWR,
  a: O_APPEND | O_CREAT | O_WRONLY,
  'a+': O_APPEND | O_CREAT | O_RDWR,
}
/** Those below are the standard streams. */
const FIRST = 3

interface OpenFile {
  readonly entry: Entry
  readonly path: string
  readonly reads: boolean
  readonly writes: boolean
  readonly appends: boolean
  position: number
}

const files = new Map<number, OpenFile>()

export function toFlags(given: unknown, otherwise = 'r'): number {
  const flags = given ?? otherwise
  if (typeof flags === 'number') return flags
  if (typeof flags === 'string') {
    const base = LETTERS[flags.replace(/[xs]/g, '')]
    const [isExclusive, isSynced] = [flags.includes('x'), flags.includes('s')]
    // exclusive is what makes a file, synced what reads or appends
    const isSound = !(isExclusive && flags.startsWith('r')) && !(isSynced && flags.startsWith('w'))
    if (base !== undefined && isSound && flags.length <= 4)
      return base | (isExclusive ? O_EXCL : 0) | (isSynced ? O_SYNC : 0)
  }
  throw invalidValue('flags', 'is invalid', given)
}

export function toMode(given: unknown, otherwise: number): number {
  if (given === undefined || given === null) return otherwise
  if (typeof given === 'string') {
    if (!/^[0-7]+$/.test(given))
      throw invalidValue('mode', 'must be a 32-bit unsigned integer or an octal string', given)
    return Number.parseInt(given, 8)
  }
  if (typeof given !== 'number') throw invalidType('mode', 'of type number', given)
  return given
}

/** Gives a descriptor. */
export function openSync(given: unknown, flags?: unknown, mode?: unknown): number {
  const path = toPath(given)
  const bits = toFlags(flags)
  const permissions = toMode(mode, 0o666)
  const writes = (bits & ACCESS) !== O_RDONLY
  const isOwn = (bits & O_CREAT) !== 0 && (bits & O_EXCL) !== 0
  const place = findPlace(path, { syscall: 'open', follows: !isOwn && (bits & O_NOFOLLOW) === 0 })
  let { entry } = place
  if (entry === undefined) {
    if ((bits & O_CREAT) === 0) throw systemError('ENOENT', 'open', path)
    entry = new FileEntry(permissions)
    toChanging(place, 'open', path).add(place.name, entry)
  } else {
    if (isOwn) throw systemError('EEXIST', 'open', path)
    if (entry instanceof FolderEntry && writes) throw systemError('EISDIR', 'open', path)
    if (!(entry instanceof FolderEntry) && (bits & O_DIRECTORY) !== 0)
      throw systemError('ENOTDIR', 'open', path)
    if (!(entry instanceof FileEntry || entry instanceof DeviceEntry || entry instanceof FolderEntry))
      throw systemError('ELOOP', 'open', path)
    if ((bits & O_TRUNC) !== 0 && writes && entry instanceof FileEntry) entry.truncate(0)
  }
  let fd = FIRST
  while (files.has(fd)) fd++
  files.set(fd, {
    entry,
    path,
    reads: (bits & ACCESS) !== O_WRONLY,
    writes,
    appends: (bits & O_APPEND) !== 0,
    position: 0,
  })
  return fd
}

export function closeSync(fd: unknown): void {
  find(fd, 'close')
  files.delete(fd as number)
}

/** The entry of a descriptor, for what is done with one. */
export const findOpen = (fd: unknown, syscall: string): Entry => find(fd, syscall).entry

function find(fd: unknown, syscall: string): OpenFile {
  if (typeof fd !== 'number') throw invalidType('fd', 'of type number', fd)
  if (!Number.isInteger(fd) || fd < 0) throw outOfRange('fd', '>= 0 && <= 2147483647', fd)
  const file = files.get(fd)
  if (file === undefined) throw systemError('EBADF', syscall)
  return file
}

/** Where and how much is read or written: arguments in a row, or an object of them. */
interface Span {
  readonly offset?: number | null | undefined
  readonly length?: number | null | undefined
  readonly position?: number | bigint | null | undefined
}

function toSpan(
  size: number,
  span: Span,
  isWritten: boolean,
): { offset: number; end: number; position: number | undefined } {
  const offset = span.offset ?? 0
  if (offset < 0) throw outOfRange('offset', '>= 0', offset)
  if (isWritten && offset > size) throw outOfRange('offset', `<= ${size}`, offset)
  const length = span.length ?? size - offset
  if (length < 0) throw outOfRange('length', '>= 0', length)
  if (length > size - offset) throw outOfRange('length', `<= ${size - offset}`, length)
  const { position } = span
  const at =
    position === null || position === undefined || Number(position) < 0 ? undefined : Number(position)
  return { offset, end: offset + length, position: at }
}

const toSpanOf = (given: unknown, length: unknown, position: unknown): Span =>
  typeof given === 'object' && given !== null ? given : ({ offset: given, length, position } as Span)

function toView(buffer: unknown): Uint8Array {
  if (!ArrayBuffer.isView(buffer))
    throw invalidType('buffer', 'an instance of Buffer, TypedArray, or DataView', buffer)
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}

/** Gives how many bytes were read. */
export function readSync(
  fd: unknown,
  buffer: unknown,
  given?: unknown,
  length?: unknown,
  position?: unknown,
): number {
  const file = find(fd, 'read')
  const view = toView(buffer)
  const span = toSpan(view.length, toSpanOf(given, length, position), false)
  return readInto(file, view.subarray(span.offset, span.end), span.position)
}

function readInto(file: OpenFile, into: Uint8Array, position: number | undefined): number {
  const { entry } = file
  if (!file.reads) throw systemError('EBADF', 'read')
  if (entry instanceof FolderEntry) throw systemError('EISDIR', 'read')
  const at = position ?? file.position
  const count =
    entry instanceof FileEntry ? entry.read(at, into) : entry instanceof DeviceEntry ? entry.read(into) : 0
  if (position === undefined) file.position += count
  return count
}

/** Gives how many bytes were written. Of a text: `position` and `encoding` follow. */
export function writeSync(
  fd: unknown,
  data: unknown,
  given?: unknown,
  length?: unknown,
  position?: unknown,
): number {
  const file = find(fd, 'write')
  if (typeof data === 'string') {
    const at = typeof given === 'number' ? given : undefined
    return writeFrom(file, toBytes(data, length as BufferEncoding | undefined), at)
  }
  const view = toView(data)
  const span = toSpan(view.length, toSpanOf(given, length, position), true)
  return writeFrom(file, view.subarray(span.offset, span.end), span.position)
}

function writeFrom(file: OpenFile, bytes: Uint8Array, position: number | undefined): number {
  const { entry } = file
  if (!file.writes) throw systemError('EBADF', 'write')
  if (entry instanceof DeviceEntry) {
    if (entry.isFull) throw systemError('ENOSPC', 'write')
    return bytes.length
  }
  if (!(entry instanceof FileEntry)) throw systemError('EBADF', 'write')
  const at = file.appends ? entry.size : (position ?? file.position)
  entry.write(at, bytes)
  if (position === undefined) file.position = at + bytes.length
  return bytes.length
}

export function readvSync(fd: unknown, buffers: readonly unknown[], position?: number | null): number {
  return each(buffers, position, (buffer, at) => readSync(fd, buffer, 0, undefined, at))
}

export function writevSync(fd: unknown, buffers: readonly unknown[], position?: number | null): number {
  return each(buffers, position, (buffer, at) => writeSync(fd, buffer, 0, undefined, at))
}

function each(
  buffers: readonly unknown[],
  position: number | null | undefined,
  move: (buffer: unknown, at: number | undefined) => number,
): number {
  let sum = 0
  for (const buffer of buffers) {
    const count = move(buffer, typeof position === 'number' ? position + sum : undefined)
    sum += count
    if (count < toView(buffer).length) break
  }
  return sum
}

export function fstatSync(fd: unknown, options?: { bigint?: boolean }): Stats {
  return new Stats(findOpen(fd, 'fstat'), options?.bigint)
}

export function ftruncateSync(fd: unknown, length: number | null = 0): void {
  const { entry, writes } = find(fd, 'ftruncate')
  if (!(entry instanceof FileEntry) || !writes) throw systemError('EINVAL', 'ftruncate')
  entry.truncate(Math.max(0, length ?? 0))
}

/** All of it from where it stands. */
export function readRest(fd: unknown): Uint8Array {
  const file = find(fd, 'read')
  const { entry } = file
  if (!(entry instanceof FileEntry)) {
    readInto(file, new Uint8Array(0), undefined)
    return new Uint8Array(0)
  }
  const rest = new Uint8Array(Math.max(0, entry.size - file.position))
  readInto(file, rest, undefined)
  return rest
}
