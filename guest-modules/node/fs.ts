/**
 * `node:fs`: a file system of the instance's own, in memory (fs/entries.ts). What it does within the call is done so for
 * callbacks and promises, too.
 */

import base from 'unenv/node/fs'

import { constants } from './fs/constants.ts'
import { isOfSystem } from './fs/errors.ts'
import promises from './fs/promises.ts'
import { Dir, Dirent, Stats } from './fs/stats.ts'
import { createReadStream, createWriteStream, ReadStream, WriteStream } from './fs/streams.ts'
import { existsSync } from './fs/names.ts'
import { OF_BYTES, OF_DESCRIPTORS, OF_PATHS } from './fs/sync.ts'
import { invalidType } from './invalid.ts'

type Call = (...args: never[]) => unknown
type Done = (error: unknown, ...results: unknown[]) => void
type Later = (...args: unknown[]) => void

const CUSTOM = Symbol.for('nodejs.util.promisify.custom')

type ToResults = (result: unknown, args: readonly unknown[]) => readonly unknown[]
const toOnly: ToResults = (result) => (result === undefined ? [] : [result])

/** Wrong arguments are thrown, what fails in the system is told. `toResults`: what else the callback gets. */
function toLater(call: Call, toResults: ToResults = toOnly): Later {
  return (...args) => {
    const done = args.pop()
    if (typeof done !== 'function')
      throw invalidType('cb', 'of type function', args.length === 0 ? undefined : done)
    const tell = (...told: Parameters<Done>): void => queueMicrotask(() => (done as Done)(...told))
    try {
      const result = (call as (...given: unknown[]) => unknown)(...args)
      tell(null, ...toResults(result, args))
    } catch (error) {
      if (!isOfSystem(error)) throw error
      tell(error)
    }
  }
}

const map = <Calls extends object>(calls: Calls, to: (call: Call) => Later) =>
  Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, to(call as Call)])) as Record<
    keyof Calls,
    Later
  >

/** By the names that they have when they are done within the call. */
const withSync = (calls: object) =>
  Object.fromEntries(Object.entries(calls).map(([name, call]) => [`${name}Sync`, call as unknown]))

/** The callback gets how many bytes, and what they are in; `promisify` gives both, by these names. */
function ofBytes(call: Call, names: readonly [count: string, where: string]): Later {
  const later = toLater(call, (count, [, where]) => [count, where])
  const promised = (...args: unknown[]) =>
    new Promise((resolve, reject) =>
      later(...args, (error: unknown, count: unknown, where: unknown) =>
        error === null ? resolve({ [names[0]]: count, [names[1]]: where }) : reject(error),
      ),
    )
  return Object.assign(later, { [CUSTOM]: promised })
}

const later = map({ ...OF_PATHS, ...OF_DESCRIPTORS }, (call) => toLater(call))
export const {
  access,
  appendFile,
  chmod,
  chown,
  close,
  copyFile,
  cp,
  fchmod,
  fchown,
  fdatasync,
  fstat,
  fsync,
  ftruncate,
  futimes,
  lchmod,
  lchown,
  link,
  lstat,
  lutimes,
  mkdir,
  mkdtemp,
  open,
  opendir,
  readFile,
  readdir,
  readlink,
  rename,
  rm,
  rmdir,
  stat,
  statfs,
  symlink,
  truncate,
  unlink,
  utimes,
  writeFile,
} = later
export const {
  access: accessSync,
  appendFile: appendFileSync,
  chmod: chmodSync,
  chown: chownSync,
  copyFile: copyFileSync,
  cp: cpSync,
  lchmod: lchmodSync,
  lchown: lchownSync,
  link: linkSync,
  lstat: lstatSync,
  lutimes: lutimesSync,
  mkdir: mkdirSync,
  mkdtemp: mkdtempSync,
  opendir: opendirSync,
  readFile: readFileSync,
  readdir: readdirSync,
  readlink: readlinkSync,
  rename: renameSync,
  rm: rmSync,
  rmdir: rmdirSync,
  stat: statSync,
  statfs: statfsSync,
  symlink: symlinkSync,
  truncate: truncateSync,
  unlink: unlinkSync,
  utimes: utimesSync,
  writeFile: writeFileSync,
} = OF_PATHS
export const {
  close: closeSync,
  fchmod: fchmodSync,
  fchown: fchownSync,
  fdatasync: fdatasyncSync,
  fstat: fstatSync,
  fsync: fsyncSync,
  ftruncate: ftruncateSync,
  futimes: futimesSync,
  open: openSync,
} = OF_DESCRIPTORS
export const { read: readSync, readv: readvSync, write: writeSync, writev: writevSync } = OF_BYTES
export const read = ofBytes(OF_BYTES.read, ['bytesRead', 'buffer'])
export const readv = ofBytes(OF_BYTES.readv, ['bytesRead', 'buffers'])
export const write = ofBytes(OF_BYTES.write, ['bytesWritten', 'buffer'])
export const writev = ofBytes(OF_BYTES.writev, ['bytesWritten', 'buffers'])
export const realpath = Object.assign(later.realpath, { native: later.realpath })
export const realpathSync = Object.assign(
  (...args: Parameters<typeof OF_PATHS.realpath>) => OF_PATHS.realpath(...args),
  {
    native: OF_PATHS.realpath,
  },
)

/** It has no error to tell. */
export const exists = Object.assign(
  (path: unknown, done: (isThere: boolean) => void): void => queueMicrotask(() => done(existsSync(path))),
  { [CUSTOM]: async (path: unknown): Promise<boolean> => existsSync(path) },
)

export async function openAsBlob(path: unknown, { type = '' }: { type?: string } = {}): Promise<Blob> {
  return new Blob([new Uint8Array(readFileSync(path) as Buffer)], { type })
}

export const FileReadStream = ReadStream
export const FileWriteStream = WriteStream

export {
  constants,
  createReadStream,
  createWriteStream,
  Dir,
  Dirent,
  existsSync,
  promises,
  ReadStream,
  Stats,
  WriteStream,
}
export * from 'unenv/node/fs'
export default {
  ...base,
  ...later,
  ...withSync({ ...OF_PATHS, ...OF_DESCRIPTORS, ...OF_BYTES }),
  constants,
  createReadStream,
  createWriteStream,
  Dir,
  Dirent,
  exists,
  existsSync,
  FileReadStream,
  FileWriteStream,
  openAsBlob,
  promises,
  read,
  ReadStream,
  readv,
  realpath,
  realpathSync,
  Stats,
  write,
  WriteStream,
  writev,
}
