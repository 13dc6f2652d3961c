/** What of a cached response a request gets: all of it, a part, or that it has it already. Pure. */

import { OF_ONE, select, toContentRange } from '../http/conditional.ts'
import { toHeaderOf } from '../http/header-values.ts'
import type { HeaderOf } from '../http/header-values.ts'
import { toHeaderLines, toNameTest } from '../http/header-lines.ts'
import type { CacheableResponse, CacheRequest } from './kept-response.ts'
import type { Found } from './response-store.ts'

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  206: 'Partial Content',
  304: 'Not Modified',
  412: 'Precondition Failed',
  416: 'Range Not Satisfiable',
}
const NOTHING_ASKED: HeaderOf = () => undefined

const asksForOne = toNameTest(OF_ONE)

/** `status`: of the cache, as `cf-cache-status` says it. */
export function selectCached(
  { response, age }: Found,
  { headers }: Pick<CacheRequest, 'headers'>,
  status: string,
): CacheableResponse {
  const { head, body: whole } = response
  const size = whole.length
  const asked = response.status === 200 && asksForOne(headers) ? toHeaderOf(headers) : NOTHING_ASKED
  const selection = select(asked, { etag: head.etag, lastModified: head.lastModified, size })
  const range = toContentRange(selection, size)
  let lines = head.lines + toHeaderLines('age', String(age)) + toHeaderLines('cf-cache-status', status)
  if (range !== undefined) lines += toHeaderLines('content-range', range)
  const body = whole.subarray(selection.start, selection.end)
  if (selection.status !== 304) lines += toHeaderLines('content-length', String(body.length))
  const isWhole = selection.status === 200
  return {
    status: isWhole ? response.status : selection.status,
    statusText: isWhole ? response.statusText : STATUS_TEXTS[selection.status]!,
    headers: lines,
    body,
  }
}
