/**
 * From an app's path to a checked component. A `.wasm` is read as it is; a source file or a directory is built unless
 * the same was built before. The build room is loaded only when something has to be built.
 */

import { readFileSync, statSync } from 'node:fs'
import { relative } from 'node:path'

import { splitComponent } from '../component/skeleton.ts'
import { NanoError } from '../errors.ts'
import { splitImage } from '../image/image.ts'
import type { Image } from '../image/image.ts'

/** What a component comes to: which engine it needs, and the app itself. Apps may share it. */
export interface OpenComponent {
  /** Names the engine. */
  readonly engineHash: string
  readonly image: Image
  /** JSON, when there is one. */
  readonly sourceMap?: string
}

const COMPONENT = '.wasm'

/** `onBuild` is called when a build begins that takes seconds. Errors name the path. */
export async function openComponent(path: string, onBuild: () => void): Promise<OpenComponent> {
  const { component, sourceMap } = path.endsWith(COMPONENT) ? readFile(path) : await build(path, onBuild)
  try {
    const { skeletonHash, memoryMinPages, segments } = splitComponent(component)
    return {
      engineHash: skeletonHash,
      image: splitImage(segments, memoryMinPages),
      ...(sourceMap === undefined ? {} : { sourceMap }),
    }
  } catch (error) {
    if (!(error instanceof NanoError)) throw error
    throw new NanoError(error.code, `${showPath(path)}: ${error.message}`, { cause: error })
  }
}

function readFile(path: string): { component: Uint8Array; sourceMap: string | undefined } {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new NanoError('CONFIG_INVALID', `${showPath(path)}: there is no such file`)
  }
  let sourceMap: string | undefined
  try {
    sourceMap = readFileSync(`${path}.map`, 'utf8')
  } catch {
    // stacks then name places of the bundle
  }
  return { component: readFileSync(path), sourceMap }
}

async function build(path: string, onBuild: () => void) {
  const { cachedBuild } = await import('../build/cache.ts')
  return cachedBuild({
    entry: path,
    onProgress(step) {
      if (step === 'snapshot') onBuild()
    },
  })
}

/** A path as a person at the command line would write it. */
function showPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') || short === '' ? path : short
}
