/** What a server has room for, all apps together; it stands beside `port` in nano.json. */

import type { NumberRule } from './number-rule.ts'

/** What holds when nothing is given is less where there is no room for it (limits/address-space.ts). */
export const CAPACITY_RULES = {
  liveInstances: {
    range: [1, 16_000],
    initial: 2000,
    text: 'Live instances on each shard, all apps together. Beyond it the least recently used ones go that have nothing to do.',
  },
  imageCacheMb: {
    range: [1, 1_000_000],
    initial: 256,
    text: "The most MiB of apps' images that are kept in memory, for all shards together; the least recently used ones are read from the disk again.",
  },
} as const satisfies Record<string, NumberRule>
