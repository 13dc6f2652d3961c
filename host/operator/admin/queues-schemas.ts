/** What the admin API gives of queues. */

import { z } from '@hono/zod-openapi'

const QUEUE_STATE = z.object({
  queue: z.string(),
  messages: z.int().openapi({ description: 'Those included that are being worked at.' }),
  bytes: z.int(),
  oldest: z
    .int()
    .optional()
    .openapi({ description: 'When the oldest was sent, in milliseconds since 1970.' }),
  paused: z.boolean(),
  consumer: z
    .object({ delivered: z.int(), retried: z.int(), dead: z.int() })
    .optional()
    .openapi({ description: 'What became of messages since the start, if the app has a consumer of it.' }),
})

export const QUEUE_STATES = z.object({ queues: z.array(QUEUE_STATE) }).openapi('Queues')
