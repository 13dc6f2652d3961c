/** A component behind `jco serve`: a host of wasi:http that has nothing of NANO. */

import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { findPort } from '../../bench/server-process.ts'
import { ROOT } from './serve.ts'

export interface JcoServer extends AsyncDisposable {
  readonly port: number
  /** What it has printed. */
  readonly log: string
}

/** Resolves when it listens. `env`: all that the component finds in its environment. */
export async function startJco(component: string, env: Readonly<Record<string, string>>): Promise<JcoServer> {
  const directory = await mkdtemp(join(tmpdir(), 'nano-jco-'))
  const port = await findPort()
  const jco = join(ROOT, 'node_modules/@bytecodealliance/jco/dist/jco.js')
  const child = spawn(
    process.execPath,
    [jco, 'serve', '--host', '127.0.0.1', '--port', `${port}`, component],
    {
      cwd: directory,
      // it starts a process of its own
      detached: true,
      env: { ...env, TMPDIR: directory },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let log = ''
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (part) => {
      log += String(part)
      if (log.includes('Server listening')) resolve()
    })
  }
  child.once('exit', (status) => reject(new Error(`jco serve ended with ${status}: ${log}`)))
  await promise
  return {
    port,
    get log() {
      return log
    },
    async [Symbol.asyncDispose]() {
      process.kill(-child.pid!, 'SIGKILL')
      await rm(directory, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
