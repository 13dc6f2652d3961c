/** Databases of other servers, which an app has as Hyperdrive's bindings: their connection strings. Pure. */

import type { EnvValue } from './env.ts'

/** The kind in `env`. */
const HYPERDRIVE = 'hyperdrive'
const PROTOCOLS: ReadonlySet<string> = new Set(['postgres:', 'postgresql:', 'mysql:'])
/** The variables that wrangler takes connection strings of development from. */
const VARIABLES = [
  'CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_',
  'WRANGLER_HYPERDRIVE_LOCAL_CONNECTION_STRING_',
]

export function isConnectionString(text: string): boolean {
  const url = URL.parse(text)
  if (url === null) return false
  const { hostname, pathname, protocol, username } = url
  return PROTOCOLS.has(protocol) && hostname !== '' && username !== '' && pathname.length > 1
}

/** The member of `env`, with what the guest's half reads (guest-shim/lazy/hyperdrive.ts). */
export function toHyperdrive({
  binding,
  connection_string: connectionString,
  secret,
}: {
  readonly binding: string
  readonly connection_string?: string
  readonly secret?: string
}): [string, EnvValue] {
  const members = secret === undefined ? VARIABLES.map((name) => name + binding) : [secret]
  const settings = {
    members,
    ...(secret === undefined && connectionString !== undefined && { connectionString }),
  }
  return [binding, { type: 'binding', kind: HYPERDRIVE, settings: JSON.stringify(settings) }]
}
