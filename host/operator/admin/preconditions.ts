/** If-Match and If-None-Match of a change (RFC 9110 13.1): so that nobody overwrites what he has not seen. */

import { NanoError } from '../../errors.ts'
import type { Guard } from '../../registry/deployed.ts'
import { toEtag } from './views.ts'

export interface Preconditions {
  readonly 'if-match'?: string | undefined
  readonly 'if-none-match'?: string | undefined
}

/** Throws APP_CHANGED when what serves is not as the headers expect it. */
export function toGuard({ 'if-match': match, 'if-none-match': none }: Preconditions): Guard {
  return (before) => {
    const etag = before === undefined ? undefined : toEtag(before)
    const got = etag ?? 'no version that serves'
    if (match !== undefined && !names(match, etag)) fail(`expected ${match}, got ${got}`)
    if (none !== undefined && names(none, etag)) fail(`expected something other than ${none}, got ${got}`)
  }
}

function names(list: string, etag: string | undefined): boolean {
  if (etag === undefined) return false
  return list.split(',').some((each) => each.trim() === '*' || each.trim() === etag)
}

function fail(text: string): never {
  throw new NanoError('APP_CHANGED', `${text}; look at the app again`)
}
