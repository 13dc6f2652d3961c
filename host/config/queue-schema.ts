/** The keys of an app's settings for queues: which of them it sends to, and which it is given messages of. */

import * as z from 'zod'

import { BINDING_NAME } from './config.ts'
import { closed, expected, flag, integer, list, textLike } from './values.ts'

const QUEUE_NAME = /^[^\p{Cc}\p{Cs}]{1,128}$/u
const DAY_S = 86_400
/** A list that no person writes. */
const MOST_CONSUMERS = 100

const queueName = (description: string) =>
  textLike(QUEUE_NAME, 'at most 128 characters, none of them a control character').meta({ description })

const seconds = (most: number, description: string, initial = 0) =>
  integer({ range: [0, most] })
    .meta({ default: initial, description })
    .exactOptional()

const producer = {
  binding: textLike(BINDING_NAME, 'letters, digits, "_" and "$", not first a digit').meta({
    description: 'Its name in env.',
  }),
  queue: queueName('Names the queue among those of the app.'),
  delivery_delay: seconds(DAY_S, 'Seconds until a message is given, unless it says so itself.'),
}

const consumer = {
  queue: queueName(
    'Names the queue among those of the app, which has its messages given to its queue handler.',
  ),
  max_batch_size: integer({ range: [1, 100] })
    .meta({ default: 10, description: 'The most messages of a batch.' })
    .exactOptional(),
  max_batch_timeout: seconds(60, 'Seconds that the first message of a batch waits for others.', 5),
  max_retries: integer({ range: [0, 100] })
    .meta({ default: 3, description: 'How often a message is given again that failed.' })
    .exactOptional(),
  retry_delay: seconds(DAY_S, 'Seconds until it is given again.'),
  dead_letter_queue: queueName(
    'The queue of the app that a message goes to which failed too often; it is gone unless given.',
  ).exactOptional(),
  max_concurrency: integer({ range: [1, 250] })
    .meta({ default: 10, description: 'The most batches that the app works at at once.' })
    .exactOptional(),
}

/** What only the operator may say. */
const shared = {
  shared: flag()
    .meta({
      default: false,
      description:
        "Every app of this file that says so of the same queue has the same one, its dead letters included. Else it is the app's alone.",
    })
    .exactOptional(),
}

function queues<Producer extends z.ZodType, Consumer extends z.ZodType<{ readonly queue: string }>>(
  producers: Producer,
  consumers: Consumer,
) {
  return closed({
    producers: list(producers)
      .meta({ description: 'Queues that the app finds in its env, to send to.' })
      .exactOptional(),
    consumers: list(consumers)
      .max(MOST_CONSUMERS, { error: expected(`at most ${MOST_CONSUMERS} consumers`) })
      .superRefine((all, context) => {
        for (const [index, { queue }] of all.entries()) {
          if (all.findIndex((each) => each.queue === queue) === index) continue
          const message = expected('a queue that no other consumer of the app has')({ input: queue })
          context.addIssue({ code: 'custom', path: [index, 'queue'], message })
        }
      })
      .meta({ description: 'Queues whose messages the app is given.' })
      .exactOptional(),
  })
    .meta({ description: 'Queues of the app.' })
    .exactOptional()
}

/** Of an app that is deployed. */
export const OWN_QUEUES = { queues: queues(closed(producer), closed(consumer)) }

/** Of an app of nano.json. */
export const SHARED_QUEUES = {
  queues: queues(closed({ ...producer, ...shared }), closed({ ...consumer, ...shared })),
}
