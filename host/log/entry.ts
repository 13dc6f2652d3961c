/** What a log is made of: something that happened, or a request that is over. Types, and the clock. */

import type { RequestFacts } from './request-facts.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** From the least to the most urgent. */
export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** Something that the operator or an app's developer should read. */
export interface LogEntry {
  /** When it happened, in milliseconds since 1970. */
  readonly time: number
  readonly level: LogLevel
  /** The app that it is about; absent when it is about the server. */
  readonly app?: string | undefined
  /** The app's version, of one that was deployed. */
  readonly version?: number | undefined
  /** The request that it is about. */
  readonly request?: string | undefined
  readonly text: string
  /** Of a request that is over: the text is its first line and the status. */
  readonly facts?: RequestFacts
}

/** What happens now. The clock is read where it happens, for an entry of a busy shard is printed later. */
export function toLogEntry(entry: Omit<LogEntry, 'time'>): LogEntry {
  return { time: Date.now(), ...entry }
}
