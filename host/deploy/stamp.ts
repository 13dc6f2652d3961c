/** Whether a file is the one that it was, without reading it. */

import { statSync } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { stat } from 'node:fs/promises'

/** What stands for the content of a file. Two that are equal: the same file, not written since. */
export type Stamp = string

/** By path. */
export type Stamps = ReadonlyMap<string, Stamp>

/** The most that a file's time of change may be late by: two seconds on some file systems. */
const COARSE_MS = 2500

const ABSENT: Stamp = 'absent'
/** Of what was written while it was read: equal to no other. */
const UNSURE: Stamp = 'unsure'

/**
 * The stamp of a path, links followed. Of a directory it tells which names are in it. `sinceMs`: when reading it began;
 * what was written later may be in the result or not.
 */
export async function toStamp(path: string, sinceMs = Infinity): Promise<Stamp> {
  try {
    const stats = await stat(path, { bigint: true })
    if (Number(stats.ctimeNs / 1_000_000n) >= sinceMs) return UNSURE
    return toText(stats)
  } catch {
    return ABSENT
  }
}

function toText(stats: BigIntStats): Stamp {
  if (stats.isDirectory()) return `${stats.ino} ${stats.mtimeNs}`
  return `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`
}

/** Of files, on a thread that has nothing else to do. */
export function readStamps(paths: readonly string[]): Stamp[] {
  return paths.map((path) => {
    try {
      return toText(statSync(path, { bigint: true }))
    } catch {
      return ABSENT
    }
  })
}

/** Whether whoever writes to one of these files from here on gives it another stamp: the clock of a file is a coarse one. */
export function isSettled(paths: readonly string[]): boolean {
  const since = Date.now() - COARSE_MS
  return paths.every((path) => (statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? 0) < since)
}

/** Of several paths, one after the other: there may be ten thousand. */
export async function toStamps(paths: Iterable<string>, sinceMs?: number): Promise<Stamps> {
  const stamps = new Map<string, Stamp>()
  // oxlint-disable-next-line no-await-in-loop
  for (const path of paths) stamps.set(path, await toStamp(path, sinceMs))
  return stamps
}

/** Whether nothing has changed since. */
export async function isCurrent(stamps: Stamps): Promise<boolean> {
  for (const [path, stamp] of stamps) {
    // oxlint-disable-next-line no-await-in-loop -- the first that differs is enough
    if (stamp === UNSURE || (await toStamp(path)) !== stamp) return false
  }
  return true
}
