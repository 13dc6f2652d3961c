/**
 * Builds that are not made twice. The key is everything that the result depends on: the app's bundle as the component
 * carries it, versions of the toolchain included, the guest shim and the world. A changed app is another key, so an entry
 * never has to be invalidated; the ones that were not used for longest go when there are too many.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { CarriedBundle } from '../component/carried-bundle.ts'
import { findCacheDirectory } from '../engine/cache-directory.ts'
import { checkComponent, type CheckedComponent } from './check.ts'
import { writeOutput } from './output.ts'
import { modulesBeside } from './package-files.ts'
import { SNAPSHOT_REVISION } from './snapshot.ts'

/** Builds of sources that stay; each is a whole component. */
const MOST_BUILDS = 50
/** Those of components, which are the tenants': when all are opened one after the other, each should still be there. */
const MOST_REBUILDS = 1000
const REBUILDS = 'rebuilt'
const COMPONENT = '.wasm'

/** Where builds are kept, and how many. */
export interface Shelf {
  readonly directory: string
  readonly most: number
}

/** For builds of sources. `near`: a file of the app. */
export function toBuildShelf(near: string, directory = findCacheDirectory(modulesBeside(near))): Shelf {
  return { directory, most: MOST_BUILDS }
}

/** For what was made again of components. `near`: a file of NANO's own. */
export function toRebuildShelf(near: string, directory = findCacheDirectory(modulesBeside(near))): Shelf {
  return { directory: join(directory, REBUILDS), most: MOST_REBUILDS }
}

/** What a component is made of. */
export interface Ingredients {
  readonly carried: CarriedBundle
  readonly shim: string
  readonly wit: string
  readonly asyncStacks: boolean
}

/** Where the build of these is kept. */
export function toKeptFile(
  { directory }: Shelf,
  { carried: { compressed, ...header }, ...more }: Ingredients,
): string {
  // what an app's top level asks about languages, the Node that builds answers
  const { icu, unicode, tz } = process.versions
  const parts = [SNAPSHOT_REVISION, process.env['SOURCE_DATE_EPOCH'] ?? '', [icu, unicode, tz], header, more]
  const key = createHash('sha256').update(JSON.stringify(parts)).update(compressed).digest('hex')
  return join(directory, `${key}${COMPONENT}`)
}

/** An entry, marked as used. One that cannot be read or is broken counts as none and is built anew. */
export async function findKept(file: string, name: string): Promise<CheckedComponent | undefined> {
  try {
    const found = checkComponent(await readFile(file), name)
    const now = new Date()
    await utimes(file, now, now)
    return found
  } catch {
    return undefined
  }
}

/** Keeps an entry if it can: a cache that cannot be written makes the next start slower, nothing else. */
export async function keep(
  file: string,
  { most }: Shelf,
  output: { component: Uint8Array; sourceMap: string | undefined },
): Promise<void> {
  try {
    await writeOutput(file, output)
    await prune(dirname(file), most)
  } catch {
    // the build itself is complete
  }
}

/** Removes the entries that were not used for longest. Another process may do so at the same time. */
async function prune(directory: string, most: number): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(COMPONENT))
  if (names.length <= most) return
  const entries = await Promise.all(
    names.map(async (name) => {
      const stats = await stat(join(directory, name)).catch(() => undefined)
      return { name, usedAt: stats?.mtimeMs ?? 0 }
    }),
  )
  const surplus = entries.sort((a, b) => b.usedAt - a.usedAt).slice(most)
  await Promise.all(
    surplus.flatMap(({ name }) => [
      rm(join(directory, name), { force: true }),
      rm(join(directory, `${name}.map`), { force: true }),
    ]),
  )
}
