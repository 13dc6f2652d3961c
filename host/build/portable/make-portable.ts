/**
 * An app's bundle to a component for any host of wasi:http: its top level runs as it does for NANO, in the same engine, with
 * the shim's other half (guest-shim/portable). It carries its bundle, so that NANO can make a component of its own of it.
 */
import { join } from 'node:path'
import { withCarriedBundle } from '../../component/carried-bundle.ts'
import { MAX_COMPONENT_BYTES } from '../../component/read.ts'
import { BUNDLE_NAME } from '../../component/source-map.ts'
import { NanoError } from '../../errors.ts'
import { witText } from '../../../wit/text.ts'
import type { AppBundle } from '../app-bundle.ts'
import { packBundle } from '../carried-code.ts'
import { type BuildJob, type BuildStep, type Made, PID_FILE } from '../job.ts'
import { MAIN, SHIM_NAME, snapshot, SnapshotFailure } from '../snapshot.ts'
import { toTopLevelError } from '../top-level-error.ts'
import { makeAdapter } from './adapter.ts'
import { toCodeWarnings, toExportWarnings } from './absences.ts'
import { bundlePortableShim } from './shim.ts'
import { PORTABLE_WORLD, portableWit } from './world.ts'

const NO_ENV = 'It reads env, which a portable build has in its handlers alone: move what reads it into them.'

export async function makePortable(
  app: AppBundle,
  { temporary, timeoutMs, memoryMb, asyncStacks }: BuildJob,
  onStep: (step: BuildStep) => void,
): Promise<Made> {
  const [shim, adapter] = await Promise.all([bundlePortableShim(), makeAdapter()])
  onStep('snapshot')
  const options = {
    wit: portableWit(),
    other: { name: PORTABLE_WORLD, adapter },
    modules: { [SHIM_NAME]: shim, [BUNDLE_NAME]: app.code },
    pidFile: join(temporary, PID_FILE),
    asyncStacks,
    timeoutMs,
    memoryMb,
  }
  try {
    const made = await snapshot(MAIN, options)
    const carried = packBundle(app, witText())
    const component = withCarriedBundle(made.component, carried)
    refuseLarge(component, app.entry)
    const { exports, isClassic, members } = made.reads
    const reads = isClassic ? [] : members
    return {
      component,
      skeletonHash: undefined,
      sourceMap: app.map,
      bundleBytes: carried.codeBytes,
      warnings: [...app.warnings, ...toCodeWarnings(app.code), ...toExportWarnings(exports, reads)],
      cached: false,
    }
  } catch (error) {
    throw toFailure(error, app, options)
  }
}

function refuseLarge(component: Uint8Array, entry: string): void {
  if (component.length <= MAX_COMPONENT_BYTES) return
  const [size, most] = [component.length, MAX_COMPONENT_BYTES].map(
    (bytes) => `${Math.ceil(bytes / 2 ** 20)} MB`,
  )
  throw new NanoError(
    'BUILD_FAILED',
    `${entry}: the component has ${size}, at most ${most} are admitted; keep less data at the app's top level`,
  )
}

function toFailure(
  error: unknown,
  { map, entry }: AppBundle,
  limits: { readonly timeoutMs: number; readonly memoryMb: number },
): NanoError {
  if (error instanceof NanoError) return error
  if (!(error instanceof SnapshotFailure)) {
    return new NanoError('BUILD_FAILED', `${entry}: ${(error as Error).message}`, { cause: error })
  }
  const failure = toTopLevelError(error, map, entry, limits)
  const isEnv = error.hasStack && error.reads.members.length > 0
  return isEnv ? new NanoError('BUILD_FAILED', `${failure.message}\n${NO_ENV}`, { cause: error }) : failure
}
