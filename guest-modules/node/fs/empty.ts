/**
 * The file system that an app has: nothing is in it, and nothing can be put there. Code that looks whether a file is there is
 * answered as on an empty disk; code that writes is told that the disk is read-only.
 */

const ENOENT = { code: 'ENOENT', errno: -2, text: 'no such file or directory' } as const
const EROFS = {
  code: 'EROFS',
  errno: -30,
  text: 'read-only file system; an app has none of its own, keep data in a binding',
} as const

/** By the function of `node:fs`: what it calls the system for, where that is not its own name. */
const LOOKS: Readonly<Record<string, string>> = {
  access: 'access',
  chmod: 'chmod',
  chown: 'chown',
  copyFile: 'copyfile',
  lstat: 'lstat',
  opendir: 'opendir',
  readFile: 'open',
  readdir: 'scandir',
  readlink: 'readlink',
  realpath: 'realpath',
  rename: 'rename',
  rmdir: 'rmdir',
  stat: 'stat',
  statfs: 'statfs',
  truncate: 'open',
  unlink: 'unlink',
  utimes: 'utime',
}
const CHANGES: Readonly<Record<string, string>> = {
  appendFile: 'open',
  cp: 'cp',
  link: 'link',
  mkdir: 'mkdir',
  mkdtemp: 'mkdtemp',
  symlink: 'symlink',
  writeFile: 'open',
}

function toError({ code, errno, text }: typeof ENOENT | typeof EROFS, syscall: string, path: unknown): Error {
  const error = new Error(`${code}: ${text}, ${syscall} '${String(path)}'`)
  return Object.assign(error, { errno, code, syscall, path })
}

/** Its flags say whether a file would be made. */
const openError = (path: unknown, flags: unknown = 'r'): Error =>
  toError(typeof flags === 'string' && /^[wa]/.test(flags) ? EROFS : ENOENT, 'open', path)

const isForced = (options: unknown): boolean =>
  typeof options === 'object' && options !== null && 'force' in options && options.force === true

const isQuiet = (options: unknown): boolean =>
  typeof options === 'object' &&
  options !== null &&
  'throwIfNoEntry' in options &&
  options.throwIfNoEntry === false

/** What comes of a call: an error, or undefined for one that has nothing to do. */
export type Outcome = (path: unknown, options?: unknown) => Error | undefined

export const OUTCOMES: Readonly<Record<string, Outcome>> = {
  ...Object.fromEntries(
    Object.entries(LOOKS).map(([name, syscall]) => [name, (path: unknown) => toError(ENOENT, syscall, path)]),
  ),
  ...Object.fromEntries(
    Object.entries(CHANGES).map(([name, syscall]) => [
      name,
      (path: unknown) => toError(EROFS, syscall, path),
    ]),
  ),
  open: openError,
  rm: (path, options) => (isForced(options) ? undefined : toError(ENOENT, 'rm', path)),
  stat: (path, options) => (isQuiet(options) ? undefined : toError(ENOENT, 'stat', path)),
  lstat: (path, options) => (isQuiet(options) ? undefined : toError(ENOENT, 'lstat', path)),
}
