/**
 * Modules to a component: componentize-js splices the world's bindings into the engine, `wizer-main.ts` runs the app's
 * top level in it and keeps the memory, componentize-js wraps the result. The same modules give the same bytes.
 *
 *     nano:main > nano:guest-shim (first: it sets up the globals)
 *               > nano:env        (in an image for one deployment: what `env` holds)
 *               > app.js
 *
 * The engine itself links them, so that the app's text and source map are the same whatever the shim.
 */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WORLD } from '../../wit/text.ts'
import { BUNDLE_NAME } from '../component/source-map.ts'
import { findSibling } from './package-files.ts'
import { NO_READS, type TopLevelReads } from './read-collector.ts'
import { FAILURE, TIMED_OUT, TOO_LARGE } from './wizer-protocol.ts'

export const SHIM_NAME = 'nano:guest-shim'
export const ENV_NAME = 'nano:env'
const MAIN_NAME = 'nano:main'
const READS = 'reads.json'
/** Counts changes of the snapshotter that change its output; part of the cache's key. */
export const SNAPSHOT_REVISION = 8
/** The engine has its own limit well below this; it should be the one that an endless recursion meets. */
const STACK_KILOBYTES = 3_900
/** The most JavaScript objects of the snapshotter itself; the app's memory is bounded by `memoryMb`. */
const HEAP_MB = 512
/** The engine answers no requests by itself. */
const DISABLED = ['fetch-event']
/** Without `http` it has no HTTP of its own either; the app's requests and responses go through the world. */
const DISABLED_IN_OWN = [...DISABLED, 'http']

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
  /** Of another world than NANO's: its name, and the file of what stands for wasi_snapshot_preview1 in it. */
  readonly other?: { readonly world: string; readonly adapter: string } | undefined
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
  // loaded with the first build
  const { componentize, engineHash, enginePath } = await import('./componentize.ts')
  const directory = await mkdtemp(join(tmpdir(), 'nano-build-'))
  try {
    const { component } = await componentize(code, {
      sourceName: MAIN_NAME,
      witWorld: options.wit,
      worldName: options.other?.world ?? WORLD,
      ...(options.other !== undefined && { preview2Adapter: options.other.adapter }),
      wizerBin: await writeLauncher(directory, engineHash, options),
      engine: enginePath,
      disableFeatures: options.other === undefined ? DISABLED_IN_OWN : DISABLED,
    })
    return { component, reads: await readReads(directory) }
  } catch (error) {
    throw toSnapshotFailure(error, await readReads(directory))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** componentize-js starts one program without arguments of ours, so the launcher holds them. */
async function writeLauncher(
  directory: string,
  engine: string,
  { modules = {}, pidFile = '/dev/null', asyncStacks = false, timeoutMs, memoryMb }: SnapshotOptions,
): Promise<string> {
  const path = join(directory, 'wizer')
  const folder = join(directory, 'modules')
  await mkdir(folder)
  for (const [name, code] of Object.entries(modules)) await writeFile(join(folder, name), code)
  const now = Number(process.env['SOURCE_DATE_EPOCH'] ?? 0) * 1000
  const command = [
    process.execPath,
    `--stack-size=${STACK_KILOBYTES}`,
    `--max-old-space-size=${HEAP_MB}`,
    findSibling('wizer-main'),
    `--modules=${folder}`,
    `--reads=${join(directory, READS)}`,
    `--engine=${engine}`,
    ...(asyncStacks ? ['--async-stacks'] : []),
    `--timeout=${timeoutMs}`,
    `--memory=${memoryMb}`,
    `--now=${Number.isFinite(now) ? now : 0}`,
  ]
  await writeFile(path, `#!/bin/sh\necho $$ > ${quote(pidFile)}\nexec ${command.map(quote).join(' ')} "$@"\n`)
  await chmod(path, 0o755)
  return path
}

function quote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`
}

/** None of a snapshotter that did not come to its end. */
async function readReads(directory: string): Promise<TopLevelReads> {
  try {
    return JSON.parse(await readFile(join(directory, READS), 'utf8')) as TopLevelReads
  } catch {
    return NO_READS
  }
}

/** componentize-js throws one text: its own first line, what the program printed, and the line with the reason. */
function toSnapshotFailure(error: unknown, reads: TopLevelReads): Error {
  const { message } = error as Error
  const at = message.lastIndexOf(FAILURE)
  if (at === -1) return error as Error
  const output = message.slice(message.indexOf('\n') + 1, at)
  return new SnapshotFailure(output.trim(), message.slice(at + FAILURE.length).trim(), {
    cause: error,
    reads,
  })
}
