/**
 * Apps to components, for the rest of the host: from sources, or from a component that another version of NANO made. The
 * work is done in a process of its own (`builder.ts`), whose steps `make.ts` has.
 */
import { dirname, resolve } from 'node:path'
import { witText } from '../../wit/text.ts'
import { readCarriedBundle } from '../component/carried-bundle.ts'
import { refuse } from '../component/read.ts'
import { BUNDLE_TIMEOUT_MS, Builders } from './builder.ts'
import type { BuildJob, BuildStep, BuildTarget, GivenEnv, Made } from './job.ts'
import { writeOutput } from './output.ts'
import { findShim } from './package-files.ts'
import { expectToolchain } from './toolchain.ts'

const TOP_LEVEL_TIMEOUT_MS = 30_000
const TOP_LEVEL_MEMORY_MB = 512
/** What the processes of a build may have besides the memory of the app's top level. */
const PROCESS_MB = 2048

/** Holds a process that waits for the next build, and nothing of a build. */
const builders = new Builders()

/** How a component is made, whatever of. */
interface MakeOptions {
  /** Told before each step. */
  readonly onProgress?: (step: BuildStep) => void
  /** Told what the app's developer should know, with file:line:column. */
  readonly onWarning?: ((text: string) => void) | undefined
  /** Told what the result, good or not, depends on: files, and directories in which something is missing. */
  readonly onInputs?: ((paths: readonly string[]) => void) | undefined
  /** How long the build process waits for another build. */
  readonly idleMs?: number | undefined
  /** Whether the app's stacks go on past each `await`, which slows promises down. */
  readonly asyncStacks?: boolean | undefined
  /** What it is for; NANO unless it is given. */
  readonly target?: BuildTarget | undefined
  /** Where to write the component; its source map goes beside it as `.map`. Nothing is written without. */
  readonly outFile?: string
  /** How long the app's top level may run. */
  readonly timeoutMs?: number | undefined
  /** The most memory that the app's top level may take, in MiB. */
  readonly memoryMb?: number | undefined
  /** How long the bundler may take. */
  readonly bundleTimeoutMs?: number
  /** The most memory of all processes of the build, in MiB. */
  readonly processMb?: number
  /** The module that exports `start` and `turn`; NANO's own unless a test wants another. */
  readonly shim?: string
  /** The world, as text; NANO's own unless a test wants another. */
  readonly wit?: string
}

export interface BuildOptions extends MakeOptions {
  /** File or directory. */
  readonly entry: string
  /** Files and directories that the build may read besides the app's folder and `node_modules`. */
  readonly allowRead?: readonly string[] | undefined
  /** A file of the operator's, such as nano.json: a folder that it lies in or below belongs to no app. */
  readonly configuration?: string | undefined
  /** The environment of the wrangler file that the app may have. */
  readonly environment?: string | undefined
}

export interface RebuildOptions extends MakeOptions {
  /** A component's file. */
  readonly component: Uint8Array
  /** The source map that lies beside it. The result has it only if it is the one that the component was built with. */
  readonly sourceMap?: string | undefined
  /** What the app's top level finds in its `env`. The result is for one deployment, and to be kept like a secret. */
  readonly env?: GivenEnv | undefined
}

export interface BuildResult extends Omit<Made, 'warnings'> {
  readonly durationMs: number
}

/** Whether builds are kept and found again. `directory`: where, unless their own place is meant. */
type Caching = Pick<BuildJob, 'cache' | 'cacheDirectory'>

const UNCACHED: Caching = { cache: false, cacheDirectory: undefined }

/** Builds an app. */
export async function buildApp(options: BuildOptions): Promise<BuildResult> {
  return run(toSources(options), options, UNCACHED)
}

/** Builds an app unless the same bundle was built before. `directory`: where builds are kept. */
export async function cachedBuild(
  options: Omit<BuildOptions, 'outFile'>,
  directory?: string,
): Promise<BuildResult> {
  return run(toSources(options), options, { cache: true, cacheDirectory: directory })
}

/** Makes a component for the current engine out of one for any engine, from the bundle that it carries. */
export async function rebuildComponent(options: RebuildOptions): Promise<BuildResult> {
  return run(toCarried(options), options, UNCACHED)
}

/** The same, unless it was done before. */
export async function cachedRebuild(
  options: Omit<RebuildOptions, 'outFile' | 'env'>,
  directory?: string,
): Promise<BuildResult> {
  return run(toCarried(options), options, { cache: true, cacheDirectory: directory })
}

function toSources({ entry, allowRead = [], configuration, environment }: BuildOptions): BuildJob['origin'] {
  return {
    type: 'sources',
    entry,
    allowRead: allowRead.map((directory) => resolve(directory)),
    outside: configuration === undefined ? undefined : dirname(resolve(configuration)),
    environment,
  }
}

/** Throws COMPONENT_INVALID. */
function toCarried({ component, sourceMap, env }: RebuildOptions): BuildJob['origin'] {
  const carried = readCarriedBundle(component)
  if (carried === undefined) refuse('it carries no bundle that it could be made again from')
  return { type: 'carried', carried, sourceMap, env }
}

async function run(origin: BuildJob['origin'], options: MakeOptions, caching: Caching): Promise<BuildResult> {
  expectToolchain()
  const started = performance.now()
  const { idleMs, onInputs, onProgress, onWarning, outFile } = options
  const memoryMb = options.memoryMb ?? TOP_LEVEL_MEMORY_MB
  const task = {
    origin,
    target: options.target ?? 'nano',
    shim: options.shim ?? findShim(),
    wit: options.wit ?? witText(),
    asyncStacks: options.asyncStacks ?? false,
    timeoutMs: options.timeoutMs ?? TOP_LEVEL_TIMEOUT_MS,
    memoryMb,
    ...caching,
  }
  const { warnings, ...made } = await builders.run(task, {
    bundleTimeoutMs: options.bundleTimeoutMs ?? BUNDLE_TIMEOUT_MS,
    processMb: options.processMb ?? PROCESS_MB + memoryMb,
    onStep: (step) => onProgress?.(step),
    onInputs: (paths) => onInputs?.(paths),
    idleMs,
  })
  for (const text of warnings) onWarning?.(text)
  if (outFile !== undefined) {
    onProgress?.('write')
    await writeOutput(outFile, made)
  }
  return { ...made, durationMs: performance.now() - started }
}
