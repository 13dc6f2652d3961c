/**
 * A log entry as a line. As text it is one line, but for the stack of an error, which follows indented; as JSON it is one
 * object with the names that collectors know; as `apache` a request is a line of the combined log format, and everything
 * else a line of text. Text that an app or a client had a hand in cannot pretend to be another entry or drive the
 * terminal, in any of them. Pure.
 */

import { LOG_LEVELS } from './entry.ts'
import type { LogEntry } from './entry.ts'
import type { RequestFacts } from './request-facts.ts'

// control characters, ends of lines, and what turns the direction of text around
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

const PLAIN = /^[\u0020-\u007e]*$/

export const LOG_FORMATS = ['text', 'json', 'apache'] as const

export type LogFormat = (typeof LOG_FORMATS)[number]

/** Colours a level, for whoever reads on a terminal. */
export type Paint = (level: LogEntry['level'], text: string) => string

const plain: Paint = (_level, text) => text

/** A line of this format. */
export function toLine(format: LogFormat, entry: LogEntry, paint = plain): string {
  if (format === 'json') return toJsonLine(entry)
  return format === 'apache' && entry.facts !== undefined
    ? toCombinedLine(entry, entry.facts)
    : toLogLine(entry, paint)
}

/** `2026-11-23T10:20:30.456Z error [app request] text`; the time is UTC. A version stands as `app@3`. */
export function toLogLine(
  { time, level, app, version, request, text, facts }: LogEntry,
  paint = plain,
): string {
  const said = facts === undefined ? text : `${text} ${toFigures(facts)}`
  const whose = version === undefined ? app : `${app}@${version}`
  const about = [whose, request].filter((part) => part !== undefined).join(' ')
  return `${toTime(time)} ${paint(level, level.padEnd(5))} ${about === '' ? '' : `[${about}] `}${toSafe(said)}\n`
}

function toFigures({ bytes, ms, cpuMs, isCold }: RequestFacts): string {
  return `${bytes} B in ${round(ms)} ms (${round(cpuMs)} ms CPU, ${isCold ? 'cold' : 'warm'})`
}

/**
 * `{"time":"2026-11-23T10:20:30.456Z","level":"error","app":"shop","version":3,"request":"0001…","msg":"…"}`, and of a
 * request its facts besides.
 */
function toJsonLine({ time, level, app, version, request, text: msg, facts }: LogEntry): string {
  const head = { time: toTime(time), level, app, version, request, msg }
  const json = JSON.stringify(facts === undefined ? head : { ...head, ...toJsonFacts(facts) })
  // such a character stands only within a string, where its escape means the same
  return `${escape(json)}\n`
}

function toJsonFacts({ ms, cpuMs, isCold, httpMinor, userAgent, ...facts }: RequestFacts): object {
  return {
    ...facts,
    duration_ms: round(ms),
    cpu_ms: round(cpuMs),
    start: isCold ? 'cold' : 'warm',
    protocol: `HTTP/1.${httpMinor}`,
    user_agent: userAgent,
  }
}

/** The entry of a line that is JSON, as it is made here; undefined: it is none. */
export function parseJsonLine(line: string): LogEntry | undefined {
  let said: Record<string, unknown>
  try {
    said = Object(JSON.parse(line)) as Record<string, unknown>
  } catch {
    return undefined
  }
  const text = (key: string): string | undefined => {
    const value = said[key]
    return typeof value === 'string' ? value : undefined
  }
  const number = (key: string): number | undefined => {
    const value = said[key]
    return typeof value === 'number' ? value : undefined
  }
  const time = Date.parse(text('time') ?? '')
  const level = LOG_LEVELS.find((each) => each === said['level'])
  if (Number.isNaN(time) || level === undefined) return undefined
  const entry = {
    time,
    level,
    app: text('app'),
    version: number('version'),
    request: text('request'),
    text: text('msg') ?? '',
  }
  const status = number('status')
  if (status === undefined) return entry
  const facts = {
    method: text('method') ?? '',
    path: text('path') ?? '',
    status,
    bytes: number('bytes') ?? 0,
    ms: number('duration_ms') ?? 0,
    cpuMs: number('cpu_ms') ?? 0,
    isCold: said['start'] === 'cold',
    client: text('client') ?? '',
    httpMinor: Number(/^HTTP\/1\.(\d)$/.exec(text('protocol') ?? '')?.[1] ?? 1),
    trace: text('trace'),
    userAgent: text('user_agent'),
    referer: text('referer'),
  }
  return { ...entry, facts }
}

/** `192.0.2.7 - shop [23/Nov/2026:10:20:30 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8"`; the user is the app. */
function toCombinedLine({ time, app }: LogEntry, facts: RequestFacts): string {
  const { client, method, path, httpMinor, status, bytes, referer, userAgent } = facts
  const line = `${method} ${path} HTTP/1.${httpMinor}`
  return (
    `${toWord(client)} - ${app ?? '-'} [${toCombinedTime(time)}] ${quote(line)} ${status} ${bytes} ` +
    `${quote(referer ?? '-')} ${quote(userAgent ?? '-')}\n`
  )
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function toCombinedTime(time: number): string {
  const date = new Date(time)
  const day = String(date.getUTCDate()).padStart(2, '0')
  const clock = date.toISOString().slice(11, 19)
  return `${day}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}:${clock} +0000`
}

/** As Apache has it: quotes and backslashes are escaped, and whatever is no printable ASCII. */
function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&').replaceAll(/[^\u0020-\u007e]/g, toByteEscapes)}"`
}

function toWord(text: string): string {
  return text.replaceAll(/[^\u0021-\u007e]/g, toByteEscapes)
}

function toByteEscapes(character: string): string {
  return Array.from(Buffer.from(character), (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100
}

/** Text that cannot drive a terminal. Most has nothing to escape, and to see that costs a tenth of replacing it. */
export function escape(text: string): string {
  return PLAIN.test(text) ? text : text.replaceAll(CONTROL, toEscape)
}

function toSafe(text: string): string {
  if (PLAIN.test(text)) return text
  return text.replaceAll('\r\n', '\n').replaceAll(CONTROL, toEscape).replaceAll('\n', '\n    ')
}

function toTime(time: number): string {
  return new Date(time).toISOString()
}

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
