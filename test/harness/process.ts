/** NANO as a process of its own, started by the command line. */

import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

import type { LogFormat } from '../../host/log/line.ts'
import { waitFor } from './serve.ts'

const MAIN = join(import.meta.dirname, '../../host/main.ts')

export interface ServerProcess extends AsyncDisposable {
  readonly pid: number
  readonly port: number
  readonly adminPort: number
  /** What it has printed. */
  readonly announcement: string
  /** Not read until the test does. */
  readonly stderr: Readable
  kill(signal: NodeJS.Signals): void
  /** The exit status. */
  readonly exited: Promise<number | null>
}

export interface StartOptions {
  /** The program, in place of the one of this checkout. */
  readonly main?: string
  /** The most files and sockets that it may have open. */
  readonly descriptors?: number
  /** Of its log. */
  readonly format?: LogFormat
  readonly env?: Readonly<Record<string, string>>
  /** What it runs within: a program, and what comes before its own. */
  readonly within?: readonly string[]
  /** The descriptor of a listening socket that it is handed, as systemd does it. */
  readonly listener?: number
}

/** Resolves when it has said where it listens. */
export async function startNano(
  config: string,
  { descriptors, format = 'text', env: more, listener, main = MAIN, within = [] }: StartOptions = {},
): Promise<ServerProcess> {
  const env = { ...process.env, NANO_LOG_FORMAT: format, ...more }
  const args = [main, 'serve', '--port', '0', '--admin-port', '0', '--config', config]
  const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors}; `
  // the shell becomes the server, and so has its process id
  const handed = listener === undefined ? '' : 'export LISTEN_FDS=1 LISTEN_PID=$$; '
  const child = spawn('sh', ['-c', `${limit}${handed}exec "$0" "$@"`, ...within, process.execPath, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', ...(listener === undefined ? [] : [listener])],
  }) as ChildProcessByStdio<null, Readable, Readable>
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  let out = ''
  child.stdout.on('data', (part) => (out += String(part)))
  const read = (pattern: RegExp) => waitFor(() => pattern.exec(out)?.[1], 60_000)
  return {
    pid: child.pid!,
    port: Number(await read(/ on http:\/\/[\d.]+:(\d+)/)),
    adminPort: Number(await read(/operator {2}http:\/\/[\d.]+:(\d+)/)),
    get announcement() {
      return out
    },
    stderr: child.stderr,
    kill: (signal) => void child.kill(signal),
    exited,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
