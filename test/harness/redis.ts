/** A Redis server of a test's own, on a socket. */

import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Undefined: there is one on this machine. */
export const NO_REDIS =
  spawnSync('redis-server', ['--version']).status === 0
    ? undefined
    : 'there is no redis-server on this machine'

export class RedisServer implements AsyncDisposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'nano-redis-'))
  readonly url = `unix://${join(this.#directory, 'socket')}`
  #process: ChildProcess | undefined

  static async start(): Promise<RedisServer> {
    const server = new RedisServer()
    await server.start()
    return server
  }

  /** With what it had when it ended. */
  async start(...options: string[]): Promise<void> {
    const socket = join(this.#directory, 'socket')
    const args = ['--port', '0', '--unixsocket', socket, '--dir', this.#directory, '--appendonly', 'yes']
    const child = spawn('redis-server', [...args, '--appendfsync', 'always', ...options])
    this.#process = child
    const ready = Promise.withResolvers<void>()
    // read to its end: to leave a loop over it would close it
    child.stdout.on('data', (part: Buffer) => {
      if (part.includes('eady to accept')) ready.resolve()
    })
    child.once('exit', (status) => ready.reject(new Error(`redis-server ended with ${status}`)))
    await ready.promise
  }

  kill(signal: NodeJS.Signals): void {
    this.#process?.kill(signal)
  }

  /** At once. */
  async end(): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (child === undefined) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
