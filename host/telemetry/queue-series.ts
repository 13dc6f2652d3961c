/** What there is to be told of queues. */

import type { QueueStatus } from '../queues/queues.ts'
import type { Label, Series } from './series.ts'

const MS_PER_SECOND = 1000

function ofState(name: string, help: string, toValue: (state: QueueStatus['state']) => number): Series {
  return {
    name,
    kind: 'gauge',
    help,
    labels: ['tenant', 'queue'],
    *samples({ queues }) {
      for (const status of queues) yield { labels: toLabels(status), value: toValue(status.state) }
    },
  }
}

function toLabels({ app, queue }: QueueStatus): Label[] {
  return [
    ['tenant', app],
    ['queue', queue],
  ]
}

export const QUEUE_SERIES: readonly Series[] = [
  ofState(
    'nano_queue_messages',
    'Messages that a queue holds, those included that are being worked at.',
    ({ count }) => count,
  ),
  ofState('nano_queue_bytes', 'Bytes that a queue holds.', ({ bytes }) => bytes),
  ofState(
    'nano_queue_waiting_seconds',
    'How long the message of a queue has waited whose time came first.',
    ({ due }) => (due === undefined ? 0 : Math.max(0, Date.now() - due) / MS_PER_SECOND),
  ),
  {
    name: 'nano_queue_deliveries_total',
    kind: 'counter',
    help: 'Messages that the app was given, by what became of them; dead: they failed too often.',
    labels: ['tenant', 'queue', 'outcome'],
    *samples({ queues }) {
      for (const status of queues) {
        for (const [outcome, value] of Object.entries(status.counts ?? {}))
          yield { labels: [...toLabels(status), ['outcome', outcome]], value }
      }
    },
  },
]
