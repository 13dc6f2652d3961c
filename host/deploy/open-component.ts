/**
 * From an app's path to a checked component. A `.wasm` is read as it is; a source file or a directory is built unless
 * the same was built before. The build room is loaded only when something has to be built.
 */

import { relative } from 'node:path'

import { checkSize } from '../component/read.ts'
import { splitComponent } from '../component/skeleton.ts'
import { NanoError } from '../errors.ts'
import { splitImage } from '../image/image.ts'
import type { Image } from '../image/image.ts'
import { readRegularFile } from './read-file.ts'
import { readSourceMap } from './read-source-map.ts'

/** What a component comes to: which engine it needs, and the app itself. Apps may share it. */
export interface OpenComponent {
  /** Names the engine. */
  readonly engineHash: string
  readonly image: Image
  /** JSON, when there is one. */
  readonly sourceMap?: string
}

/** What is said while a component is opened. */
export interface OpenListener {
  /** A build begins that takes seconds. */
  onBuild(): void
  /** Something is missing without which the app can be served. */
  onWarning(text: string): void
}

const COMPONENT = '.wasm'

/** What a build of an app's source may read: see `BuildOptions`. */
export interface SourceAccess {
  readonly allowRead?: readonly string[] | undefined
  readonly configuration?: string | undefined
}

/** Errors and warnings name the path. */
export async function openComponent(
  path: string,
  listener: OpenListener,
  access: SourceAccess = {},
): Promise<OpenComponent> {
  const isComponent = path.endsWith(COMPONENT)
  try {
    const { component, sourceMap } = isComponent ? read(path, listener) : await build(path, listener, access)
    return openBytes(component, sourceMap)
  } catch (error) {
    // a failed build names the source's file and line
    if (!(error instanceof NanoError) || !isComponent) throw error
    throw new NanoError(error.code, `${showPath(path)}: ${error.message}`, { cause: error })
  }
}

/** A component's bytes, split. Throws COMPONENT_INVALID. */
export function openBytes(component: Uint8Array, sourceMap: string | undefined): OpenComponent {
  const { skeletonHash, memoryMinPages, segments } = splitComponent(component)
  return {
    engineHash: skeletonHash,
    image: splitImage(segments, memoryMinPages),
    ...(sourceMap === undefined ? {} : { sourceMap }),
  }
}

function read(path: string, listener: OpenListener) {
  const component = readRegularFile(path, checkSize)
  const mapPath = `${path}.map`
  const warn = (text: string): void => listener.onWarning(`${showPath(mapPath)}: ${text}`)
  return { component, sourceMap: readSourceMap(mapPath, warn) }
}

async function build(path: string, listener: OpenListener, access: SourceAccess) {
  const { cachedBuild } = await import('../build/build.ts')
  return cachedBuild({
    ...access,
    entry: path,
    onWarning: (text) => listener.onWarning(text),
    onProgress(step) {
      if (step === 'snapshot') listener.onBuild()
    },
  })
}

/** A path as a person at the command line would write it. */
function showPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') || short === '' ? path : short
}
