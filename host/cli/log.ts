/**
 * The server's log on stderr, as people read it or as JSON lines, and beside it the progress of what takes seconds: a
 * line that is redrawn on a terminal, an entry like any other where lines are JSON.
 */

import { toLogEntry } from '../log/entry.ts'
import type { LogEntry } from '../log/entry.ts'
import { LOG_FORMATS } from '../log/line.ts'
import type { LogFormat } from '../log/line.ts'
import { LogSink } from './log-sink.ts'
import { Progress, toStepText } from './progress.ts'
import type { Step } from './progress.ts'
import { usage } from './usage.ts'

const FORMAT = 'NANO_LOG_FORMAT'

export class Log {
  readonly #sink: LogSink
  /** Undefined: steps are entries. */
  readonly #progress: Progress | undefined

  constructor(out: NodeJS.WriteStream, format: LogFormat) {
    this.#sink = new LogSink(out, format)
    this.#progress = format === 'json' ? undefined : new Progress(out)
  }

  write(entry: LogEntry): void {
    this.#progress?.clear()
    this.#sink.write(entry)
  }

  /** A step begins. */
  show(step: Step): void {
    if (this.#progress === undefined) this.write(toLogEntry({ level: 'info', text: toStepText(step) }))
    else this.#progress.show(step)
  }

  /** The last step is done. */
  clear(): void {
    this.#progress?.clear()
  }

  [Symbol.dispose](): void {
    this.clear()
  }
}

/** What the environment asks for: text unless it says otherwise. */
export function readFormat(env: NodeJS.ProcessEnv): LogFormat {
  const wanted = env[FORMAT] ?? ''
  if (wanted === '') return 'text'
  const format = LOG_FORMATS.find((each) => each === wanted)
  if (format !== undefined) return format
  throw usage(`${FORMAT}: expected "text", "json" or "apache", got ${JSON.stringify(wanted)}`)
}
