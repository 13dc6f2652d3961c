/**
 * Builds that are not made twice. The key is everything that the result depends on: the bundle, which holds the app,
 * its packages and the guest shim, the world, and the versions of the toolchain. A changed app is another key, so an
 * entry never has to be invalidated; the ones that were not used for longest go when there are too many.
 */
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync } from 'node:fs'
import { readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { witText } from '../../wit/text.ts'
import { checkComponent, type CheckedComponent } from './check.ts'
import { writeOutput } from './output.ts'
import { readVersion } from './package-files.ts'
import { SNAPSHOT_REVISION } from './snapshot.ts'

const CACHE_NAME = 'nano-workers'
/** Entries that stay; each is a whole component. */
const MOST_ENTRIES = 50
const TOOLCHAIN = ['@bytecodealliance/componentize-js', '@bytecodealliance/jco']
const COMPONENT = '.wasm'

/** Where the build of a bundle is kept. `directory`: where builds are, unless the app's own place is meant. */
export function toKeptFile(code: string, entry: string, directory?: string): string {
  return join(directory ?? findCacheDirectory(entry), `${toKey(code)}${COMPONENT}`)
}

function toKey(code: string): string {
  const versions = TOOLCHAIN.map((name) => `${name}@${readVersion(name)}`)
  const parts = [
    String(SNAPSHOT_REVISION),
    process.env['SOURCE_DATE_EPOCH'] ?? '',
    ...versions,
    witText(),
    code,
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** NANO_CACHE_DIR, or the app's `node_modules/.cache`, or the user's cache. */
function findCacheDirectory(entry: string): string {
  const chosen = process.env['NANO_CACHE_DIR']
  if (chosen !== undefined && chosen !== '') return chosen
  for (let directory = dirname(entry); directory !== dirname(directory); directory = dirname(directory)) {
    if (!existsSync(join(directory, 'package.json'))) continue
    const modules = join(directory, 'node_modules')
    if (isWritable(modules)) return join(modules, '.cache', CACHE_NAME)
  }
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), CACHE_NAME)
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK)
    return true
  } catch {
    return false
  }
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
export async function keep(file: string, component: Uint8Array, sourceMap: string): Promise<void> {
  try {
    await writeOutput(file, { component, sourceMap })
    await prune(dirname(file))
  } catch {
    // the build itself is complete
  }
}

/** Removes the entries that were not used for longest. Another process may do so at the same time. */
async function prune(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(COMPONENT))
  if (names.length <= MOST_ENTRIES) return
  const entries = await Promise.all(
    names.map(async (name) => {
      const stats = await stat(join(directory, name)).catch(() => undefined)
      return { name, usedAt: stats?.mtimeMs ?? 0 }
    }),
  )
  const surplus = entries.sort((a, b) => b.usedAt - a.usedAt).slice(MOST_ENTRIES)
  await Promise.all(
    surplus.flatMap(({ name }) => [
      rm(join(directory, name), { force: true }),
      rm(join(directory, `${name}.map`), { force: true }),
    ]),
  )
}
