/** `node:fs/promises`: those of an empty file system. */

import base from 'unenv/node/fs/promises'

import { OUTCOMES } from './empty.ts'

const given =
  (name: string) =>
  async (path: unknown, options?: unknown): Promise<never> => {
    const error = OUTCOMES[name]!(path, options)
    if (error !== undefined) throw error
    return undefined as never
  }

export const access = given('access')
export const appendFile = given('appendFile')
export const chmod = given('chmod')
export const chown = given('chown')
export const copyFile = given('copyFile')
export const cp = given('cp')
export const link = given('link')
export const lstat = given('lstat')
export const mkdir = given('mkdir')
export const mkdtemp = given('mkdtemp')
export const open = given('open')
export const opendir = given('opendir')
export const readFile = given('readFile')
export const readdir = given('readdir')
export const readlink = given('readlink')
export const realpath = given('realpath')
export const rename = given('rename')
export const rm = given('rm')
export const rmdir = given('rmdir')
export const stat = given('stat')
export const statfs = given('statfs')
export const symlink = given('symlink')
export const truncate = given('truncate')
export const unlink = given('unlink')
export const utimes = given('utimes')
export const writeFile = given('writeFile')

export * from 'unenv/node/fs/promises'
export default {
  ...base,
  access,
  appendFile,
  chmod,
  chown,
  copyFile,
  cp,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  opendir,
  readFile,
  readdir,
  readlink,
  realpath,
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
}
