/**
 * From the file of a component from elsewhere to a folder with what serves it, which is made once for its bytes and found
 * again:
 *
 *     read > checked (check-component.ts) > in the cache? > a process: jco [killed: time, memory] > renamed into place
 */

import { createHash } from 'node:crypto'
import { fork } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'

import { NanoError } from '../errors.ts'
import { watchMemory } from '../limits/process-memory.ts'
import { checkForeign } from './check-component.ts'

/** Other output for the same component. */
const REVISION = 1
const MOST_MS = 120_000
const MOST_MB = 2048
const HEAP_MB = 1024
/** Written last. */
const DONE = 'component.js'
const TOOL = '@bytecodealliance/jco'
/** Those that were not used for longest go: whoever begins a process with one uses it. */
const MOST_KEPT = 100
const FOLDER = /^[\da-f]{64}$/

/** What serves a component. */
export interface ForeignCode {
  /** Of the component's bytes. */
  readonly hash: string
  /** Absolute. */
  readonly folder: string
}

/** `cache`: where such folders are kept. Throws COMPONENT_INVALID, TOOLCHAIN_MISSING and BUILD_FAILED. */
export async function transpileForeign(component: Uint8Array, cache: string): Promise<ForeignCode> {
  checkForeign(component)
  const hash = createHash('sha256').update(`${REVISION}\n`).update(component).digest('hex')
  const parent = join(cache, 'foreign')
  const folder = join(parent, hash)
  if (!isMade(folder)) {
    expectTool()
    await mkdir(parent, { recursive: true, mode: 0o700 })
    const draft = await mkdtemp(join(parent, 'draft-'))
    try {
      const file = join(draft, 'component.wasm')
      await writeFile(file, component)
      await generate(file, join(draft, 'made'))
      await rename(join(draft, 'made'), folder).catch((error: unknown) => {
        // another process may have been first
        if (!isMade(folder)) throw error
      })
    } finally {
      await rm(draft, { recursive: true, force: true })
    }
    await prune(parent)
  }
  const now = new Date()
  await utimes(folder, now, now).catch(() => undefined)
  return { hash, folder }
}

/** Whether a component's folder is there, as it was made. */
export function isMade(folder: string): boolean {
  return (
    existsSync(join(folder, DONE)) &&
    (process.getuid === undefined || statSync(folder).uid === process.getuid())
  )
}

/** Another process may do so at the same time. */
async function prune(parent: string): Promise<void> {
  const names = (await readdir(parent)).filter((name) => FOLDER.test(name))
  if (names.length <= MOST_KEPT) return
  const used = await Promise.all(
    names.map(async (name) => ({
      name,
      at: await stat(join(parent, name)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    })),
  )
  const surplus = used.sort((a, b) => b.at - a.at).slice(MOST_KEPT)
  await Promise.all(surplus.map(({ name }) => rm(join(parent, name), { recursive: true, force: true })))
}

function expectTool(): void {
  try {
    import.meta.resolve(TOOL)
  } catch {
    throw new NanoError(
      'TOOLCHAIN_MISSING',
      `expected ${TOOL} beside nano-workers, which serves components from elsewhere, got an installation without it. ` +
        'Install nano-workers with its optional dependencies (without --omit=optional), or take "foreign" from the app.',
    )
  }
}

async function generate(file: string, folder: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const child = fork(
    join(import.meta.dirname, `transpile-main${extname(import.meta.filename)}`),
    [file, folder],
    {
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      env: {},
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  )
  let printed = ''
  child.stderr?.on('data', (part) => (printed = (printed + String(part)).slice(-4096)))
  const fail = (text: string): void => {
    child.kill('SIGKILL')
    reject(new NanoError('BUILD_FAILED', `the component cannot be made ready to be served: ${text}`))
  }
  const timer = setTimeout(() => fail(`it takes longer than ${MOST_MS / 1000} s`), MOST_MS)
  using _ = watchMemory(
    () => [child.pid ?? 0],
    MOST_MB,
    () => fail(`it takes more than ${MOST_MB} MiB of memory`),
  )
  child.once('error', ({ message }) => fail(message))
  child.once('exit', (status, signal) => {
    if (status === 0) resolve()
    else
      fail(
        `jco ended with ${signal ?? status}: ${
          printed
            .trim()
            .split('\n')
            .find((line) => /Error|error/.test(line)) ?? printed.trim().slice(0, 300)
        }`,
      )
  })
  try {
    await promise
  } finally {
    clearTimeout(timer)
  }
}
