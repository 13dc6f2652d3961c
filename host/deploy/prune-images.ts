/**
 * Packed images that nobody needs any more: of versions before, of apps that are gone, of engines before. They cannot be
 * told from those of another server with the same cache directory, so that they go by when they were used last, and only
 * when they are many; whoever misses one makes it again.
 */

import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'

import type { ContentId } from '../image/packed.ts'
import type { KeptImage } from './image-files.ts'

/**
 * Those that are not named have so many bytes at most. `directories`: where content is, and what notes say which file comes
 * to which. Gives how many went.
 */
export function pruneImages(
  directories: { readonly content: string; readonly notes: string },
  named: ReadonlySet<ContentId>,
  mostBytes: number,
): number {
  const spare = listFiles(directories.content)
    .filter((path) => !named.has(basename(path) as ContentId))
    .flatMap((path) => {
      const stats = statSync(path, { throwIfNoEntry: false })
      return stats === undefined ? [] : [{ path, bytes: stats.size, usedAt: stats.mtimeMs }]
    })
    .sort((a, b) => a.usedAt - b.usedAt)
  let bytes = spare.reduce((sum, file) => sum + file.bytes, 0)
  const gone = new Set<string>()
  for (const file of spare) {
    if (bytes <= mostBytes) break
    rmSync(file.path, { force: true })
    gone.add(basename(file.path))
    bytes -= file.bytes
  }
  if (gone.size > 0) {
    for (const note of listFiles(directories.notes)) {
      if (gone.has(readNoted(note))) rmSync(note, { force: true })
    }
  }
  return gone.size
}

/** Files in folders of a directory. */
function listFiles(directory: string): string[] {
  return list(directory).flatMap((folder) =>
    list(join(directory, folder)).map((name) => join(directory, folder, name)),
  )
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

/** Which content a file was found to come to. */
function readNoted(note: string): string {
  try {
    return (JSON.parse(readFileSync(note, 'utf8')) as KeptImage).image.id
  } catch {
    return ''
  }
}
