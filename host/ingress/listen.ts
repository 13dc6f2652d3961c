/** Whether a port can be listened on, and in words why not. */

import { createServer } from 'node:net'

import { NanoError } from '../errors.ts'

/** Threads that share a port would share it with another NANO, too: fail instead when somebody listens. */
export function assertFree(port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (cause: NodeJS.ErrnoException) => reject(toListenError(cause, port, host)))
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve()))
  })
}

function toListenError(cause: NodeJS.ErrnoException, port: number, host: string): NanoError {
  const reasons: Record<string, string> = {
    EADDRINUSE: 'another process listens there; choose another --port',
    EACCES: 'ports below 1024 need privileges',
    EADDRNOTAVAIL: 'this machine does not have that address; choose another --host',
    ENOTFOUND: 'there is no such host; choose another --host',
  }
  const reason = reasons[cause.code ?? ''] ?? cause.message
  return new NanoError('CONFIG_INVALID', `cannot listen on ${host} port ${port}: ${reason}`, { cause })
}
