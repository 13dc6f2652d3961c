/** A program that stands before hosts: started with a configuration, ready when it takes connections. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

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

export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

function isListening(port: number): Promise<true | undefined> {
  const socket = connect(port, '127.0.0.1')
  return once(socket, 'connect').then(
    () => (socket.destroy(), true as const),
    () => undefined,
  )
}
