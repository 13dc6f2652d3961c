/**
 * A list of addresses and ranges of nano.json. Host names are none: who answers to a name is not for this file to say.
 */
import type { Node } from 'jsonc-parser'

import { parseNetwork } from '../http/address.ts'
import type { Reader } from './reader.ts'

/** The entries as they are written; each is one that `parseNetwork` reads. */
export function parseNetworks(reader: Reader, node: Node | undefined, what: string): string[] | undefined {
  const wanted = 'an address or a range ("10.0.0.7", "10.0.0.0/8", "fd00::/8")'
  return reader.strings(node, what, (text) => parseNetwork(text) !== undefined, wanted)
}
