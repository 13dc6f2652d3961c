/**
 * From an app's source to a component. Reads as the steps: find the entry, bundle, snapshot, check. Every failure that
 * is the app's is a `NanoError` BUILD_FAILED that names file and line.
 */
import { dirname } from 'node:path'
import { witText } from '../../wit/text.ts'
import { NanoError } from '../errors.ts'
import { bundle, type Bundle } from './bundle.ts'
import { checkComponent, type CheckedComponent } from './check.ts'
import { findEntry } from './entry.ts'
import { findShim } from './package-files.ts'
import { snapshot, SnapshotFailure } from './snapshot.ts'
import { showPath } from './source-path.ts'
import { withSuspects } from './suspects.ts'
import { toTopLevelError } from './top-level-error.ts'
import { writeOutput } from './output.ts'

const TOP_LEVEL_TIMEOUT_MS = 30_000

export type BuildStep = 'bundle' | 'snapshot' | 'write'

export interface BuildOptions {
  /** File or directory. */
  readonly entry: string
  /** Where to write the component; its source map goes beside it as `.map`. Nothing is written without. */
  readonly outFile?: string
  /** Told before each step. */
  readonly onProgress?: (step: BuildStep) => void
  /** How long the app's top level may run. */
  readonly timeoutMs?: number
  /** The module that exports `start` and `turn`; NANO's own unless a test wants another. */
  readonly shim?: string
}

export interface BuildResult {
  readonly component: Uint8Array
  /** Names the engine that the component was built with. */
  readonly skeletonHash: string
  /** Source map of the bundle, as JSON. */
  readonly sourceMap: string
  readonly bundleBytes: number
  readonly durationMs: number
}

/** Builds an app. */
export async function buildApp(options: BuildOptions): Promise<BuildResult> {
  const started = performance.now()
  options.onProgress?.('bundle')
  const entry = findEntry(options.entry)
  const bundled = await bundle(entry, options.shim ?? findShim())
  options.onProgress?.('snapshot')
  const { component, skeletonHash } = await componentOf(bundled, entry, options.timeoutMs)
  const result = {
    component,
    skeletonHash,
    sourceMap: bundled.map,
    bundleBytes: Buffer.byteLength(bundled.code),
    durationMs: performance.now() - started,
  }
  if (options.outFile !== undefined) {
    options.onProgress?.('write')
    await writeOutput(options.outFile, result)
  }
  return result
}

/** Builds the app at `entry` into the file `out`, with `<out>.map` beside it. `bytes`: the component's size. */
export async function buildToFile(
  entry: string,
  out: string,
): Promise<{ bytes: number; bundleBytes: number; durationMs: number }> {
  const { component, bundleBytes, durationMs } = await buildApp({ entry, outFile: out })
  return { bytes: component.length, bundleBytes, durationMs }
}

/** The checked component of a bundle. */
export async function componentOf(
  { code, map }: Bundle,
  entry: string,
  timeoutMs = TOP_LEVEL_TIMEOUT_MS,
): Promise<CheckedComponent> {
  const options = { wit: witText(), timeoutMs }
  const name = showPath(entry, dirname(entry))
  try {
    return checkComponent(await snapshot(code, options), name)
  } catch (error) {
    if (error instanceof NanoError) throw error
    if (!(error instanceof SnapshotFailure)) {
      throw new NanoError('BUILD_FAILED', `${name}: ${(error as Error).message}`, { cause: error })
    }
    const clearer = error.hasStack ? undefined : await failureOf(snapshot(withSuspects(code), options))
    throw toTopLevelError(clearer ?? error, map, name)
  }
}

/** The failure of a second try that was made for its stack, if it has one. */
async function failureOf(attempt: Promise<Uint8Array>): Promise<SnapshotFailure | undefined> {
  try {
    await attempt
  } catch (error) {
    if (error instanceof SnapshotFailure && error.hasStack) return error
  }
  return undefined
}
