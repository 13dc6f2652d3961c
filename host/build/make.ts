/**
 * From an app's sources, or from the bundle that a component carries, to a component. Reads as the steps: get the app's
 * bundle, look whether it was built before, snapshot, put the bundle in, check, keep. Runs in the build process. Every
 * failure that is the app's is a `NanoError` that names file and line.
 */
import { join } from 'node:path'
import { withCarriedBundle } from '../component/carried-bundle.ts'
import { BUNDLE_NAME } from '../component/source-map.ts'
import { NanoError } from '../errors.ts'
import type { AppBundle } from './app-bundle.ts'
import { bundleShim } from './bundle-shim.ts'
import { bundle } from './bundle.ts'
import {
  findKept,
  type Ingredients,
  keep,
  type Shelf,
  toBuildShelf,
  toKeptFile,
  toRebuildShelf,
} from './cache.ts'
import { packBundle, unpackBundle } from './carried-code.ts'
import { checkComponent, type CheckedComponent } from './check.ts'
import { findSource } from './entry.ts'
import { type BuildJob, type BuildStep, type Made, PID_FILE } from './job.ts'
import { findShim } from './package-files.ts'
import { MAIN, SHIM_NAME, snapshot, SnapshotFailure, type SnapshotOptions } from './snapshot.ts'
import { withSuspects } from './suspects.ts'
import { toTopLevelError } from './top-level-error.ts'

/** An app's bundle, and where its builds are kept. */
interface Found {
  readonly app: AppBundle
  readonly shelf: Shelf
}

/** Who hears how a build goes. */
export interface MakeListener {
  /** Before each step. */
  readonly onStep: (step: BuildStep) => void
  /** What the result, good or not, depends on. */
  readonly onInputs: (paths: readonly string[]) => void
}

/** Makes one build. */
export async function make(job: BuildJob, listener: MakeListener): Promise<Made> {
  const { onStep } = listener
  const [{ app, shelf }, shim] = await Promise.all([find(job, listener), bundleShim(job.shim)])
  const { asyncStacks, wit } = job
  const ingredients = { carried: packBundle(app, wit), shim, wit, asyncStacks }
  const kept = job.cache ? toKeptFile(shelf, ingredients) : undefined
  const found = kept === undefined ? undefined : await findKept(kept, app.entry)
  if (found === undefined) onStep('snapshot')
  const component = found ?? (await componentOf(app, ingredients, job))
  if (found === undefined && kept !== undefined) {
    onStep('write')
    await keep(kept, shelf, { component: component.component, sourceMap: app.map })
  }
  return {
    ...component,
    sourceMap: app.map,
    bundleBytes: ingredients.carried.codeBytes,
    warnings: app.warnings,
    cached: found !== undefined,
  }
}

async function find(
  { origin, shim, cacheDirectory }: BuildJob,
  { onStep, onInputs }: MakeListener,
): Promise<Found> {
  if (origin.type === 'carried') {
    onStep('unpack')
    const app = unpackBundle(origin.carried, origin.sourceMap)
    return { app, shelf: toRebuildShelf(findShim(), cacheDirectory) }
  }
  onStep('bundle')
  const source = findSource(origin.entry, origin)
  const missing = new Set<string>()
  try {
    const app = await bundle(source, shim, (directory) => missing.add(directory))
    return { app, shelf: toBuildShelf(source.entry, cacheDirectory) }
  } finally {
    onInputs([...source.readable.asked, ...missing])
  }
}

/** The checked component of a bundle. */
async function componentOf(
  { code, map, entry }: AppBundle,
  { carried, shim, wit, asyncStacks }: Ingredients,
  { temporary, timeoutMs, memoryMb }: BuildJob,
): Promise<CheckedComponent> {
  const modules = { [SHIM_NAME]: shim, [BUNDLE_NAME]: code }
  const options = { wit, modules, pidFile: join(temporary, PID_FILE), timeoutMs, memoryMb, asyncStacks }
  try {
    return checkComponent(withCarriedBundle(await snapshot(MAIN, options), carried), entry)
  } catch (error) {
    if (error instanceof NanoError) throw error
    if (!(error instanceof SnapshotFailure)) {
      throw new NanoError('BUILD_FAILED', `${entry}: ${(error as Error).message}`, { cause: error })
    }
    const suspicious = { ...options, modules: { ...modules, [SHIM_NAME]: withSuspects(shim) } }
    const clearer = error.isMute ? await failureOf(suspicious) : undefined
    throw toTopLevelError(clearer ?? error, map, entry, options)
  }
}

/** The failure of a second try that is made for its stack, if it has one. */
async function failureOf(options: SnapshotOptions): Promise<SnapshotFailure | undefined> {
  try {
    await snapshot(MAIN, options)
  } catch (error) {
    if (error instanceof SnapshotFailure && error.hasStack) return error
  }
  return undefined
}
