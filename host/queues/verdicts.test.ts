import { describe, test } from 'vitest'

import type { QueueConsumer } from '../config/app-queues.ts'
import type { Mark } from '../cron/outcome.ts'
import { toReleased, toVerdicts } from './verdicts.ts'

const CONSUMER: QueueConsumer = {
  queue: 'q',
  key: 'k',
  batchSize: 10,
  batchTimeoutMs: 0,
  retries: 2,
  retryDelayS: 5,
  concurrency: 1,
  retentionMs: 1000,
}
const MESSAGES = [1, 2, 3].map((seq) => ({ seq, attempts: 1 }))
const mark = (message: number | undefined, verdict: Mark['verdict'], delayS?: number): Mark => ({
  message,
  verdict,
  delayS,
})
const retry = (seq: number, delayMs = 5000) => ({ seq, delayMs, attempts: 1 })

describe('toVerdicts', () => {
  test('a run that ends well acknowledges, one that does not has them given again', ({ expect }) => {
    expect(toVerdicts(MESSAGES, { code: undefined, marks: [] }, CONSUMER)).toEqual({
      settlement: { acks: [1, 2, 3], retries: [] },
      acked: 3,
      retried: 0,
      dead: 0,
    })
    expect(toVerdicts(MESSAGES, { code: 'APP_THREW', marks: [] }, CONSUMER)).toMatchObject({
      settlement: { acks: [], retries: [retry(1), retry(2), retry(3)] },
      retried: 3,
    })
  })

  test('what is said of one comes before what is said of all, and that before how the run ended', ({
    expect,
  }) => {
    const some = [mark(0, 'ack'), mark(1, 'retry', 9)]
    expect(toVerdicts(MESSAGES, { code: 'APP_THREW', marks: some }, CONSUMER)!.settlement).toEqual({
      acks: [1],
      retries: [retry(2, 9000), retry(3)],
    })
    const all = [mark(0, 'ack'), mark(1, 'retry'), mark(undefined, 'retry', 7)]
    expect(toVerdicts(MESSAGES, { code: undefined, marks: all }, CONSUMER)!.settlement).toEqual({
      acks: [1],
      retries: [retry(2, 7000), retry(3, 7000)],
    })
    const acked = [mark(1, 'retry'), mark(undefined, 'ack')]
    expect(toVerdicts(MESSAGES, { code: 'APP_THREW', marks: acked }, CONSUMER)!.settlement).toEqual({
      acks: [1, 3],
      retries: [retry(2)],
    })
  })

  test('what has failed too often goes to the dead letter queue, or is gone', ({ expect }) => {
    const messages = [
      { seq: 1, attempts: 2 },
      { seq: 2, attempts: 3 },
    ]
    const outcome = { code: 'APP_THREW', marks: [] } as const
    expect(toVerdicts(messages, outcome, CONSUMER)).toEqual({
      settlement: { acks: [2], retries: [{ seq: 1, delayMs: 5000, attempts: 2 }] },
      acked: 0,
      retried: 1,
      dead: 1,
    })
    expect(toVerdicts(messages, outcome, { ...CONSUMER, deadKey: 'd' })!.settlement).toEqual({
      acks: [],
      retries: [{ seq: 1, delayMs: 5000, attempts: 2 }],
      dead: { queue: 'd', retentionMs: 1000, seqs: [2] },
    })
  })

  test('what the app has not begun was not given', ({ expect }) => {
    expect(toVerdicts(MESSAGES, { code: 'APP_BUSY', marks: [] }, CONSUMER)).toBeUndefined()
    expect(toReleased(MESSAGES, 100).retries[0]).toEqual({ seq: 1, delayMs: 100, attempts: 0 })
    // it has begun, and said something, when it was cut
    expect(
      toVerdicts(MESSAGES, { code: 'APP_REPLACED', marks: [mark(0, 'ack')] }, CONSUMER)!.settlement.acks,
    ).toEqual([1])
  })
})
