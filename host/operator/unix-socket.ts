/** A listener on a Unix socket that its owner alone can open. What a process that died has left there makes room. */

import { once } from 'node:events'
import { chmodSync, statSync, unlinkSync } from 'node:fs'
import type { Server } from 'node:http'
import { connect } from 'node:net'

import { NanoError } from '../errors.ts'

const OWNER_ONLY = 0o600

/** Throws CONFIG_INVALID when the path is somebody else's. */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  if (await isLeftOver(path)) unlinkSync(path)
  try {
    server.listen(path)
    await once(server, 'listening')
    chmodSync(path, OWNER_ONLY)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const reason = code === 'EADDRINUSE' ? 'another process has it, or a file stands there' : message
    throw new NanoError('CONFIG_INVALID', `admin.socket: cannot listen on ${path}: ${reason}`, { cause })
  }
}

/** Whether a socket stands there that nobody listens on. */
async function isLeftOver(path: string): Promise<boolean> {
  if (!statSync(path, { throwIfNoEntry: false })?.isSocket()) return false
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'
  } finally {
    socket.destroy()
  }
}
