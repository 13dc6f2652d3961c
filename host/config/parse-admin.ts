/** The key `admin` of nano.json: where the operator's listener is, or `false`. */
import type { Node } from 'jsonc-parser'

import { DEFAULT_ADMIN, RANGES } from './config.ts'
import type { AdminConfig } from './config.ts'
import type { Reader } from './reader.ts'

const ADMIN_KEYS = ['host', 'port'] as const

/** Undefined: nothing was said. */
export function parseAdmin(reader: Reader, node: Node | undefined): AdminConfig | false | undefined {
  if (node === undefined) return undefined
  if (node.value === false) return false
  const members = reader.object(node, 'admin', ADMIN_KEYS)
  if (members === undefined) return undefined
  return {
    host: reader.string(members.get('host'), 'admin.host') ?? DEFAULT_ADMIN.host,
    port: reader.integer(members.get('port'), 'admin.port', RANGES.port) ?? DEFAULT_ADMIN.port,
  }
}
