/**
 * Which state a host's own copy is of: the name that the state's bucket has. A bucket that was made anew, or is an older one
 * again, is another state, whatever it says: a host does not take its apps away because a bucket is empty.
 */

import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { placeFile } from '../artifacts/place-file.ts'
import { NanoError } from '../errors.ts'

const FILE = 'fleet.json'

/** Throws FLEET_STATE_INVALID when it is another state than the one that is known here. */
export function expectState(directory: string, id: string, last: number, known: number): void {
  const path = join(directory, FILE)
  const before = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { id: string }).id : undefined
  if (before === undefined) {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    placeFile({ root: directory, path, drafts: directory }, [Buffer.from(JSON.stringify({ id }))])
  } else if (before !== id || last < known) {
    const what = before === id ? 'is an older one again' : 'was made anew'
    const text = `the state of the fleet ${what}: this host serves what it knew, and takes nothing of it. To take it, stop the host and remove ${directory}`
    throw new NanoError('FLEET_STATE_INVALID', text)
  }
}
