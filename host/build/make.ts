/**
 * From an app's sources, or from the bundle that a component carries, to a component. Reads as the steps: get the app's
 * bundle, look whether it was built before, snapshot, put the bundle in, check, keep. Runs in the build process. Every
 * failure that is the app's is a `NanoError` that names file and line.
 */
import type { AppBundle } from './app-bundle.ts'
import { bundleShim } from './bundle-shim.ts'
import { bundle } from './bundle.ts'
import { findKept, keep, type Shelf, toBuildShelf, toKeptFile, toRebuildShelf } from './cache.ts'
import { packBundle, unpackBundle } from './carried-code.ts'
import { findSource } from './entry.ts'
import type { BuildJob, BuildStep, Made } from './job.ts'
import { findShim } from './package-files.ts'
import { makePortable } from './portable/make-portable.ts'
import { runTopLevel } from './top-level.ts'

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
  if (job.target === 'wasi-http') return makePortable((await find(job, listener)).app, job, onStep)
  const [{ app, shelf }, shim] = await Promise.all([find(job, listener), bundleShim(job.shim)])
  const { asyncStacks, wit } = job
  const ingredients = { carried: packBundle(app, wit), shim, wit, asyncStacks }
  const kept = job.cache ? toKeptFile(shelf, ingredients) : undefined
  const found = kept === undefined ? undefined : await findKept(kept, app.entry)
  if (found === undefined) onStep('snapshot')
  const env = job.origin.type === 'carried' ? job.origin.env : undefined
  const component = found ?? (await runTopLevel(app, ingredients, job, env))
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
    const { carried, sourceMap, env } = origin
    const app = unpackBundle(carried, sourceMap)
    // whose map is not kept may have what a host left of it, for places in messages
    return {
      app: env === undefined ? app : { ...app, map: sourceMap },
      shelf: toRebuildShelf(findShim(), cacheDirectory),
    }
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
