/**
 * A listening socket that whoever started the process handed over. Each shard has a descriptor of its own for it, for a
 * thread closes what it had when it ends, and the others and its successor listen on. Node cannot duplicate a descriptor,
 * but a child process inherits one, and what a process sends to another is a duplicate:
 *
 *     shard  --the descriptor, inherited-->  lend-listener.ts  --a duplicate-->  shard
 */

import { spawn } from 'node:child_process'
import type { Server } from 'node:net'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

import { NanoError } from '../errors.ts'

// as source or compiled, whatever this file is
const LENDER = fileURLToPath(new URL(`lend-listener${extname(import.meta.filename)}`, import.meta.url))

/** What lend-listener.ts has it as: behind the streams and the channel. */
export const LENT = 4

/** Has `server` listen on a duplicate of the descriptor, which stays open itself. */
export async function listenOnInherited(server: Server, descriptor: number, backlog: number): Promise<void> {
  const lender = spawn(process.execPath, [LENDER], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc', descriptor],
    env: {},
  })
  const isLent = await new Promise<boolean>((resolve, reject) => {
    lender.once('error', reject)
    lender.once('message', (_message, handle) => {
      // at once: connections that wait already are nobody else's to take
      server.listen(handle, backlog)
      resolve(true)
    })
    lender.once('exit', () => resolve(false))
  })
  if (lender.connected) lender.disconnect()
  if (isLent) return
  const text = `descriptor ${descriptor}: expected a listening TCP socket, got something else`
  throw new NanoError('CONFIG_INVALID', text)
}
