/** What of a cached response a request gets: all of it, a part, or that it has it already. Pure. */

import { select, toContentRange } from '../http/conditional.ts'
import { parseHttpDate } from '../http/http-date.ts'
import { toHeaderOf } from '../http/header-values.ts'
import { parseHeaderLines, toHeaderLines } from '../http/header-lines.ts'
import type { CacheableResponse, CacheRequest } from './kept-response.ts'
import type { Found } from './response-store.ts'

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  206: 'Partial Content',
  304: 'Not Modified',
  412: 'Precondition Failed',
  416: 'Range Not Satisfiable',
}
const REPLACED: ReadonlySet<string> = new Set(['content-length', 'content-range', 'age', 'cf-cache-status'])

/** `status`: of the cache, as `cf-cache-status` says it. */
export function selectCached(
  { response, age }: Found,
  { headers }: Pick<CacheRequest, 'headers'>,
  status: string,
): CacheableResponse {
  const of = toHeaderOf(response.headers)
  const size = response.body.length
  const lastModified = parseHttpDate(of('last-modified') ?? '')
  const isWhole = response.status !== 200
  const selection = select(isWhole ? () => undefined : toHeaderOf(headers), {
    etag: of('etag'),
    lastModified,
    size,
  })
  const range = toContentRange(selection, size)
  const list = parseHeaderLines(response.headers) ?? []
  let lines = ''
  for (let i = 0; i + 1 < list.length; i += 2) {
    if (!REPLACED.has(list[i]!.toLowerCase())) lines += toHeaderLines(list[i]!, list[i + 1]!)
  }
  lines += toHeaderLines('age', String(age)) + toHeaderLines('cf-cache-status', status)
  if (range !== undefined) lines += toHeaderLines('content-range', range)
  const body = response.body.subarray(selection.start, selection.end)
  if (selection.status !== 304) lines += toHeaderLines('content-length', String(body.length))
  if (selection.status === 200) return { ...response, headers: lines, body }
  return { status: selection.status, statusText: STATUS_TEXTS[selection.status]!, headers: lines, body }
}
