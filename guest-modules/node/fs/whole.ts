/** Functions of `node:fs` for all of a file, or all of a folder. */

import { constants } from './constants.ts'
import { type Entry, FileEntry, FolderEntry, LinkEntry } from './entries.ts'
import { systemError } from './errors.ts'
import { join, mkdirSync, readlinkSync, symlinkSync } from './names.ts'
import { closeSync, openSync, readRest, writeSync } from './open-files.ts'
import { findEntry, findPlace, toChanging, toPath } from './paths.ts'
import { toBytes, toContent, toOptions } from './texts.ts'

/** `given`: a path, or a descriptor. */
function withFile<Result>(
  given: unknown,
  flags: unknown,
  mode: unknown,
  use: (fd: number) => Result,
): Result {
  if (typeof given === 'number') return use(given)
  const fd = openSync(given, flags, mode)
  try {
    return use(fd)
  } finally {
    closeSync(fd)
  }
}

export function readFileSync(given: unknown, options?: unknown): string | Buffer {
  const settings = toOptions(options)
  return withFile(given, settings['flag'], undefined, (fd) => toContent(readRest(fd), settings))
}

export function writeFileSync(given: unknown, data: unknown, options?: unknown): void {
  write(given, data, options, 'w')
}

export function appendFileSync(given: unknown, data: unknown, options?: unknown): void {
  write(given, data, options, 'a')
}

function write(given: unknown, data: unknown, options: unknown, flag: string): void {
  const settings = toOptions(options)
  const bytes = toBytes(data, settings.encoding)
  withFile(given, settings['flag'] ?? flag, settings['mode'], (fd) => void writeSync(fd, bytes))
}

export function copyFileSync(source: unknown, target: unknown, mode = 0): void {
  const [from, to] = [toPath(source, 'src'), toPath(target, 'dest')]
  const entry = findEntry(from, { syscall: 'copyfile', dest: to })
  if (entry instanceof FolderEntry) throw systemError('EISDIR', 'copyfile', from, to)
  const place = findPlace(to, { syscall: 'copyfile', dest: from })
  if (place.entry === entry) return
  if (place.entry instanceof FolderEntry) throw systemError('EISDIR', 'copyfile', from, to)
  if (place.entry !== undefined && (mode & constants.COPYFILE_EXCL) !== 0)
    throw systemError('EEXIST', 'copyfile', from, to)
  const bytes = entry instanceof FileEntry ? entry.bytes : new Uint8Array(0)
  const copy = place.entry instanceof FileEntry ? place.entry : new FileEntry(entry.mode)
  if (place.entry === undefined) toChanging(place, 'copyfile', from, to).add(place.name, copy)
  copy.truncate(0)
  copy.write(0, bytes)
}

interface RmOptions {
  readonly force?: boolean
  readonly recursive?: boolean
}

export function rmSync(given: unknown, { force = false, recursive = false }: RmOptions = {}): void {
  const path = toPath(given)
  const place = findIfThere(path, force)
  if (place === undefined) return
  const { entry, name } = place
  const parent = toChanging(place, 'rm', path)
  if (entry instanceof FolderEntry && !recursive) {
    const text = `Path is a directory: rm returned EISDIR (is a directory) ${path}`
    throw Object.assign(new Error(text), { code: 'ERR_FS_EISDIR', errno: 21, syscall: 'rm', path })
  }
  parent.remove(name)
  entry!.links--
}

function findIfThere(path: string, isForced: boolean): ReturnType<typeof findPlace> | undefined {
  try {
    const place = findPlace(path, { syscall: 'lstat', follows: false })
    if (place.entry === undefined) throw systemError('ENOENT', 'lstat', path)
    return place
  } catch (error) {
    if (isForced && (error as { code?: string }).code === 'ENOENT') return undefined
    throw error
  }
}

interface CpOptions {
  readonly recursive?: boolean
  readonly force?: boolean
  readonly errorOnExist?: boolean
  readonly dereference?: boolean
  readonly preserveTimestamps?: boolean
  filter?(source: string, target: string): unknown
}

export function cpSync(source: unknown, target: unknown, options: CpOptions = {}): void {
  const [from, to] = [toPath(source, 'src'), toPath(target, 'dest')]
  const entry = findEntry(from, { syscall: 'cp', follows: options.dereference === true, dest: to })
  if (entry instanceof FolderEntry && options.recursive !== true) {
    const text = `Recursive option not enabled, cannot copy a directory: cp returned EISDIR (${from} is a directory (not copied)) ${from}`
    throw Object.assign(new Error(text), { code: 'ERR_FS_EISDIR', errno: 21, syscall: 'cp', path: from })
  }
  const slash = to.lastIndexOf('/')
  if (slash > 0) mkdirSync(to.slice(0, slash), { recursive: true })
  if (entry instanceof FolderEntry && `${toFull(to)}/`.startsWith(`${toFull(from)}/`))
    throw systemError('EINVAL', 'cp', from, to)
  copyEntry(entry, from, to, options)
}

const toFull = (path: string): string => findPlace(path, { syscall: 'cp', follows: false }).path

function copyEntry(entry: Entry, from: string, to: string, options: CpOptions): void {
  if (options.filter !== undefined && !options.filter(from, to)) return
  const there = findPlace(to, { syscall: 'cp', follows: false }).entry
  if (entry instanceof FolderEntry) {
    if (there === undefined) mkdirSync(to)
    for (const [name, inner] of entry.names) copyEntry(inner, join(from, name), join(to, name), options)
    return
  }
  if (there !== undefined && options.force === false) {
    if (options.errorOnExist !== true) return
    const text = `Target already exists: cp returned EEXIST (${to} already exists) ${to}`
    throw Object.assign(new Error(text), { code: 'ERR_FS_CP_EEXIST', errno: 17, syscall: 'cp', path: to })
  }
  if (entry instanceof LinkEntry && options.dereference !== true) {
    if (there !== undefined) rmSync(to)
    symlinkSync(readlinkSync(from), to)
    return
  }
  copyFileSync(from, to)
  if (options.preserveTimestamps !== true) return
  const { atimeMs, mtimeMs } = findEntry(from, { syscall: 'cp' })
  Object.assign(findEntry(to, { syscall: 'cp' }), { atimeMs, mtimeMs })
}

/** What of the memory is free nobody can tell. */
export function statfsSync(given: unknown, { bigint = false }: { bigint?: boolean } = {}): object {
  findEntry(toPath(given), { syscall: 'statfs' })
  const all = {
    type: 0x01021994,
    bsize: 4096,
    frsize: 4096,
    blocks: 0,
    bfree: 0,
    bavail: 0,
    files: 0,
    ffree: 0,
  }
  return bigint ? Object.fromEntries(Object.entries(all).map(([name, value]) => [name, BigInt(value)])) : all
}
