/** What there is to be told of the fleet that the host belongs to; nothing, where it belongs to none. */

import type { Series } from './series.ts'
import type { FleetCounts } from './snapshot.ts'

function ofFleet(name: string, help: string, toValue: (fleet: FleetCounts) => number): Series {
  return {
    name,
    kind: 'gauge',
    help,
    labels: [],
    samples: ({ fleet }) => (fleet === undefined ? [] : [{ labels: [], value: toValue(fleet) }]),
  }
}

export const FLEET_SERIES: readonly Series[] = [
  ofFleet(
    'nano_fleet_watching',
    'Whether the host is told of each change of its fleet: 0 while NATS cannot be reached.',
    ({ isWatching }) => Number(isWatching),
  ),
  ofFleet('nano_fleet_revision', 'The last change of the fleet that the host knows.', ({ last }) => last),
  ofFleet(
    'nano_fleet_converged_revision',
    'The host is as the fleet wants it up to this change, but for what failed.',
    ({ revision }) => revision,
  ),
  {
    name: 'nano_fleet_links',
    kind: 'gauge',
    help: 'Links to other hosts, over which apps call one another.',
    labels: ['shard'],
    *samples({ reports }) {
      for (const [name, { links }] of reports)
        if (links !== undefined) yield { labels: [['shard', name.replace('shard ', '')]], value: links }
    },
  },
  ofFleet(
    'nano_fleet_failed_apps',
    'Apps that are not as the fleet wants them, because that failed.',
    ({ failed }) => failed,
  ),
]
