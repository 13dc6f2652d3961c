/** What a server has room for, all apps together; it stands beside `port` in nano.json. */

import type { NumberRule } from './number-rule.ts'

/** What holds when nothing is given is less where there is no room for it (limits/address-space.ts). */
export const CAPACITY_RULES = {
  liveInstances: {
    range: [1, 16_000],
    initial: 2000,
    text: 'Live instances on each shard, all apps together. Beyond it the least recently used ones go that have nothing to do.',
  },
  liveMemoryMb: {
    range: [1, 100_000_000],
    text: "The most MiB of live instances' memory on each shard, beyond which the same holds; unless given, the machine's memory over the shards.",
  },
  imageCacheMb: {
    range: [1, 1_000_000],
    initial: 256,
    text: "The most MiB of apps' images that are kept in memory, for all shards together; the least recently used ones are read from the disk again.",
  },
  cachesMb: {
    range: [1, 1_000_000],
    initial: 1024,
    text: "The most MiB that apps' own caches (caches.default, caches.open, fetches with cf.cacheTtl) take up, all apps together; those of the app that has not used them for the longest go.",
  },
} as const satisfies Record<string, NumberRule>
