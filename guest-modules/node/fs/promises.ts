/** `node:fs/promises` */

import base from 'unenv/node/fs/promises'

import { constants } from './constants.ts'
import { FileHandle, writeAll } from './handle.ts'
import { openSync } from './open-files.ts'
import { OF_PATHS } from './sync.ts'

type Calls = typeof OF_PATHS
type Given<Call> = Call extends (...args: infer Args) => infer Result
  ? (...args: Args) => Promise<Result>
  : never

const toGiven =
  (call: (...args: never[]) => unknown) =>
  async (...args: never[]): Promise<unknown> =>
    call(...args)

const calls = Object.fromEntries(
  Object.entries(OF_PATHS).map(([name, call]) => [name, toGiven(call as (...args: never[]) => unknown)]),
) as { [Name in keyof Calls]: Given<Calls[Name]> }

/** In place of a path a file that is open. */
const toTarget = (file: unknown): unknown => (file instanceof FileHandle ? file.fd : file)

export const {
  access,
  chmod,
  chown,
  copyFile,
  cp,
  lchmod,
  lchown,
  link,
  lstat,
  lutimes,
  mkdir,
  mkdtemp,
  opendir,
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
} = calls

export async function open(path: unknown, flags?: unknown, mode?: unknown): Promise<FileHandle> {
  return new FileHandle(openSync(path, flags, mode))
}

export async function readFile(file: unknown, options?: unknown): Promise<string | Buffer> {
  return OF_PATHS.readFile(toTarget(file), options)
}

export async function writeFile(file: unknown, data: unknown, options?: unknown): Promise<void> {
  await writeAll(toTarget(file), data, options)
}

export async function appendFile(file: unknown, data: unknown, options?: unknown): Promise<void> {
  OF_PATHS.appendFile(toTarget(file), data, options)
}

export { constants }
export { glob, watch } from 'unenv/node/fs/promises'
export default { ...base, ...calls, appendFile, constants, open, readFile, writeFile }
