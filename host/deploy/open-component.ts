/**
 * From an app's path to a checked component. A `.wasm` is read as it is; one of an engine that is not served is made again
 * for the current one, from the bundle that it carries. A source file or a directory is built. Neither happens when the
 * same was built before, nor on the thread that asks. The build room is loaded only when something has to be built.
 */

import { relative } from 'node:path'

import { toContentHash } from '../artifacts/blobs.ts'
import { readCarriedBundle } from '../component/carried-bundle.ts'
import { readEnvReads } from '../component/env-reads.ts'
import type { EnvReads } from '../component/env-reads.ts'
import { checkSize } from '../component/read.ts'
import { splitComponent } from '../component/skeleton.ts'
import { NO_PATH } from '../config/config.ts'
import type { Env } from '../config/env.ts'
import { isOci } from '../config/oci-reference.ts'
import type { OciSettings } from '../config/oci-settings.ts'
import { NO_ENGINE } from '../engine/no-engine.ts'
import { NanoError } from '../errors.ts'
import { splitImage } from '../image/image.ts'
import type { AppContent } from '../image/image.ts'
import { toMembers } from '../instance/startup.ts'
import type { ForeignCode } from '../transpile/transpile.ts'
import type { ComponentReads } from './env-image.ts'
import { expectNotForeign, openForeign } from './open-foreign.ts'
import { readRegularFile } from './read-file.ts'
import { readSourceMap } from './read-source-map.ts'

/** A component in its parts: which engine it needs, and the app itself. */
export interface SplitComponent {
  /** Names the engine. */
  readonly engineHash: string
  readonly content: AppContent
  /** What its app asks of `env` at its top level; undefined: nothing. */
  readonly reads?: ComponentReads | undefined
  /** Of a component from elsewhere: what serves it. */
  readonly foreign?: ForeignCode | undefined
}

/** What is said while a component is opened. */
export interface OpenListener {
  /** A build begins that takes seconds. */
  onBuild(): void
  /** Something is missing without which the app can be served. */
  onWarning(text: string): void
  /** What the component, good or not, is built from: files, and directories in which something is missing. */
  onInputs?(paths: readonly string[]): void
  /** A registry was asked what a reference leads to. */
  onPulled?(text: string): void
}

const COMPONENT = '.wasm'

/** Of an app that has no guest. */
export const NO_COMPONENT: SplitComponent = {
  engineHash: NO_ENGINE.hash,
  content: { image: splitImage([], 0) },
}

/** What a build of an app's source may read: see `BuildOptions`. */
export interface SourceAccess {
  readonly allowRead?: readonly string[] | undefined
  readonly configuration?: string | undefined
  /** How long a process waits for another build. */
  readonly idleMs?: number | undefined
  /** The environment of the wrangler file that the app may have. */
  readonly environment?: string | undefined
  /** A directory with the app's files; absolute. */
  readonly assets?: string | undefined
  /** Where that has to lie. */
  readonly assetsWithin?: readonly string[] | undefined
  /** What the operator says of registries. */
  readonly oci?: OciSettings | undefined
  /** What the tag of a registry leads to is asked again. */
  readonly followsTag?: boolean | undefined
  /** Nothing is served: files of an artifact stay where they are. */
  readonly isTrial?: boolean | undefined
  /** Whether the app's stacks go on past each `await`, which slows promises down. */
  readonly asyncStacks?: boolean | undefined
  /** It is a component from elsewhere. */
  readonly isForeign?: boolean | undefined
}

export interface OpenAccess extends SourceAccess {
  /** Whether components of an engine are served here; all are unless given. */
  readonly isServed?: ((engineHash: string) => boolean) | undefined
}

/** Whether a path names a component, and not an app's source. */
export function isComponent(path: string): boolean {
  return path.endsWith(COMPONENT) && !isOci(path)
}

/** Errors and warnings name the path; without one there is nothing but files. */
export async function openComponent(
  path: string,
  listener: OpenListener,
  access: OpenAccess = {},
): Promise<SplitComponent> {
  if (path === NO_PATH) return NO_COMPONENT
  return await named(path, async () => {
    if (!isComponent(path)) return toOpen(await build(path, listener, access))
    return await openBytes(read(path, listener), showPath(path), listener, access)
  })
}

/** The bytes of a component at a path, or built from it, and of its source map; whatever its engine. */
export async function readComponentFile(
  path: string,
  listener: OpenListener,
  access: SourceAccess = {},
): Promise<Brought> {
  return await named(path, async () =>
    isComponent(path) ? read(path, listener) : await build(path, listener, access),
  )
}

/** Errors about a component name its file. */
async function named<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    // a failed build names the source's file and line
    if (!(error instanceof NanoError) || !isComponent(path)) throw error
    throw new NanoError(error.code, `${showPath(path)}: ${error.message}`, { cause: error })
  }
}

/** A component and its source map, as somebody brings them. */
export interface Brought {
  readonly component: Uint8Array
  readonly sourceMap: string | undefined
}

/** A component that was read already. `name`: for warnings. */
export async function openBytes(
  brought: Brought,
  name: string,
  listener: OpenListener,
  { isServed, isForeign }: Pick<OpenAccess, 'isServed' | 'isForeign'>,
): Promise<SplitComponent> {
  const { component } = brought
  if (component.length === 0) return NO_COMPONENT
  if (isForeign === true) return { ...NO_COMPONENT, foreign: await openForeign(component, listener) }
  const opened = await toOwn(brought)
  if (isServed?.(opened.engineHash) ?? true) return opened
  return await rebuild(name, brought, opened, listener)
}

async function toOwn(brought: Brought): Promise<SplitComponent> {
  try {
    return toOpen(brought)
  } catch (error) {
    await expectNotForeign(brought.component)
    throw error
  }
}

function toOpen({ component, sourceMap }: Brought): SplitComponent {
  const { skeletonHash, memoryMinPages, segments } = splitComponent(component)
  const image = splitImage(segments, memoryMinPages)
  const reads = readEnvReads(component)
  return {
    engineHash: skeletonHash,
    content: sourceMap === undefined ? { image } : { image, sourceMap: toShared(sourceMap) },
    reads: reads && { ...reads, component: toContentHash(component) },
  }
}

function toShared(text: string): Uint8Array<SharedArrayBuffer> {
  const bytes = Buffer.from(text)
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
  shared.set(bytes)
  return shared
}

function read(path: string, listener: OpenListener): Brought {
  const component = readRegularFile(path, checkSize)
  const mapPath = `${path}.map`
  const warn = (text: string): void => listener.onWarning(`${showPath(mapPath)}: ${text}`)
  return { component, sourceMap: readSourceMap(mapPath, warn) }
}

/** The component for the current engine, or as it is when it carries no bundle. Its source map stays the right one. */
async function rebuild(
  name: string,
  { component, sourceMap }: Brought,
  opened: SplitComponent,
  listener: OpenListener,
): Promise<SplitComponent> {
  const carried = readCarriedBundle(component)
  if (carried === undefined) {
    await expectNotForeign(component)
    return opened
  }
  const { cachedRebuild } = await import('../build/build.ts')
  const origin = `${carried.world} by ${carried.toolchain.join(', ')}`
  const engine = `its engine ${opened.engineHash.slice(0, 12)}, made for ${origin}, is not served here`
  try {
    const rebuilt = await cachedRebuild({ component, onProgress: (step) => tellBuild(step, listener) })
    listener.onWarning(
      `${name}: ${engine}; it was made again for the current one from the bundle that it carries. ` +
        `"nano-workers build ${name} -o ${name}" does so for good.`,
    )
    return toOpen({ component: rebuilt.component, sourceMap })
  } catch (error) {
    if (!(error instanceof NanoError)) throw error
    const text = `${engine}, and the bundle that it carries cannot be built for the current one: ${error.message}`
    throw new NanoError(error.code, text, { cause: error })
  }
}

/** What is asked for one deployment. */
export interface EnvBuild {
  readonly brought: Brought
  readonly reads: EnvReads
  readonly env: Env
  readonly asyncStacks: boolean
}

/** The component with the image that its app's top level makes with this `env`. Nothing of it is kept here. */
export async function rebuildFor(
  { brought: { component, sourceMap }, reads, env, asyncStacks }: EnvBuild,
  listener: OpenListener,
): Promise<SplitComponent> {
  try {
    const { rebuildComponent } = await import('../build/build.ts')
    const rebuilt = await rebuildComponent({
      component,
      sourceMap,
      asyncStacks,
      env: { members: toMembers(env), areGlobals: reads.isClassic },
      onProgress: (step) => tellBuild(step, listener),
    })
    return { ...toOpen({ component: rebuilt.component, sourceMap }), reads: undefined }
  } catch (error) {
    if (!(error instanceof NanoError)) throw error
    const text = `the app's top level reads env, so that its image is made with the env of its deployment: ${error.message}`
    throw new NanoError(error.code, text, { cause: error })
  }
}

async function build(path: string, listener: OpenListener, access: OpenAccess) {
  const { cachedBuild } = await import('../build/build.ts')
  return cachedBuild({
    ...access,
    entry: path,
    onWarning: (text) => listener.onWarning(text),
    onInputs: (paths) => listener.onInputs?.(paths),
    onProgress: (step) => tellBuild(step, listener),
  })
}

function tellBuild(step: string, listener: OpenListener): void {
  if (step === 'snapshot') listener.onBuild()
}

/** A path as a person at the command line would write it. */
function showPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') || short === '' ? path : short
}
