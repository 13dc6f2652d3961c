/** Functions of `node:fs` about what is where: folders, links, names, times and rights. */

import { invalidType } from '../invalid.ts'
import { constants } from './constants.ts'
import { type Entry, FileEntry, FolderEntry, LinkEntry } from './entries.ts'
import { systemError } from './errors.ts'
import { findOpen, toMode } from './open-files.ts'
import { findEntry, findPlace, toChanging, toPath } from './paths.ts'
import { Dir, Dirent, findFolder, Stats } from './stats.ts'
import { toName, toOptions } from './texts.ts'

const ALL = 0o777
const MS_PER_SECOND = 1000
const SUFFIX = 6
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

interface StatOptions {
  readonly bigint?: boolean
  readonly throwIfNoEntry?: boolean
}

const toStat =
  (syscall: string, follows: boolean) =>
  (given: unknown, { bigint, throwIfNoEntry = true }: StatOptions = {}): Stats | undefined => {
    const path = toPath(given)
    try {
      return new Stats(findEntry(path, { syscall, follows }), bigint)
    } catch (error) {
      const { code } = error as { code?: string }
      if (!throwIfNoEntry && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined
      throw error
    }
  }

export const statSync = toStat('stat', true)
export const lstatSync = toStat('lstat', false)

export function existsSync(path: unknown): boolean {
  try {
    findEntry(toPath(path), { syscall: 'access' })
    return true
  } catch {
    return false
  }
}

export function accessSync(given: unknown, mode: number = constants.F_OK): void {
  const path = toPath(given)
  const entry = findEntry(path, { syscall: 'access' })
  if ((mode & constants.W_OK) !== 0 && entry instanceof FolderEntry && entry.isFixed)
    throw systemError('EROFS', 'access', path)
}

/** With `recursive`: the first folder that was made, if any. */
export function mkdirSync(given: unknown, options?: unknown): string | undefined {
  const path = toPath(given)
  const { recursive = false, mode } =
    typeof options === 'object' && options !== null
      ? (options as { recursive?: boolean; mode?: unknown })
      : { mode: options }
  const permissions = toMode(mode, ALL)
  if (!recursive) {
    make(path, permissions)
    return undefined
  }
  let first: string | undefined
  const parts = path.split('/')
  for (let end = 1; end <= parts.length; end++) {
    const part = parts.slice(0, end).join('/')
    if (part === '' || part === '.') continue
    const { entry, path: full } = findPlace(part, { syscall: 'mkdir' })
    if (entry instanceof FolderEntry) continue
    if (entry !== undefined) throw systemError(end === parts.length ? 'EEXIST' : 'ENOTDIR', 'mkdir', path)
    make(part, permissions, path)
    first ??= full
  }
  return first
}

function make(path: string, permissions: number, said = path): void {
  const place = findPlace(path, { syscall: 'mkdir', follows: false })
  if (place.entry !== undefined) throw systemError('EEXIST', 'mkdir', said)
  toChanging(place, 'mkdir', said).add(place.name, new FolderEntry(permissions))
}

export function mkdtempSync(given: unknown, options?: unknown): string | Buffer {
  const prefix = toPath(given, 'prefix')
  for (;;) {
    let path = prefix
    for (let i = 0; i < SUFFIX; i++) path += LETTERS[Math.floor(Math.random() * LETTERS.length)]!
    const place = findPlace(path, { syscall: 'mkdtemp', follows: false })
    if (place.entry !== undefined) continue
    toChanging(place, 'mkdtemp', `${prefix}XXXXXX`).add(place.name, new FolderEntry(0o700))
    return toName(path, toOptions(options))
  }
}

export function readdirSync(given: unknown, options?: unknown): (string | Buffer | Dirent)[] {
  const settings = toOptions(options)
  const { path, folder } = findFolder(given, 'scandir')
  return list(folder, path, settings['recursive'] === true).map(({ name, inner, parent, entry }) =>
    settings['withFileTypes'] === true
      ? new Dirent(toName(name, settings), parent, entry)
      : toName(inner, settings),
  )
}

interface Listed {
  readonly name: string
  /** From the folder that was asked for. */
  readonly inner: string
  readonly parent: string
  readonly entry: Entry
}

function list(folder: FolderEntry, path: string, isDeep: boolean, before = ''): Listed[] {
  const own = [...folder.names].sort(([a], [b]) => (a < b ? -1 : 1))
  const listed = own.map(([name, entry]) => ({ name, inner: before + name, parent: path, entry }))
  if (!isDeep) return listed
  return listed.concat(
    own.flatMap(([name, entry]) =>
      entry instanceof FolderEntry ? list(entry, join(path, name), true, `${before}${name}/`) : [],
    ),
  )
}

export const join = (folder: string, name: string): string =>
  folder.endsWith('/') ? folder + name : `${folder}/${name}`

export function opendirSync(given: unknown, options?: unknown): Dir {
  const settings = toOptions(options)
  const { path, folder } = findFolder(given, 'opendir')
  const all = list(folder, path, settings['recursive'] === true)
  return new Dir(
    path,
    all.map(({ name, parent, entry }) => new Dirent(toName(name, settings), parent, entry)),
  )
}

export function readlinkSync(given: unknown, options?: unknown): string | Buffer {
  const path = toPath(given)
  const entry = findEntry(path, { syscall: 'readlink', follows: false })
  if (!(entry instanceof LinkEntry)) throw systemError('EINVAL', 'readlink', path)
  return toName(entry.target, toOptions(options))
}

export function realpathSync(given: unknown, options?: unknown): string | Buffer {
  const path = toPath(given)
  const place = findPlace(path, { syscall: 'lstat' })
  if (place.entry === undefined) throw systemError('ENOENT', 'lstat', path)
  return toName(place.path, toOptions(options))
}

export function symlinkSync(target: unknown, given: unknown): void {
  const [to, path] = [toPath(target, 'target'), toPath(given)]
  const place = findPlace(path, { syscall: 'symlink', follows: false })
  if (place.entry !== undefined) throw systemError('EEXIST', 'symlink', to, path)
  toChanging(place, 'symlink', to, path).add(place.name, new LinkEntry(to))
}

export function linkSync(existing: unknown, given: unknown): void {
  const [from, path] = [toPath(existing, 'existingPath'), toPath(given, 'newPath')]
  const entry = findEntry(from, { syscall: 'link', follows: false, dest: path })
  const place = findPlace(path, { syscall: 'link', follows: false })
  if (place.entry !== undefined) throw systemError('EEXIST', 'link', from, path)
  if (entry instanceof FolderEntry) throw systemError('EPERM', 'link', from, path)
  toChanging(place, 'link', from, path).add(place.name, entry)
  entry.links++
}

export function unlinkSync(given: unknown): void {
  const path = toPath(given)
  const place = findPlace(path, { syscall: 'unlink', follows: false })
  const { entry, name } = place
  if (entry === undefined) throw systemError('ENOENT', 'unlink', path)
  const parent = toChanging(place, 'unlink', path)
  if (entry instanceof FolderEntry) throw systemError('EISDIR', 'unlink', path)
  parent.remove(name)
  entry.links--
}

export function rmdirSync(given: unknown): void {
  const path = toPath(given)
  const place = findPlace(path, { syscall: 'rmdir', follows: false })
  const { entry, name } = place
  if (entry === undefined) throw systemError('ENOENT', 'rmdir', path)
  if (!(entry instanceof FolderEntry)) throw systemError('ENOTDIR', 'rmdir', path)
  const parent = toChanging(place, 'rmdir', path)
  if (entry.names.size > 0) throw systemError('ENOTEMPTY', 'rmdir', path)
  parent.remove(name)
}

export function renameSync(old: unknown, given: unknown): void {
  const [from, to] = [toPath(old, 'oldPath'), toPath(given, 'newPath')]
  const search = { syscall: 'rename', follows: false }
  const source = findPlace(from, { ...search, dest: to })
  const fail = (code: 'EINVAL' | 'EISDIR' | 'ENOENT' | 'ENOTDIR' | 'ENOTEMPTY') =>
    systemError(code, 'rename', from, to)
  const { entry } = source
  if (entry === undefined) throw fail('ENOENT')
  const target = findPlace(to, { ...search, dest: from })
  const [left, taken] = [toChanging(source, 'rename', from, to), toChanging(target, 'rename', from, to)]
  if (target.entry === entry) return
  if (`${target.path}/`.startsWith(`${source.path}/`)) throw fail('EINVAL')
  if (target.entry instanceof FolderEntry) {
    if (!(entry instanceof FolderEntry)) throw fail('EISDIR')
    if (target.entry.names.size > 0) throw fail('ENOTEMPTY')
  } else if (target.entry !== undefined && entry instanceof FolderEntry) throw fail('ENOTDIR')
  left.remove(source.name)
  taken.add(target.name, entry)
}

export function truncateSync(given: unknown, length: number | null = 0): void {
  const path = toPath(given)
  const entry = findEntry(path, { syscall: 'open' })
  if (entry instanceof FolderEntry) throw systemError('EISDIR', 'open', path)
  if (entry instanceof FileEntry) entry.truncate(Math.max(0, length ?? 0))
}

/** A function that changes what an entry has, by its path and by its descriptor. */
function toChange<Args extends readonly unknown[]>(
  names: { readonly path: string; readonly link: string; readonly fd: string },
  change: (entry: Entry, ...args: Args) => void,
) {
  const at =
    (syscall: string, follows: boolean) =>
    (given: unknown, ...args: Args): void => {
      const path = toPath(given)
      const entry = findEntry(path, { syscall, follows })
      if (entry instanceof FolderEntry && entry.isFixed) throw systemError('EROFS', syscall, path)
      change(entry, ...args)
      entry.ctimeMs = Date.now()
    }
  return {
    path: at(names.path, true),
    link: at(names.link, false),
    fd: (fd: unknown, ...args: Args): void => change(findOpen(fd, names.fd), ...args),
  }
}

export const modes = toChange({ path: 'chmod', link: 'lchmod', fd: 'fchmod' }, (entry, mode: unknown) => {
  entry.mode = (entry.mode & ~0o7777) | (toMode(mode, 0) & 0o7777)
})

export const owners = toChange(
  { path: 'chown', link: 'lchown', fd: 'fchown' },
  (entry, uid: number, gid: number) => {
    if (typeof uid !== 'number') throw invalidType('uid', 'of type number', uid)
    if (typeof gid !== 'number') throw invalidType('gid', 'of type number', gid)
    Object.assign(entry, { uid, gid })
  },
)

export const times = toChange(
  { path: 'utime', link: 'lutime', fd: 'futime' },
  (entry, atime: unknown, mtime: unknown) => {
    Object.assign(entry, { atimeMs: toTime(atime), mtimeMs: toTime(mtime) })
  },
)

/** A date, or seconds since 1970. */
function toTime(given: unknown): number {
  if (given instanceof Date) return given.getTime()
  const seconds = typeof given === 'string' && given.trim() !== '' ? Number(given) : given
  if (typeof seconds !== 'number' || Number.isNaN(seconds))
    throw invalidType('time', 'an instance of Date or an Time in seconds', given)
  return Number.isFinite(seconds) ? seconds * MS_PER_SECOND : Date.now()
}
