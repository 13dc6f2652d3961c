/** What a wrangler file says of queues, as nano.json spells it. */

import { isObject } from './file.ts'
import type { WranglerJson } from './file.ts'
import type { Say } from './say.ts'

const PRODUCER = ['binding', 'queue', 'delivery_delay']
const CONSUMER = [
  'queue',
  'max_batch_size',
  'max_batch_timeout',
  'max_retries',
  'retry_delay',
  'dead_letter_queue',
  'max_concurrency',
]
/** Of a consumer that asks by HTTP, and of what is elsewhere. */
const QUIET = new Set(['type', 'visibility_timeout_ms', 'remote'])

/** `queues`, where the file has it. */
export function toQueues({ queues }: WranglerJson, say: Say): WranglerJson {
  if (queues === undefined) return {}
  if (!isObject(queues)) return { queues }
  const { producers, consumers } = queues
  if ([producers, consumers].every((each) => isList(each) && each.length === 0)) return {}
  const pulled = isList(consumers) ? consumers.filter(isPulled) : []
  for (const each of pulled)
    say('queues', `the consumer of ${String(each['queue'])} asks by HTTP (http_pull), which is not served`)
  return {
    queues: {
      ...(producers === undefined ? {} : { producers: pickAll(producers, PRODUCER, say) }),
      ...(consumers === undefined
        ? {}
        : {
            consumers: isList(consumers)
              ? pickAll(
                  consumers.filter((each) => !isPulled(each)),
                  CONSUMER,
                  say,
                )
              : consumers,
          }),
    },
  }
}

const isList = (value: unknown): value is unknown[] => Array.isArray(value)
const isPulled = (value: unknown): value is WranglerJson => isObject(value) && value['type'] === 'http_pull'

function pickAll(list: unknown, names: readonly string[], say: Say): unknown {
  if (!isList(list)) return list
  return list.map((each) => {
    if (!isObject(each)) return each
    const given = Object.entries(each).filter(([, value]) => value !== null && value !== undefined)
    const others = given.map(([name]) => name).filter((name) => !names.includes(name) && !QUIET.has(name))
    if (others.length > 0) say('queues', `${others.join(', ')} is not taken; known are ${names.join(', ')}`)
    return Object.fromEntries(given.filter(([name]) => names.includes(name)))
  })
}
