/** The host names under which the operator's listener answers. */

import { isIP } from 'node:net'

import { toHostName } from '../http/host-name.ts'

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])
const EVERY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '[::]'])

/** Of a listener on `host`. An address in Host is no name that could be rebound. */
export function toOwnNames(host: string): (hostname: string) => boolean {
  const own = toHostName(isIP(host) === 6 ? `[${host}]` : host)
  const isEvery = own !== undefined && EVERY_ADDRESS.has(own)
  return (hostname) =>
    LOOPBACK.has(hostname) || hostname === own || (isEvery && isIP(hostname.replaceAll(/[[\]]/g, '')) !== 0)
}
