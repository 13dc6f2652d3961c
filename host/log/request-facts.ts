/**
 * What is known of a request when it is over, in the form in which it goes from a shard to the main thread: the fields of
 * many requests in one flat list, which costs a fraction of what as many objects do. Pure.
 */

import type { LogEntry } from './entry.ts'

/** A request that is over. */
export interface RequestFacts {
  readonly method: string
  /** Without the query, which may hold secrets. */
  readonly path: string
  /** What the client got; 499 when it left before there was anything. */
  readonly status: number
  /** Of the body. */
  readonly bytes: number
  /** From its head to its end, in milliseconds. */
  readonly ms: number
  /** Processor time of the app up to then. */
  readonly cpuMs: number
  /** An instance was made for it. */
  readonly isCold: boolean
  readonly client: string
  /** The minor version of HTTP/1. */
  readonly httpMinor: number
  /** The trace that a trusted proxy named. */
  readonly trace?: string | undefined
  readonly userAgent?: string | undefined
  /** Without the query. */
  readonly referer?: string | undefined
}

/** A request that is over, and whose it was. */
export interface RequestRecord extends RequestFacts {
  readonly time: number
  readonly app: string | undefined
  readonly version: number | undefined
  readonly request: string
}

type Field = string | number | boolean | undefined

/** Fields of many records, one record after the other. */
export type PackedRecords = Field[]

const FIELDS = 16

export function packRecord(to: PackedRecords, record: RequestRecord): void {
  const { time, app, version, request, method, path, status, bytes, ms, cpuMs, isCold, client } = record
  const { httpMinor, trace, userAgent, referer } = record
  to.push(time, app, version, request, method, path, status, bytes, ms, cpuMs, isCold, client)
  to.push(httpMinor, trace, userAgent, referer)
}

/** How many records there are. */
export function countRecords(packed: PackedRecords): number {
  return packed.length / FIELDS
}

/** Each record as an entry of the log. */
export function* unpackEntries(packed: PackedRecords): Generator<LogEntry> {
  for (let i = 0; i + FIELDS <= packed.length; i += FIELDS) yield toEntry(packed, i)
}

function toEntry(packed: PackedRecords, at: number): LogEntry {
  const text = (offset: number): string => packed[at + offset] as string
  const number = (offset: number): number => packed[at + offset] as number
  const maybe = (offset: number): string | undefined => packed[at + offset] as string | undefined
  const [method, path, status] = [text(4), text(5), number(6)]
  return {
    time: number(0),
    level: 'info',
    app: maybe(1),
    version: packed[at + 2] as number | undefined,
    request: text(3),
    text: `${method} ${path} ${status}`,
    facts: {
      method,
      path,
      status,
      bytes: number(7),
      ms: number(8),
      cpuMs: number(9),
      isCold: packed[at + 10] as boolean,
      client: text(11),
      httpMinor: number(12),
      trace: maybe(13),
      userAgent: maybe(14),
      referer: maybe(15),
    },
  }
}
