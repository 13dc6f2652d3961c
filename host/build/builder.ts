/**
 * Builds in a process of their own. What an app brings goes through a parser, a bundler and an engine, any of which may
 * take for ever, fill the memory or crash; then the process is killed, with those that it started, and the build fails.
 *
 *     idle     waits for the next build for a while; keeps nobody from exiting, and goes when whoever started it goes
 *       | run                        ^ made, failed
 *       v                            |
 *     working  bundle > snapshot ----+   each step has its time, all of them a bound of memory
 *       | time over, memory full, exit
 *       v
 *     gone     it is not used again
 */
import { fork, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromFault, NanoError } from '../errors.ts'
import { readMemory, watchMemory } from '../limits/process-memory.ts'
import { type BuildJob, type BuildStep, type FromBuilder, type Made, PID_FILE } from './job.ts'
import { findSibling } from './package-files.ts'

/** How long bundling may take. */
export const BUNDLE_TIMEOUT_MS = 60_000
/** What the snapshot takes besides the app's top level, which runs twice to find out why it failed. */
const SNAPSHOT_MS = 60_000
/** The most JavaScript objects of the process; sources are bounded by `SourceBudget`. */
const HEAP_MB = 1024
/** A process that has grown beyond this is not used again; builds of usual apps leave half as much. */
const KEPT_MB = 1536
/** How long a process waits for another build, unless it is said. */
const IDLE_MS = 5_000
const VARIABLES = ['NANO_CACHE_DIR', 'XDG_CACHE_HOME', 'SOURCE_DATE_EPOCH'] as const

export interface RunOptions {
  readonly bundleTimeoutMs: number
  /** The most memory of all processes of the build, in MiB. */
  readonly processMb: number
  readonly onStep: (step: BuildStep) => void
  /** What the result, good or not, depends on. */
  readonly onInputs: (paths: readonly string[]) => void
  /** How long the process waits for another build. */
  readonly idleMs?: number | undefined
}

type Task = Omit<BuildJob, 'temporary' | 'variables'>

/** Build processes: as many as there are builds at a time, of which one waits for the next. */
export class Builders {
  #idle: ChildProcess | undefined
  #idleTimer: NodeJS.Timeout | undefined

  /** Makes one build. Nothing of it is left behind on the disk, however it ends. */
  async run(task: Task, options: RunOptions): Promise<Made> {
    const temporary = await mkdtemp(join(tmpdir(), 'nano-build-'))
    const child = this.#take()
    try {
      const variables = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]))
      return await work(child, { ...task, temporary, variables }, options)
    } finally {
      this.#giveBack(child, options.idleMs)
      await rm(temporary, { recursive: true, force: true, maxRetries: 3 })
    }
  }

  #take(): ChildProcess {
    const child = this.#idle ?? this.#start()
    this.#idle = undefined
    clearTimeout(this.#idleTimer)
    child.ref()
    child.channel?.ref()
    return child
  }

  #start(): ChildProcess {
    const child = fork(findSibling('build-main'), [], {
      // a group of its own, to be killed with what it starts
      detached: true,
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    // a process that cannot be started is told to the build that wants it
    child.on('error', () => {})
    child.on('exit', () => {
      if (this.#idle !== child) return
      this.#idle = undefined
      clearTimeout(this.#idleTimer)
    })
    return child
  }

  #giveBack(child: ChildProcess, idleMs = IDLE_MS): void {
    if (!child.connected) return
    if (this.#idle !== undefined || readMemory(child.pid!) > KEPT_MB * 2 ** 20) {
      child.disconnect()
      return
    }
    child.unref()
    child.channel?.unref()
    this.#idle = child
    this.#idleTimer = setTimeout(() => {
      this.#idle = undefined
      child.disconnect()
    }, idleMs).unref()
  }
}

/** One build of a process. When this throws for another reason than the build's own, the process is gone. */
async function work(
  child: ChildProcess,
  job: BuildJob,
  { bundleTimeoutMs, processMb, onStep, onInputs }: RunOptions,
): Promise<Made> {
  const { promise, resolve, reject } = Promise.withResolvers<Made>()
  let step: BuildStep = job.origin.type === 'carried' ? 'unpack' : 'bundle'
  let timer: NodeJS.Timeout | undefined
  const give = (ms: number) => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      kill(child)
      reject(toFailure(job, `${NAMES[step]} did not end within ${ms / 1000} s; ${HINTS[step]}`))
    }, ms)
  }
  using _ = watchMemory(
    () => [child.pid ?? 0, readPid(job)],
    processMb,
    () => {
      kill(child)
      reject(toFailure(job, `${NAMES[step]} needs more than ${processMb} MiB of memory; ${HINTS[step]}`))
    },
  )
  const onMessage = (message: FromBuilder) => {
    if (message.type === 'made') resolve(message.made)
    else if (message.type === 'failed') reject(fromFault(message.fault))
    else if (message.type === 'inputs') onInputs(message.paths)
    else {
      step = message.step
      give(step === 'bundle' || step === 'unpack' ? bundleTimeoutMs : 2 * job.timeoutMs + SNAPSHOT_MS)
      onStep(step)
    }
  }
  const onError = (error: Error) => reject(toFailure(job, `the build process failed: ${error.message}`))
  const onGone = (status: number | null, signal: NodeJS.Signals | null) => {
    kill(child)
    reject(toFailure(job, `${NAMES[step]} crashed (${signal ?? status}); ${HINTS[step]}`))
  }
  child.on('message', onMessage)
  child.once('exit', onGone)
  child.once('error', onError)
  give(bundleTimeoutMs)
  child.send(job, (error) => {
    if (error !== null) onError(error)
  })
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    child.off('message', onMessage)
    child.off('exit', onGone)
    child.off('error', onError)
  }
}

const NAMES: Readonly<Record<BuildStep, string>> = {
  bundle: 'the bundler',
  unpack: 'reading the bundle that the component carries',
  snapshot: 'the snapshot',
  write: 'the build',
}
const HINTS: Readonly<Record<BuildStep, string>> = {
  bundle: 'the sources are nested too deeply, or too large',
  unpack: 'it is nested too deeply, or too large',
  snapshot: "the app's top level is too large",
  write: 'is the disk full?',
}

/** The process and all that it started. */
function kill(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL')
  } catch {
    child.kill('SIGKILL')
  }
  if (child.connected) child.disconnect()
}

/** The snapshotter's process, or 0 while there is none. */
function readPid({ temporary }: BuildJob): number {
  try {
    return Number(readFileSync(join(temporary, PID_FILE), 'utf8'))
  } catch {
    return 0
  }
}

function toFailure({ origin }: BuildJob, text: string): NanoError {
  const name = origin.type === 'carried' ? origin.carried.entry : origin.entry
  return new NanoError('BUILD_FAILED', `${name}: ${text}`)
}
