/** Files that are there as a whole, or not at all: written beside, synced, renamed into place, the directory synced. */

import { randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { NanoError } from '../errors.ts'

export interface Place {
  /** What all files are below. */
  readonly root: string
  /** In a directory of `root`'s, which is made if it is not there. */
  readonly path: string
  /** Where it is written before; on the same disk. */
  readonly drafts: string
}

/** On the disk when it returns, a power cut included. Throws STORAGE_FAILED. */
export function placeFile({ root, path, drafts }: Place, parts: readonly Uint8Array[]): void {
  const draft = join(drafts, randomUUID())
  const folder = dirname(path)
  try {
    const file = openSync(draft, 'wx', 0o600)
    try {
      for (const part of parts) writeAll(file, part)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) syncFolder(root)
    renameSync(draft, path)
    syncFolder(folder)
  } catch (cause) {
    rmSync(draft, { force: true })
    const { code = 'unknown', message } = cause as NodeJS.ErrnoException
    throw new NanoError('STORAGE_FAILED', `cannot write below ${root}: ${code}: ${message}`, { cause })
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
