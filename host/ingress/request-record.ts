/** What the log says of a request that is over. */

import type { IncomingMessage, ServerResponse } from 'node:http'

import { toOnlyValue } from '../http/header-lines.ts'
import { parseTrace } from '../http/trace-context.ts'
import type { RequestRecord } from '../log/request-facts.ts'
import type { Connection } from './connection.ts'

/** What is known where the request was answered. */
export interface Ended extends Pick<
  RequestRecord,
  'app' | 'version' | 'request' | 'bytes' | 'cpuMs' | 'isCold'
> {
  readonly connection: Connection
  /** Milliseconds of `performance.now()`. */
  readonly since: number
  /** Of an answer that Node knows nothing of. */
  readonly status?: number | undefined
}

/** The most characters of what a client says about itself. */
const MOST = { path: 2048, header: 256 } as const

/** The client left before there was an answer: the status by which nginx and its readers know that. */
const CLIENT_LEFT = 499

/** `outgoing` is closed. */
export function toRecord(
  outgoing: ServerResponse,
  { connection, since, status, ...ended }: Ended,
): RequestRecord {
  const { method = '', rawHeaders, url = '', httpVersionMinor }: IncomingMessage = outgoing.req
  return {
    ...ended,
    time: Date.now(),
    method,
    path: toPath(url),
    status: status ?? (outgoing.headersSent ? outgoing.statusCode : CLIENT_LEFT),
    ms: performance.now() - since,
    client: connection.toClient(rawHeaders).key,
    httpMinor: httpVersionMinor,
    trace: connection.isTrusted ? parseTrace(rawHeaders)?.traceId : undefined,
    userAgent: toOnlyValue(rawHeaders, 'user-agent')?.slice(0, MOST.header),
    referer: toReferer(rawHeaders),
  }
}

/** Of a request's target, whatever its form. What follows the path may hold secrets. */
function toPath(target: string): string {
  const path = withoutQuery(target)
  return (path.startsWith('/') ? path : (URL.parse(path)?.pathname ?? path)).slice(0, MOST.path)
}

function toReferer(rawHeaders: readonly string[]): string | undefined {
  const referer = toOnlyValue(rawHeaders, 'referer')
  return referer === undefined ? undefined : withoutQuery(referer).slice(0, MOST.header)
}

function withoutQuery(url: string): string {
  const end = url.search(/[?#]/)
  return end < 0 ? url : url.slice(0, end)
}
