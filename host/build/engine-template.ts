/**
 * The smallest app. Its component is the engine's own: the host generates an engine's glue from it, never from what a
 * tenant brings.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp } from './build.ts'

export const ENGINE_TEMPLATE = `export default { fetch: () => new Response('') }\n`

/** A component of the current engine, with nothing of an app in it. */
export async function buildEngineTemplate(): Promise<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), 'nano-template-'))
  try {
    const entry = join(directory, 'index.js')
    await writeFile(entry, ENGINE_TEMPLATE)
    return (await buildApp({ entry })).component
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
