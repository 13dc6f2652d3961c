/**
 * What becomes of the messages of a batch, of what the app said of them and how its run ended. Pure.
 *
 *     said of it alone  >  said of all others  >  the run ended well: acknowledged, or not: given again
 *     given again: too often?  >  the dead letter queue, or gone
 */

import type { QueueConsumer } from '../config/app-queues.ts'
import type { Mark, RunOutcome } from '../cron/outcome.ts'
import type { ErrorCode } from '../errors.ts'
import type { Settlement } from '../storage/queue/queue-store.ts'

/** What of a message decides. */
export interface Given {
  readonly seq: number
  /** How often it was given, this time included. */
  readonly attempts: number
}

export interface Verdicts {
  readonly settlement: Settlement
  readonly acked: number
  readonly retried: number
  /** Failed too often. */
  readonly dead: number
}

/** The app has not begun them, for no fault of theirs: they are as if they had not been given. */
const NOT_BEGUN: ReadonlySet<ErrorCode | undefined> = new Set([
  'APP_BACKED_OFF',
  'APP_BUFFER_LIMIT',
  'APP_BUSY',
  'APP_REPLACED',
  'APP_UNAVAILABLE',
  'SHUTTING_DOWN',
])

const MS_PER_SECOND = 1000

/** Undefined: the app has not begun. */
export function toVerdicts(
  messages: readonly Given[],
  { code, marks }: Pick<RunOutcome, 'code' | 'marks'>,
  consumer: QueueConsumer,
): Verdicts | undefined {
  if (NOT_BEGUN.has(code) && marks.length === 0) return undefined
  const byMessage = new Map(marks.map((mark) => [mark.message, mark]))
  const ofOthers: Partial<Mark> = byMessage.get(undefined) ?? {
    verdict: code === undefined ? 'ack' : 'retry',
  }
  const acks: number[] = []
  const retries: { seq: number; delayMs: number; attempts: number }[] = []
  const seqs: number[] = []
  for (const [at, { seq, attempts }] of messages.entries()) {
    const { verdict, delayS } = byMessage.get(at) ?? ofOthers
    const delay = delayS ?? ofOthers.delayS ?? consumer.retryDelayS
    if (verdict === 'ack') acks.push(seq)
    else if (attempts > consumer.retries) seqs.push(seq)
    else retries.push({ seq, delayMs: delay * MS_PER_SECOND, attempts })
  }
  const { deadKey, retentionMs } = consumer
  const settlement =
    deadKey === undefined
      ? { acks: [...acks, ...seqs], retries }
      : { acks, retries, ...(seqs.length > 0 && { dead: { queue: deadKey, retentionMs, seqs } }) }
  return { settlement, acked: acks.length, retried: retries.length, dead: seqs.length }
}

/** They wait again, as if they had not been given. */
export function toReleased(messages: readonly Given[], delayMs: number): Settlement {
  const retries = messages.map(({ seq, attempts }) => ({ seq, delayMs, attempts: attempts - 1 }))
  return { acks: [], retries }
}
