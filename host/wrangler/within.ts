/** Whether what a wrangler file names belongs to its app. */

import { realpathSync } from 'node:fs'
import { dirname, relative, sep } from 'node:path'

/** Whether a path lies in one of these folders, links followed. */
export function isWithin(folders: readonly string[], path: string): boolean {
  const real = toReal(path)
  return folders.some((folder) => {
    const from = relative(toReal(folder), real)
    return from !== '..' && !from.startsWith(`..${sep}`)
  })
}

/** Of what is not there, that of the nearest folder that is. */
function toReal(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : toReal(parent)
  }
}
