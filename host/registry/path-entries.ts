/** What decides where a path leads: the entries of directories that its links and its end are. */

import { lstatSync, readlinkSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/** An entry of a directory. */
export interface PathEntry {
  /** Without links. */
  readonly directory: string
  /** Undefined: every entry counts. */
  readonly name: string | undefined
}

/** Where a path leads, and by which entries. */
interface Walk {
  /** Without links; undefined: nowhere. */
  readonly end: string | undefined
  readonly entries: readonly PathEntry[]
}

/** Directories that were walked to already, by path. */
export type Walks = Map<string, Walk>

/** Links that lead to links, at most. */
const MAX_LINKS = 40

/**
 * When one of these is replaced, the path may lead elsewhere. Of a path that leads nowhere: up to the first entry that is
 * missing. Of a directory: all that is in it, too. `walks`: shared by paths that are looked at together.
 */
export function toPathEntries(path: string, walks: Walks = new Map()): readonly PathEntry[] {
  const { end, entries } = walk(resolve(path), walks, MAX_LINKS)
  if (end === undefined) return entries
  const own = { directory: dirname(end), name: basename(end) }
  const isDirectory = statEntry(end)?.isDirectory() === true
  return [...entries, own, ...(isDirectory ? [{ directory: end, name: undefined }] : [])]
}

function walk(path: string, walks: Walks, links: number): Walk {
  const parent = dirname(path)
  if (parent === path) return { end: path, entries: [] }
  let before = walks.get(parent)
  if (before === undefined) {
    before = walk(parent, walks, links)
    walks.set(parent, before)
  }
  const { end: directory, entries } = before
  if (directory === undefined) return before
  const entry = { directory, name: basename(path) }
  const place = join(directory, entry.name)
  const stats = statEntry(place)
  if (stats === undefined) return { end: undefined, entries: [...entries, entry] }
  if (!stats.isSymbolicLink()) return { end: place, entries }
  if (links === 0) return { end: undefined, entries: [...entries, entry] }
  const target = walk(resolve(directory, readlinkSync(place)), walks, links - 1)
  return { end: target.end, entries: [...entries, entry, ...target.entries] }
}

function statEntry(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch {
    // a file where a directory was meant, or one that is nobody's business
    return undefined
  }
}
