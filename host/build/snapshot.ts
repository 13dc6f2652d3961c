/**
 * Modules to a component: `snapshot-main.ts` runs the app's top level in the engine for the world and keeps the memory, which
 * is laid into the component of that engine (`spliced-engine.ts`). The same modules give the same bytes.
 *
 *     nano:guest-shim           by itself: it sets up the globals
 *     nano:main > nano:env      (in an image for one deployment: what `env` holds)
 *               > app.js
 *
 * The engine itself links them, so that the app's text and source map are the same whatever the shim. Nothing of the app is
 * read before the shim has been evaluated: what that leaves lies at the same place in every image (docs/decisions/same-places.md).
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BUNDLE_NAME } from '../component/source-map.ts'
import { findSibling } from './package-files.ts'
import { NO_READS, type TopLevelReads } from './read-collector.ts'
import type { OtherWorld } from './spliced-engine.ts'
import { FAILURE, TIMED_OUT, TOO_LARGE } from './snapshot-protocol.ts'

export const SHIM_NAME = 'nano:guest-shim'
export const ENV_NAME = 'nano:env'
const MAIN_NAME = 'nano:main'
const INITIALIZER = 'initializer.js'
/** Files on the way. */
const [MODULES, READS, ENGINE, SNAPSHOT] = ['modules', 'reads.json', 'engine.wasm', 'snapshot.wasm'] as const
/** Counts changes of the snapshotter that change its output; part of the cache's key. */
export const SNAPSHOT_REVISION = 11
/** The engine has its own limit well below this; it should be the one that an endless recursion meets. */
const STACK_KILOBYTES = 3_900
/** The most JavaScript objects of the snapshotter itself; the app's memory is bounded by `memoryMb`. */
const HEAP_MB = 512

const run = promisify(execFile)

/** The app's top level did not come to its end. `output`: what it printed; `reason`: how it ended. */
export class SnapshotFailure extends Error {
  readonly output: string
  readonly reason: string
  readonly reads: TopLevelReads

  constructor(output: string, reason: string, options: { cause: unknown; reads: TopLevelReads }) {
    super(`the app's top level failed: ${reason}`, options)
    this.output = output
    this.reason = reason
    this.reads = options.reads
  }

  /** Whether the app ended with an exception, which says where it was thrown. */
  get hasStack(): boolean {
    return this.output.includes('Exception while evaluating')
  }

  /** Whether there may be more to learn from a second try. */
  get isMute(): boolean {
    return !this.hasStack && this.reason !== TIMED_OUT && this.reason !== TOO_LARGE
  }
}

export interface SnapshotOptions {
  /** The world, as text. */
  readonly wit: string
  /** Given when it is another than NANO's. */
  readonly other?: OtherWorld | undefined
  /** What the code imports: modules by their names. */
  readonly modules?: Readonly<Record<string, string>>
  /** Whether stacks go on past each `await`. */
  readonly asyncStacks?: boolean
  /** Where the process id of the snapshotter is written. */
  readonly pidFile?: string
  /** How long the app's top level may run. */
  readonly timeoutMs: number
  /** The most memory that it may take, in MiB. */
  readonly memoryMb: number
}

/** A component, and what the app's top level asked of `env`. */
export interface Snapshot {
  readonly component: Uint8Array
  readonly reads: TopLevelReads
}

/** What is snapshotted of an app. The shim has the world's exports. */
export const MAIN = toMain('')
/** The same for one deployment. */
export const MAIN_WITH_ENV = toMain(`import '${ENV_NAME}'\n`)

function toMain(before: string): string {
  return `import { start } from '${SHIM_NAME}'
${before}import * as app from './${BUNDLE_NAME}'
start(app)
export * from '${SHIM_NAME}'
`
}

/** The component of a module with the world's exports. Throws `SnapshotFailure` when the app is at fault. */
export async function snapshot(code: string, options: SnapshotOptions): Promise<Snapshot> {
  const { engineHash, spliceEngine, wrapSnapshot } = await loadTools()
  const directory = await mkdtemp(join(tmpdir(), 'nano-build-'))
  try {
    const { module, script, variables } = await spliceEngine(options.wit, options.other)
    const modules = { [INITIALIZER]: script, [MAIN_NAME]: code, ...options.modules }
    await mkdir(join(directory, MODULES))
    for (const [name, text] of Object.entries(modules)) await writeFile(join(directory, MODULES, name), text)
    await writeFile(join(directory, ENGINE), module)
    const first = SHIM_NAME in modules ? SHIM_NAME : undefined
    await runSnapshotter(directory, { engine: engineHash, variables, first }, options)
    const component = await wrapSnapshot(
      await readFile(join(directory, SNAPSHOT)),
      options.wit,
      options.other,
    )
    return { component, reads: await readReads(directory) }
  } catch (error) {
    throw error instanceof Printed ? toSnapshotFailure(error, await readReads(directory)) : error
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Loaded with the first build. */
const loadTools = () => import('./spliced-engine.ts')

/** What a snapshotter runs. */
interface Given {
  /** SHA-256 of the engine's file. */
  readonly engine: string
  /** How the engine is told of the world's functions. */
  readonly variables: Readonly<Record<string, string>>
  /** The module that is evaluated before the others are read. */
  readonly first: string | undefined
}

/** Runs the app's top level in a process of its own, which can be ended. */
async function runSnapshotter(
  directory: string,
  { engine, variables, first }: Given,
  { pidFile = '/dev/null', asyncStacks = false, timeoutMs, memoryMb }: SnapshotOptions,
): Promise<void> {
  const now = Number(process.env['SOURCE_DATE_EPOCH'] ?? 0) * 1000
  const command = [
    process.execPath,
    `--stack-size=${STACK_KILOBYTES}`,
    `--max-old-space-size=${HEAP_MB}`,
    findSibling('snapshot-main'),
    `--modules=${join(directory, MODULES)}`,
    `--initializer=${INITIALIZER}`,
    ...(first === undefined ? [] : [`--first=${first}`]),
    `--main=${MAIN_NAME}`,
    `--reads=${join(directory, READS)}`,
    `--out=${join(directory, SNAPSHOT)}`,
    `--engine=${engine}`,
    ...(asyncStacks ? ['--async-stacks'] : []),
    `--timeout=${timeoutMs}`,
    `--memory=${memoryMb}`,
    `--now=${Number.isFinite(now) ? now : 0}`,
    join(directory, ENGINE),
  ]
  const { NODE_COMPILE_CACHE } = process.env
  const env = NODE_COMPILE_CACHE === undefined ? variables : { ...variables, NODE_COMPILE_CACHE }
  try {
    // there is no moment at which it runs and its id is not known
    await run('/bin/sh', ['-c', 'echo $$ > "$0"; exec "$@"', pidFile, ...command], { env })
  } catch (error) {
    const { stderr = '', signal } = error as { stderr?: string; signal?: string }
    throw new Printed(signal ? `${stderr}\nit was ended by ${signal}` : stderr, { cause: error })
  }
}

/** What a snapshotter printed that did not come to its end. */
class Printed extends Error {}

/** None of a snapshotter that did not come to its end. */
async function readReads(directory: string): Promise<TopLevelReads> {
  try {
    return JSON.parse(await readFile(join(directory, READS), 'utf8')) as TopLevelReads
  } catch {
    return NO_READS
  }
}

/** What the app printed, and the line with the reason; without one the app is not at fault. */
function toSnapshotFailure(error: Printed, reads: TopLevelReads): Error {
  const { message } = error
  const at = message.lastIndexOf(FAILURE)
  if (at === -1) return new Error(`the snapshotter failed: ${message.trim()}`, { cause: error })
  return new SnapshotFailure(message.slice(0, at).trim(), message.slice(at + FAILURE.length).trim(), {
    cause: error,
    reads,
  })
}
