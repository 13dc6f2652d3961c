/**
 * A request's headers in the form in which they travel to the guest (see wit/events.wit): name, LF, value, LF, ... in
 * wire order, names in lower case. Headers that are about this one connection stay behind: the guest is not a party to
 * it (RFC 9110 7.6.1). Node's parser has refused CR, LF and NUL before this.
 */

import { isHopByHop } from '../bindings/hop-by-hop.ts'

/** `rawHeaders`: Node's flat list of names and values. */
export function toWire(rawHeaders: readonly string[]): string {
  let named: Set<string> | undefined
  let wire = ''
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase()
    if (!isHopByHop(name)) wire += `${name}\n${rawHeaders[i + 1]!}\n`
    else if (name === 'connection') named = addNamed(named, rawHeaders[i + 1]!)
  }
  return named === undefined ? wire : withoutNamed(wire, named)
}

/** The headers that a Connection header names, but for the usual words, which name none. */
function addNamed(named: Set<string> | undefined, value: string): Set<string> | undefined {
  let set = named
  for (const token of value.toLowerCase().split(',')) {
    const name = token.trim()
    if (name !== '' && name !== 'keep-alive' && name !== 'close') (set ??= new Set()).add(name)
  }
  return set
}

function withoutNamed(wire: string, named: ReadonlySet<string>): string {
  const fields = wire.split('\n')
  let rest = ''
  for (let i = 0; i + 1 < fields.length; i += 2) {
    if (!named.has(fields[i]!)) rest += `${fields[i]!}\n${fields[i + 1]!}\n`
  }
  return rest
}
