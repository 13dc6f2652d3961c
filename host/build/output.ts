/** Files that are there completely or not at all: written under another name first, then renamed. */
import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { NanoError } from '../errors.ts'

/** Replaces a file at once. Its directory is made if it is not there. */
export async function writeAtomically(path: string, content: Uint8Array | string): Promise<void> {
  const target = resolve(path)
  const draft = `${target}.${process.pid}-${randomUUID()}.tmp`
  try {
    await mkdir(dirname(target), { recursive: true })
    await writeFile(draft, content)
    await rename(draft, target)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

/**
 * Writes a component and its map. The map comes first: whoever sees the component finds the map. Without one, an earlier
 * one goes: it would be another component's.
 */
export async function writeOutput(
  outFile: string,
  { component, sourceMap }: { component: Uint8Array; sourceMap?: string | undefined },
): Promise<void> {
  const mapFile = `${outFile}.map`
  try {
    if (sourceMap === undefined) await rm(mapFile, { force: true })
    else await writeAtomically(mapFile, sourceMap)
    await writeAtomically(outFile, component)
  } catch (cause) {
    throw new NanoError('BUILD_FAILED', `cannot write ${outFile}: ${(cause as Error).message}`, { cause })
  }
}
