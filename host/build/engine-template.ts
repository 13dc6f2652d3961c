/**
 * The smallest component of a world: the host generates an engine's glue from it, never from what a tenant brings. All that
 * it takes is the world's text, so that engines of older worlds can be made as long as the toolchain is the same.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { witText } from '../../wit/text.ts'
import { buildApp } from './build.ts'

const APP = `export default { fetch: () => new Response('') }\n`
const IMPORT = /^ {2}import ([\w-]+);$/gm

/** A component of the engine for this version of the world, with nothing of an app in it. */
export async function buildEngineTemplate(world: string): Promise<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), 'nano-template-'))
  try {
    const [entry, shim] = [join(directory, 'app/index.js'), join(directory, 'shim/index.js')]
    const wit = witText(world)
    // what lies in the shim's folder is no app's
    await Promise.all([entry, shim].map((file) => mkdir(dirname(file))))
    await Promise.all([writeFile(entry, APP), writeFile(shim, toShim(wit, world))])
    return (await buildApp({ entry, shim, wit })).component
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Uses every interface, for what nobody imports is left out of the engine. */
function toShim(wit: string, world: string): string {
  const names = Array.from(wit.matchAll(IMPORT), ([, name]) => `nano:workers/${name}@${world}`)
  const imports = names.map((name, i) => `import * as i${i} from '${name}'\n`)
  return `${imports.join('')}export const all = [${names.map((_, i) => `i${i}`).join(', ')}]
export const start = () => {}
export const turn = () => {}
`
}
