/**
 * What is known of a tenant's failures: lines for its developer and the operator, and a count for each code. Everything
 * that a tenant has to say goes through here, bounded.
 */
import type { Limits } from '../config/limits.ts'
import { hasPlaces, openSourceMap, type SourceMap } from '../component/source-map.ts'
import type { ErrorCode } from '../errors.ts'
import { BoundedLog } from './bounded-log.ts'
import type { Exchange } from './exchange.ts'
import type { LogLevel } from '../log/entry.ts'
import type { Run } from '../http/request-head.ts'
import { toRequestLine, type Log, type LogEvent } from './log.ts'
import type { Counts } from './report.ts'

/** Whose journal it is. */
export interface JournalSubject {
  readonly name: string
  readonly version?: number | undefined
  readonly limits: Limits
}

/** One tenant's journal. */
export class Journal {
  readonly #subject: JournalSubject
  readonly #log: BoundedLog
  readonly #counts: Counts
  /** JSON in UTF-8; undefined: there is none, or no instance was ever made. */
  sourceMap: Uint8Array | undefined
  #openMap: SourceMap | undefined

  constructor(subject: JournalSubject, log: Log, counts: Counts) {
    this.#counts = counts
    this.#subject = subject
    this.#log = new BoundedLog(log, { map: (text) => this.#symbolicate(text) })
  }

  /** A line; `request`: the id of the one that it is about. */
  write(level: LogLevel, event: LogEvent, text: string, request?: string): void {
    const { name: tenant, version } = this.#subject
    this.#log.write({ level, tenant, version, request, event, text })
  }

  /** A failure that gets no line. */
  count(code: ErrorCode): void {
    this.#counts.failed(code)
  }

  /** A failure of the request with this id. */
  failed(code: ErrorCode, request: string, text = this.explain(code)): void {
    this.count(code)
    this.write('error', 'request-failed', text, request)
  }

  /** A request failed; what it asked for comes before the text. */
  failedExchange(code: ErrorCode, { id, method, url, run }: Exchange, text?: string): void {
    const what = run === undefined ? toRequestLine(method, url) : toRunName(run)
    this.failed(code, id, `${what}: ${text ?? this.explain(code, run !== undefined && !('kept' in run))}`)
  }

  /** A code, and the limit or the cause behind it. `isRun`: for what the clock sets off. */
  explain(code: ErrorCode, isRun = false): string {
    const why = (isRun ? this.#toWhyOfRun(code) : undefined) ?? this.#toWhy(code)
    return why === undefined ? code : `${code}: ${why}`
  }

  /** Places of the bundle, as a guest asks for them. */
  mapPlaces(places: string): string {
    return this.#map().mapPlaces(places)
  }

  /** A text with the places of the sources in its stacks. */
  #symbolicate(text: string): string {
    return hasPlaces(text) ? this.#map().symbolicate(text) : text
  }

  #map(): SourceMap {
    const { sourceMap } = this
    return (this.#openMap ??= openSourceMap(sourceMap && new TextDecoder().decode(sourceMap)))
  }

  #toWhyOfRun(code: ErrorCode): string | undefined {
    const { scheduledCpuMs, scheduledTurnMs, scheduledTimeoutMs } = this.#subject.limits
    const reasons: Partial<Record<ErrorCode, string>> = {
      APP_TIMEOUT: `not done within ${scheduledTimeoutMs} ms`,
      APP_CPU_LIMIT: `more than ${scheduledTurnMs} ms of processor time without a pause, or ${scheduledCpuMs} ms in all`,
      APP_BUSY: `waited ${scheduledTimeoutMs} ms for its turn`,
    }
    return reasons[code]
  }

  #toWhy(code: ErrorCode): string | undefined {
    const { timeoutMs, cpuMs, memoryMb, bufferMb, subrequests, tcpConnections, backgroundMs } =
      this.#subject.limits
    const reasons: Partial<Record<ErrorCode, string>> = {
      APP_TIMEOUT: `no response within ${timeoutMs} ms`,
      APP_CPU_LIMIT: `more than ${cpuMs} ms of processor time for a request`,
      APP_MEMORY_LIMIT: `no more room in ${memoryMb} MiB of memory`,
      APP_BUSY: `waited ${timeoutMs} ms for its turn`,
      APP_BUFFER_LIMIT: `more than ${bufferMb} MiB wait to be sent`,
      APP_SUBREQUEST_LIMIT: `more than ${subrequests} fetches for a request`,
      APP_CONNECTION_LIMIT: `${tcpConnections} TCP connections are open`,
      APP_BACKGROUND_LIMIT: `waitUntil went on for more than ${backgroundMs} ms after the response`,
      APP_HUNG: 'the handler waits for something that is never going to happen',
    }
    return reasons[code]
  }
}

function toRunName(run: Run): string {
  if ('batch' in run) return `queue ${run.batch.queue}, ${run.batch.messages.length} messages`
  if ('kept' in run) return 'bytes' in run.kept ? 'webSocketMessage' : 'webSocketClose'
  return 'alarm' in run ? 'alarm' : `scheduled ${run.cron}`
}
