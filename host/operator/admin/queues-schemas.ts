/** What the admin API takes and gives of queues. */

import { z } from '@hono/zod-openapi'

import { NAME } from './schemas.ts'

const MOST_PEEKED = 100

export const QUEUE = NAME.extend({ queue: z.string().openapi({ param: { name: 'queue', in: 'path' } }) })

export const PEEK_QUERY = z.object({
  limit: z.coerce
    .number()
    .pipe(z.int().min(1).max(MOST_PEEKED))
    .default(10)
    .openapi({ description: 'The most messages.' }),
})

export const DELIVERY = z
  .object({ paused: z.boolean().openapi({ description: 'Nothing is given, until it says false.' }) })
  .openapi('Delivery')

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

const QUEUED_MESSAGE = z.object({
  id: z.string(),
  sent: z.int().openapi({ description: 'Milliseconds since 1970.' }),
  attempts: z.int().openapi({ description: 'How often it was given.' }),
  type: z.string().openapi({ description: 'json, text, bytes or v8.' }),
  body: z.string().optional().openapi({ description: 'Of json and text.' }),
  body_base64: z.string().optional().openapi({ description: 'Of the others.' }),
})

export const MESSAGES = z.object({ messages: z.array(QUEUED_MESSAGE) }).openapi('Messages')
