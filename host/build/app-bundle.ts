/** The app's part of what is snapshotted, whether it was made from sources (`bundle.ts`) or brought (`carried-code.ts`). */
import { createHash } from 'node:crypto'

export interface AppBundle {
  /** A module that has the app's exports and imports nothing. */
  readonly code: string
  /** The entry file, as messages call it. */
  readonly entry: string
  /** Source map as JSON; paths are relative to the entry's directory. A component may come without. */
  readonly map: string | undefined
  /** SHA-256 of the map. */
  readonly mapHash: string
  /** What the app's developer should know, each with file:line:column. */
  readonly warnings: readonly string[]
}

export function toMapHash(map: string): string {
  return createHash('sha256').update(map).digest('hex')
}
