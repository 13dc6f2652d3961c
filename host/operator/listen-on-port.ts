/** A listener on a TCP port: the one that was asked for, or, when nobody asked, one that is free. */

import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { NanoError } from '../errors.ts'

/** Throws CONFIG_INVALID when the port is taken. */
export async function listenOnPort(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen({ host, port, exclusive: true })
    await once(server, 'listening')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const reason = code === 'EADDRINUSE' ? 'another process listens there' : message
    const next = 'choose another --admin-port or another admin in nano.json'
    const text = `admin: cannot listen on ${host} port ${port}: ${reason}; ${next}`
    throw new NanoError('CONFIG_INVALID', text, { cause })
  }
}

/** Nobody asked for the port: another server on this machine may have it, or the apps. Then `onTaken` hears of it. */
export async function listenNear(
  server: Server,
  { host, port, appsPort }: { host: string; port: number; appsPort: number },
  onTaken: (text: string) => void,
): Promise<void> {
  try {
    if (port !== appsPort) return await listenOnPort(server, host, port)
  } catch {
    // the next one is free
  }
  await listenOnPort(server, host, 0)
  const { port: free } = server.address() as AddressInfo
  onTaken(`port ${port} is taken; the operator's listener is on port ${free}`)
}
