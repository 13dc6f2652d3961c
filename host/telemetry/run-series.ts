/** What there is to be told of the calls that the clock makes. */

import { defined } from '../config/defined.ts'
import type { Label, Series } from './series.ts'

const MS_PER_SECOND = 1000

export const RUN_SERIES: readonly Series[] = [
  {
    name: 'nano_scheduled_runs_total',
    kind: 'counter',
    help: 'Calls of scheduled handlers by what came of them; missed: there was none when it was time; elsewhere: another host of the fleet has them.',
    labels: ['tenant', 'outcome'],
    *samples({ scheduled }) {
      for (const [app, { ok, failed, missed, elsewhere }] of scheduled) {
        for (const [outcome, value] of Object.entries(defined({ ok, failed, missed, elsewhere }))) {
          const labels: Label[] = [
            ['tenant', app],
            ['outcome', outcome],
          ]
          yield { labels, value }
        }
      }
    },
  },
  {
    name: 'nano_scheduled_run_seconds_total',
    kind: 'counter',
    help: 'How long calls of scheduled handlers took, together.',
    labels: ['tenant'],
    *samples({ scheduled }) {
      for (const [app, { ms }] of scheduled) yield { labels: [['tenant', app]], value: ms / MS_PER_SECOND }
    },
  },
]
