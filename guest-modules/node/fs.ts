/** `node:fs`: an empty file system that cannot be written to (fs/empty.ts). What works on open files is not there. */

import base from 'unenv/node/fs'

import { OUTCOMES } from './fs/empty.ts'
import promises from './fs/promises.ts'
import { Readable, Writable } from './stream.ts'

type Done = (error: Error | null) => void

const sync =
  (name: string) =>
  (path: unknown, options?: unknown): void => {
    const error = OUTCOMES[name]!(path, options)
    if (error !== undefined) throw error
  }

const later =
  (name: string) =>
  (...args: unknown[]): void => {
    const done = args.pop() as Done
    const error = OUTCOMES[name]!(args[0], args[1])
    queueMicrotask(() => done(error ?? null))
  }

export const accessSync = sync('access')
export const appendFileSync = sync('appendFile')
export const chmodSync = sync('chmod')
export const chownSync = sync('chown')
export const copyFileSync = sync('copyFile')
export const cpSync = sync('cp')
export const linkSync = sync('link')
export const lstatSync = sync('lstat')
export const mkdirSync = sync('mkdir')
export const mkdtempSync = sync('mkdtemp')
export const openSync = sync('open')
export const opendirSync = sync('opendir')
export const readFileSync = sync('readFile')
export const readdirSync = sync('readdir')
export const readlinkSync = sync('readlink')
export const realpathSync = Object.assign(sync('realpath'), { native: sync('realpath') })
export const renameSync = sync('rename')
export const rmSync = sync('rm')
export const rmdirSync = sync('rmdir')
export const statSync = sync('stat')
export const statfsSync = sync('statfs')
export const symlinkSync = sync('symlink')
export const truncateSync = sync('truncate')
export const unlinkSync = sync('unlink')
export const utimesSync = sync('utimes')
export const writeFileSync = sync('writeFile')

export const access = later('access')
export const appendFile = later('appendFile')
export const chmod = later('chmod')
export const chown = later('chown')
export const copyFile = later('copyFile')
export const cp = later('cp')
export const link = later('link')
export const lstat = later('lstat')
export const mkdir = later('mkdir')
export const mkdtemp = later('mkdtemp')
export const open = later('open')
export const opendir = later('opendir')
export const readFile = later('readFile')
export const readdir = later('readdir')
export const readlink = later('readlink')
export const realpath = Object.assign(later('realpath'), { native: later('realpath') })
export const rename = later('rename')
export const rm = later('rm')
export const rmdir = later('rmdir')
export const stat = later('stat')
export const statfs = later('statfs')
export const symlink = later('symlink')
export const truncate = later('truncate')
export const unlink = later('unlink')
export const utimes = later('utimes')
export const writeFile = later('writeFile')

export const existsSync = (): boolean => false
export const exists = (_path: unknown, done: (isThere: boolean) => void): void =>
  queueMicrotask(() => done(false))

export function createReadStream(path: unknown): unknown {
  return new Readable({ read() {} }).destroy(OUTCOMES['open']!(path))
}

export function createWriteStream(path: unknown): unknown {
  return new Writable({ write() {} }).destroy(OUTCOMES['open']!(path, 'w'))
}

const own = {
  access,
  accessSync,
  appendFile,
  appendFileSync,
  chmod,
  chmodSync,
  chown,
  chownSync,
  copyFile,
  copyFileSync,
  cp,
  cpSync,
  createReadStream,
  createWriteStream,
  exists,
  existsSync,
  link,
  linkSync,
  lstat,
  lstatSync,
  mkdir,
  mkdirSync,
  mkdtemp,
  mkdtempSync,
  open,
  openSync,
  opendir,
  opendirSync,
  promises,
  readFile,
  readFileSync,
  readdir,
  readdirSync,
  readlink,
  readlinkSync,
  realpath,
  realpathSync,
  rename,
  renameSync,
  rm,
  rmSync,
  rmdir,
  rmdirSync,
  stat,
  statSync,
  statfs,
  statfsSync,
  symlink,
  symlinkSync,
  truncate,
  truncateSync,
  unlink,
  unlinkSync,
  utimes,
  utimesSync,
  writeFile,
  writeFileSync,
}

export * from 'unenv/node/fs'
export { promises }
export default { ...base, ...own }
