/**
 * An app's bundle to a component: its top level runs in the engine. Where it needs a deployment's `env` to come to its end,
 * a stand-in takes its place in the image, and the bundle makes up for it later.
 *
 *     runs to its end                            the component, with what it asks of env
 *     throws, asked nothing of env               BUILD_FAILED
 *     throws, asked something, and there is no   the component of a stand-in, marked as one
 *                              and there is one  BUILD_FAILED
 */
import { join } from 'node:path'
import { parseSync } from 'rolldown/utils'
import { withCarriedBundle } from '../component/carried-bundle.ts'
import { type EnvReads, withEnvReads } from '../component/env-reads.ts'
import { BUNDLE_NAME } from '../component/source-map.ts'
import { NanoError } from '../errors.ts'
import type { AppBundle } from './app-bundle.ts'
import type { Ingredients } from './cache.ts'
import { checkComponent, type CheckedComponent } from './check.ts'
import { type BuildJob, type GivenEnv, PID_FILE } from './job.ts'
import { toEnvReads } from './read-collector.ts'
import {
  ENV_NAME,
  MAIN,
  MAIN_WITH_ENV,
  SHIM_NAME,
  snapshot,
  SnapshotFailure,
  type SnapshotOptions,
} from './snapshot.ts'
import { withSuspects } from './suspects.ts'
import { toTopLevelError } from './top-level-error.ts'

/** An app that never runs where images are made again. */
const STAND_IN = `export default { fetch() {
  throw new Error("The top level of this app needs its env: serve it with a version of NANO that makes its image again.")
} }
`

type Limits = Pick<BuildJob, 'temporary' | 'timeoutMs' | 'memoryMb'>

/** The checked component, and why its top level does not come to its end without an `env`, if so. */
export async function runTopLevel(
  app: AppBundle,
  { carried, shim, wit, asyncStacks }: Ingredients,
  { temporary, timeoutMs, memoryMb }: Limits,
  env?: GivenEnv,
): Promise<CheckedComponent & { readonly unmet?: string }> {
  const { code, entry } = app
  const given = env === undefined ? {} : { [ENV_NAME]: toEnvModule(env) }
  const modules = { [SHIM_NAME]: shim, ...given, [BUNDLE_NAME]: code }
  const options = { wit, modules, pidFile: join(temporary, PID_FILE), timeoutMs, memoryMb, asyncStacks }
  const finish = (component: Uint8Array, reads: EnvReads | undefined) => {
    const whole = withCarriedBundle(component, carried)
    return checkComponent(reads === undefined ? whole : withEnvReads(whole, reads), entry)
  }
  try {
    const { component, reads } = await snapshot(env === undefined ? MAIN : MAIN_WITH_ENV, options)
    return finish(component, toEnvReads(reads, false))
  } catch (error) {
    const failure = await toFailure(error, app, options)
    const reads = env === undefined && error instanceof SnapshotFailure ? findCause(error, code) : undefined
    if (reads === undefined) throw failure
    const standIn = { ...options, modules: { ...modules, [BUNDLE_NAME]: STAND_IN } }
    return { ...finish((await snapshot(MAIN, standIn)).component, reads), unmet: failure.message }
  }
}

/** What the app finds in `env` is text, which is parsed: names of members are nobody's. */
function toEnvModule({ members, areGlobals }: GivenEnv): string {
  const text = JSON.stringify(JSON.stringify(members))
  return `import { give } from '${SHIM_NAME}'\ngive(JSON.parse(${text}), ${areGlobals})\n`
}

/** What the top level asked of `env` before it threw; undefined: nothing, so that an `env` would not help. */
function findCause({ reads, hasStack }: SnapshotFailure, code: string): EnvReads | undefined {
  if (!hasStack || reads.isDone) return undefined
  return toEnvReads({ ...reads, isClassic: !hasDefaultExport(code) }, true)
}

function hasDefaultExport(code: string): boolean {
  const { module } = parseSync(BUNDLE_NAME, code)
  return module.staticExports.some(({ entries }) =>
    entries.some(({ exportName }) => exportName.kind === 'Default' || exportName.name === 'default'),
  )
}

async function toFailure(
  error: unknown,
  { map, entry }: AppBundle,
  options: SnapshotOptions,
): Promise<NanoError> {
  if (error instanceof NanoError) return error
  if (!(error instanceof SnapshotFailure)) {
    return new NanoError('BUILD_FAILED', `${entry}: ${(error as Error).message}`, { cause: error })
  }
  const { modules = {} } = options
  const suspicious = {
    ...options,
    modules: { ...modules, [SHIM_NAME]: withSuspects(modules[SHIM_NAME] ?? '') },
  }
  const clearer = error.isMute ? await failureOf(suspicious) : undefined
  return toTopLevelError(clearer ?? error, map, entry, options)
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
