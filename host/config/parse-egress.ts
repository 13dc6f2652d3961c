/**
 * The key `egress` of nano.json. An entry that the policy could not read is a problem of the file: one that was passed
 * over could leave open what it was to close.
 */
import type { Node } from 'jsonc-parser'

import type { EgressSettings } from '../egress/policy.ts'
import { parseRule } from '../egress/rule.ts'
import type { Reader } from './reader.ts'

const EGRESS_KEYS = ['allow', 'deny', 'private'] as const

/** What is not given comes from the defaults, key by key. */
export function parseEgress(
  reader: Reader,
  node: Node | undefined,
  what: string,
  defaults: EgressSettings | undefined,
): EgressSettings | undefined {
  const members = node === undefined ? undefined : reader.object(node, what, EGRESS_KEYS)
  if (members === undefined) return defaults
  const allow = parseRules(reader, members.get('allow'), `${what}.allow`) ?? defaults?.allow
  const deny = parseRules(reader, members.get('deny'), `${what}.deny`) ?? defaults?.deny
  const isPrivate = reader.boolean(members.get('private'), `${what}.private`) ?? defaults?.private
  return {
    ...(allow === undefined ? {} : { allow }),
    ...(deny === undefined ? {} : { deny }),
    ...(isPrivate === undefined ? {} : { private: isPrivate }),
  }
}

function parseRules(reader: Reader, node: Node | undefined, what: string): string[] | undefined {
  const wanted = 'a host name ("api.example.com", "*.example.com:443"), an address or a range ("10.0.0.0/8")'
  return reader.strings(node, what, (text) => parseRule(text) !== undefined, wanted)
}
