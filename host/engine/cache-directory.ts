/** Where what can be made again is kept: engines, and builds. */
import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const NAME = 'nano-workers'

/** NANO_CACHE_DIR, or `.cache` in the first of these `node_modules` that can be written to, or the user's cache. */
export function findCacheDirectory(modules: Iterable<string>): string {
  const chosen = process.env['NANO_CACHE_DIR']
  if (chosen !== undefined && chosen !== '') return chosen
  for (const directory of modules) if (isWritable(directory)) return join(directory, '.cache', NAME)
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), NAME)
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK)
    return true
  } catch {
    return false
  }
}
