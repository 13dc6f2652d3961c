/**
 * From an app's source to a component. Reads as the steps: find the entry, bundle, look whether it was built before,
 * snapshot, check, keep. Runs in the build process. Every failure that is the app's is a `NanoError` BUILD_FAILED that
 * names file and line.
 */
import { dirname } from 'node:path'
import { witText } from '../../wit/text.ts'
import { NanoError } from '../errors.ts'
import { bundle, type Bundle } from './bundle.ts'
import { findKept, keep, toKeptFile } from './cache.ts'
import { checkComponent, type CheckedComponent } from './check.ts'
import { findSource } from './entry.ts'
import type { BuildJob, BuildStep, Made } from './job.ts'
import { snapshot, SnapshotFailure } from './snapshot.ts'
import { showPath } from './source-path.ts'
import { withSuspects } from './suspects.ts'
import { toTopLevelError } from './top-level-error.ts'

/** Makes one build. `onStep` is told before each step. */
export async function make(job: BuildJob, onStep: (step: BuildStep) => void): Promise<Made> {
  onStep('bundle')
  const source = findSource(job.entry, job)
  const bundled = await bundle(source, job.shim)
  const name = showPath(source.entry, dirname(source.entry))
  const kept = job.cache ? toKeptFile(bundled.code, source.entry, job.cacheDirectory) : undefined
  const found = kept === undefined ? undefined : await findKept(kept, name)
  if (found === undefined) onStep('snapshot')
  const component = found ?? (await componentOf(bundled, name, job))
  if (found === undefined && kept !== undefined) {
    onStep('write')
    await keep(kept, component.component, bundled.map)
  }
  return {
    ...component,
    sourceMap: bundled.map,
    bundleBytes: Buffer.byteLength(bundled.code),
    warnings: bundled.warnings,
    cached: found !== undefined,
  }
}

/** The checked component of a bundle. `name`: the entry, for messages. */
async function componentOf(
  { code, map }: Bundle,
  name: string,
  { timeoutMs, memoryMb }: BuildJob,
): Promise<CheckedComponent> {
  const options = { wit: witText(), timeoutMs, memoryMb }
  try {
    return checkComponent(await snapshot(code, options), name)
  } catch (error) {
    if (error instanceof NanoError) throw error
    if (!(error instanceof SnapshotFailure)) {
      throw new NanoError('BUILD_FAILED', `${name}: ${(error as Error).message}`, { cause: error })
    }
    const clearer = error.isMute ? await failureOf(snapshot(withSuspects(code), options)) : undefined
    throw toTopLevelError(clearer ?? error, map, name, options)
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
