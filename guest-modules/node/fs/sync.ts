/** What `node:fs` does within the call, by the names without `Sync`: what it does for callbacks and promises is made of it. */

import * as names from './names.ts'
import * as open from './open-files.ts'
import * as whole from './whole.ts'

const { modes, owners, times } = names
/** Nothing has to be written out. */
const settle = (fd: unknown): void => void open.findOpen(fd, 'fsync')

/** Given a path. */
export const OF_PATHS = {
  access: names.accessSync,
  appendFile: whole.appendFileSync,
  chmod: modes.path,
  chown: owners.path,
  copyFile: whole.copyFileSync,
  cp: whole.cpSync,
  lchmod: modes.link,
  lchown: owners.link,
  link: names.linkSync,
  lstat: names.lstatSync,
  lutimes: times.link,
  mkdir: names.mkdirSync,
  mkdtemp: names.mkdtempSync,
  opendir: names.opendirSync,
  readFile: whole.readFileSync,
  readdir: names.readdirSync,
  readlink: names.readlinkSync,
  realpath: names.realpathSync,
  rename: names.renameSync,
  rm: whole.rmSync,
  rmdir: names.rmdirSync,
  stat: names.statSync,
  statfs: whole.statfsSync,
  symlink: names.symlinkSync,
  truncate: names.truncateSync,
  unlink: names.unlinkSync,
  utimes: times.path,
  writeFile: whole.writeFileSync,
}

/** Given a descriptor, and `open`, which gives one. */
export const OF_DESCRIPTORS = {
  close: open.closeSync,
  fchmod: modes.fd,
  fchown: owners.fd,
  fdatasync: settle,
  fstat: open.fstatSync,
  fsync: settle,
  ftruncate: open.ftruncateSync,
  futimes: times.fd,
  open: open.openSync,
}

/** The same, of bytes. */
export const OF_BYTES = {
  read: open.readSync,
  readv: open.readvSync,
  write: open.writeSync,
  writev: open.writevSync,
}
