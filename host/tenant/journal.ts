/**
 * What is known of a tenant's failures: lines for its developer and the operator, and a count for each code. Everything
 * that a tenant has to say goes through here, bounded.
 */
import type { Limits } from '../config/limits.ts'
import { openSourceMap, type SourceMap } from '../component/source-map.ts'
import type { ErrorCode } from '../errors.ts'
import { BoundedLog } from './bounded-log.ts'
import type { Exchange } from './exchange.ts'
import type { Counts } from './report.ts'
import { toRequestLine, type Log, type LogEvent, type LogLevel } from './log.ts'

/** Whose journal it is. */
export interface JournalSubject {
  readonly name: string
  readonly limits: Limits
  /** JSON. */
  readonly sourceMap?: string | undefined
}

/** One tenant's journal. */
export class Journal {
  readonly #subject: JournalSubject
  readonly #log: BoundedLog
  readonly #counts: Counts
  #sourceMap: SourceMap | undefined

  constructor(subject: JournalSubject, log: Log, counts: Counts) {
    this.#counts = counts
    this.#subject = subject
    this.#log = new BoundedLog(log)
  }

  /** A line that is about no request. */
  write(level: LogLevel, event: LogEvent, text: string): void {
    this.#log.write({ level, tenant: this.#subject.name, event, text })
  }

  /** A failure that gets no line. */
  count(code: ErrorCode): void {
    this.#counts.failed(code)
  }

  /** A failure of the request with this id. */
  failed(code: ErrorCode, request: string, text = this.explain(code)): void {
    this.count(code)
    this.#log.write({ level: 'error', tenant: this.#subject.name, event: 'request-failed', request, text })
  }

  /** A request failed; what it asked for comes before the text. */
  failedExchange(code: ErrorCode, { id, method, url }: Exchange, text = this.explain(code)): void {
    this.failed(code, id, `${toRequestLine(method, url)}: ${text}`)
  }

  /** A code, and the limit or the cause behind it. */
  explain(code: ErrorCode): string {
    const why = this.#toWhy(code)
    return why === undefined ? code : `${code}: ${why}`
  }

  /** A guest's error with places of the sources. */
  symbolicate(error: string): string {
    this.#sourceMap ??= openSourceMap(this.#subject.sourceMap)
    return this.#sourceMap.symbolicate(error)
  }

  #toWhy(code: ErrorCode): string | undefined {
    const { timeoutMs, cpuMs, memoryMb, bufferMb, subrequests, backgroundMs } = this.#subject.limits
    const reasons: Partial<Record<ErrorCode, string>> = {
      APP_TIMEOUT: `no response within ${timeoutMs} ms`,
      APP_CPU_LIMIT: `more than ${cpuMs} ms of processor time for a request`,
      APP_MEMORY_LIMIT: `no more room in ${memoryMb} MiB of memory`,
      APP_BUSY: `waited ${timeoutMs} ms for its turn`,
      APP_BUFFER_LIMIT: `more than ${bufferMb} MiB wait to be sent`,
      APP_SUBREQUEST_LIMIT: `more than ${subrequests} fetches for a request`,
      APP_BACKGROUND_LIMIT: `waitUntil went on for more than ${backgroundMs} ms after the response`,
      APP_HUNG: 'the handler waits for something that is never going to happen',
    }
    return reasons[code]
  }
}
