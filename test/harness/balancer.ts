/** A program that stands before hosts: started with a configuration, ready when it takes connections. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'

import { waitFor } from './serve.ts'

/** Undefined: it is on this machine. */
export function toMissing(command: string): string | undefined {
  const asked = command === 'caddy' ? 'version' : '-v'
  return spawnSync(command, [asked]).status === 0 ? undefined : `${command} is not installed`
}

/** Until it is disposed of. `home`: where it may write. */
export async function runBalancer(
  command: string,
  args: readonly string[],
  { port, home }: { port: number; home: string },
): Promise<AsyncDisposable> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HOME: home },
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (part: string) => (said += part))
  const exited = once(child, 'exit')
  await waitFor(async () => {
    if (child.exitCode !== null) throw new Error(`${command} does not start: ${said}`)
    return isListening(port)
  }, 10_000)
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

const NGINX_PATHS = [
  'client_body_temp_path',
  'proxy_temp_path',
  'fastcgi_temp_path',
  'uwsgi_temp_path',
  'scgi_temp_path',
]

/** How nginx is started with this in its `http`, as a user who may write to `folder` alone. */
export function toNginxArgs(folder: string, http: string): string[] {
  const paths = NGINX_PATHS.map((name) => `${name} ${join(folder, name)};`).join('\n')
  const file = join(folder, 'nginx.conf')
  const top = `daemon off;\npid ${join(folder, 'pid')};\nerror_log stderr;\nevents {}\n`
  writeFileSync(file, `${top}http {\naccess_log off;\n${paths}\n${http}\n}\n`)
  return ['-e', 'stderr', '-c', file]
}

function isListening(port: number): Promise<true | undefined> {
  const socket = connect(port, '127.0.0.1')
  return once(socket, 'connect').then(
    () => (socket.destroy(), true as const),
    () => undefined,
  )
}
