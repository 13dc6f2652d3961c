/**
 * Files that others put on the disk, read with a bound: what a file is and how large is known before a byte of it is
 * read, and both of the file that is open, not of its name, which may mean another one a moment later. A symbolic link
 * is as good as the file.
 */

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

import { NanoError } from '../errors.ts'

/** A pipe must not hold up whoever opens it. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK

/** Reads a regular file; `checkSize` throws for a size that is not wanted. What is wrong is CONFIG_INVALID. */
export function readRegularFile(path: string, checkSize: (bytes: number) => void): Uint8Array<ArrayBuffer> {
  const file = attempt(() => openSync(path, FLAGS))
  try {
    const stats = fstatSync(file)
    if (!stats.isFile()) throw new NanoError('CONFIG_INVALID', 'it is not a regular file')
    checkSize(stats.size)
    return attempt(() => readBytes(file, stats.size))
  } finally {
    closeSync(file)
  }
}

/** At most `size` bytes, fewer when the file has become shorter meanwhile. */
function readBytes(file: number, size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size)
  let end = 0
  while (end < size) {
    const read = readSync(file, bytes, end, size - end, null)
    if (read === 0) break
    end += read
  }
  return bytes.subarray(0, end)
}

function attempt<T>(act: () => T): T {
  try {
    return act()
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable'
    const text = reason === 'ENOENT' ? 'there is no such file' : `it cannot be read (${reason})`
    throw new NanoError('CONFIG_INVALID', text, { cause })
  }
}
