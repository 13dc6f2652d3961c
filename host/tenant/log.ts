/**
 * What a tenant has to say to its developer and to the operator. Texts are bounded here; whoever writes them escapes
 * what an app could drive a terminal with.
 */

import type { LogLevel } from '../log/entry.ts'

/** The closed set of what a tenant logs. */
export type LogEvent =
  /** A line that the app wrote. */
  | 'console'
  /** An error of the app that belongs to no request. */
  | 'app-error'
  /** A request failed on account of the app. */
  | 'request-failed'
  /** A fetch of the app to where it may not go. */
  | 'egress-denied'
  | 'instance-trapped'
  /** An instance used more processor time or memory than it may. */
  | 'instance-stopped'
  /** Requests are refused for a while. */
  | 'backed-off'
  | 'instance-retired'
  | 'instance-failed'
  /** There was more to say than a log takes. */
  | 'log-cut'

/** One thing to say. */
export interface LogRecord {
  readonly level: LogLevel
  readonly tenant: string
  /** Of the tenant's app, if it was deployed. */
  readonly version?: number | undefined
  readonly request?: string | undefined
  readonly event: LogEvent
  readonly text: string
}

/** Where a tenant's records go. */
export interface Log {
  write(record: LogRecord): void
}

/** The most characters of a text that are kept. */
const TEXT_LENGTH = 16 * 1024

/** A text cut to what a log takes. */
export function boundText(text: string): string {
  return text.length > TEXT_LENGTH ? `${text.slice(0, TEXT_LENGTH)} ... (cut)` : text
}

/** What a request asked for, for a log: what follows the path may hold secrets. */
export function toRequestLine(method: string, url: string): string {
  return `${method} ${URL.parse(url)?.pathname ?? ''}`
}
