/**
 * Apps to components, for the rest of the host. The work is done in a process of its own (`builder.ts`), whose steps
 * `make.ts` has.
 */
import { dirname, resolve } from 'node:path'
import { BUNDLE_TIMEOUT_MS, Builders } from './builder.ts'
import type { BuildStep, Made } from './job.ts'
import { writeOutput } from './output.ts'
import { findShim } from './package-files.ts'

const TOP_LEVEL_TIMEOUT_MS = 30_000
const TOP_LEVEL_MEMORY_MB = 512

/** Holds a process that waits for the next build, and nothing of a build. */
const builders = new Builders()

export interface BuildOptions {
  /** File or directory. */
  readonly entry: string
  /** Files and directories that the build may read besides the app's folder and `node_modules`. */
  readonly allowRead?: readonly string[] | undefined
  /** A file of the operator's, such as nano.json: a folder that it lies in or below belongs to no app. */
  readonly configuration?: string | undefined
  /** Where to write the component; its source map goes beside it as `.map`. Nothing is written without. */
  readonly outFile?: string
  /** Told before each step. */
  readonly onProgress?: (step: BuildStep) => void
  /** Told what the app's developer should know, with file:line:column. */
  readonly onWarning?: ((text: string) => void) | undefined
  /** How long the app's top level may run. */
  readonly timeoutMs?: number | undefined
  /** The most memory that the app's top level may take, in MiB. */
  readonly memoryMb?: number | undefined
  /** How long the bundler may take. */
  readonly bundleTimeoutMs?: number
  /** The module that exports `start` and `turn`; NANO's own unless a test wants another. */
  readonly shim?: string
}

export interface BuildResult extends Omit<Made, 'warnings'> {
  readonly durationMs: number
}

/** Builds an app. */
export async function buildApp(options: BuildOptions): Promise<BuildResult> {
  return run(options, false)
}

/** Builds an app unless the same bundle was built before. `directory`: where builds are kept. */
export async function cachedBuild(
  options: Omit<BuildOptions, 'outFile'>,
  directory?: string,
): Promise<BuildResult> {
  return run(options, true, directory)
}

async function run(options: BuildOptions, cache: boolean, cacheDirectory?: string): Promise<BuildResult> {
  const started = performance.now()
  const { entry, allowRead = [], configuration, outFile, onProgress, onWarning } = options
  const task = {
    entry,
    allowRead: allowRead.map((directory) => resolve(directory)),
    outside: configuration === undefined ? undefined : dirname(resolve(configuration)),
    shim: options.shim ?? findShim(),
    timeoutMs: options.timeoutMs ?? TOP_LEVEL_TIMEOUT_MS,
    memoryMb: options.memoryMb ?? TOP_LEVEL_MEMORY_MB,
    cache,
    cacheDirectory,
  }
  const { warnings, ...made } = await builders.run(task, {
    bundleTimeoutMs: options.bundleTimeoutMs ?? BUNDLE_TIMEOUT_MS,
    onStep: (step) => onProgress?.(step),
  })
  for (const text of warnings) onWarning?.(text)
  if (outFile !== undefined) {
    onProgress?.('write')
    await writeOutput(outFile, made)
  }
  return { ...made, durationMs: performance.now() - started }
}
