/** Where a path leads (POSIX: path resolution). */

import { Buffer } from '../buffer.ts'
import { coded } from '../http/coded.ts'
import { invalidType, invalidValue } from '../invalid.ts'
import { type Entry, FolderEntry, LinkEntry, root } from './entries.ts'
import { systemError } from './errors.ts'

/** The last name of a path, and what is there. */
export interface Place {
  /** Undefined: it is the root. */
  readonly parent: FolderEntry | undefined
  readonly name: string
  /** Undefined: nothing is there. */
  readonly entry: Entry | undefined
  /** Without links, `.` and `..`. */
  readonly path: string
}

/** Who is looked for, and whether the last link is gone through. */
export interface Search {
  readonly syscall: string
  readonly follows?: boolean
  readonly dest?: string
}

const MOST_LINKS = 40

/** A path as Node.js takes it. */
export function toPath(value: unknown, name = 'path'): string {
  const path =
    value instanceof URL
      ? fromUrl(value)
      : value instanceof Uint8Array
        ? Buffer.from(value).toString()
        : value
  if (typeof path !== 'string')
    throw invalidType(name, 'of type string or an instance of Buffer or URL', value)
  if (path.includes('\0'))
    throw invalidValue(name, 'must be a string, Uint8Array, or URL without null bytes', value)
  return path
}

function fromUrl({ protocol, hostname, pathname }: URL): string {
  if (protocol !== 'file:')
    throw coded('ERR_INVALID_URL_SCHEME', new TypeError('The URL must be of scheme file'))
  if (hostname !== '') {
    const text = 'File URL host must be "localhost" or empty on linux'
    throw coded('ERR_INVALID_FILE_URL_HOST', new TypeError(text))
  }
  if (/%2f/i.test(pathname)) {
    const text = 'File URL path must not include encoded / characters'
    throw coded('ERR_INVALID_FILE_URL_PATH', new TypeError(text))
  }
  return decodeURIComponent(pathname)
}

/** Throws when what is before the last name is not there, or no folder. */
export function findPlace(path: string, { syscall, follows = true, dest }: Search): Place {
  const fail = (code: 'ELOOP' | 'ENOENT' | 'ENOTDIR') => systemError(code, syscall, path, dest)
  if (path === '') throw fail('ENOENT')
  const folders = [root]
  const names: string[] = []
  let left = path.split('/')
  let links = 0
  while (left.length > 0) {
    const [name = '', ...rest] = left
    left = rest
    if (name === '' || name === '.') continue
    if (name === '..') {
      if (names.pop() !== undefined) folders.pop()
      continue
    }
    const parent = folders.at(-1)!
    const entry = parent.names.get(name)
    const isLast = left.every((each) => each === '')
    if (entry instanceof LinkEntry && (!isLast || follows || left.length > 0)) {
      if (++links > MOST_LINKS) throw fail('ELOOP')
      if (entry.target.startsWith('/')) {
        folders.length = 1
        names.length = 0
      }
      left = [...entry.target.split('/'), ...left]
      continue
    }
    if (isLast) {
      if (left.length > 0 && entry !== undefined && !(entry instanceof FolderEntry)) throw fail('ENOTDIR')
      return { parent, name, entry, path: `/${[...names, name].join('/')}` }
    }
    if (entry === undefined) throw fail('ENOENT')
    if (!(entry instanceof FolderEntry)) throw fail('ENOTDIR')
    folders.push(entry)
    names.push(name)
  }
  const name = names.at(-1) ?? ''
  return { parent: folders.at(-2), name, entry: folders.at(-1), path: `/${names.join('/')}` }
}

/** What there is. Throws ENOENT. */
export function findEntry(path: string, search: Search): Entry {
  const { entry } = findPlace(path, search)
  if (entry === undefined) throw systemError('ENOENT', search.syscall, path, search.dest)
  return entry
}

/** The folder of a place, in which something is about to change. Throws EROFS. */
export function toChanging({ parent }: Place, syscall: string, path: string, dest?: string): FolderEntry {
  if (parent === undefined || parent.isFixed) throw systemError('EROFS', syscall, path, dest)
  return parent
}
