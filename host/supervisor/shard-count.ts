/** How many shards there are. */

import { availableParallelism } from 'node:os'

import type { Config } from '../config/config.ts'
import type { LogEntry } from '../log/entry.ts'

/** Where several threads can listen on one port. */
const REUSE_PORT: ReadonlySet<string> = new Set(['linux', 'freebsd', 'sunos', 'aix'])

/** As many as the configuration says, or the machine has processors, where the system lets them share a port. */
export function toShardCount({ shards }: Config, log: (entry: Omit<LogEntry, 'time'>) => void): number {
  const wanted = shards ?? availableParallelism()
  const count = REUSE_PORT.has(process.platform) ? wanted : 1
  if (count < (shards ?? 1)) {
    log({ level: 'warn', text: `one shard instead of ${wanted}: threads cannot share a port on this system` })
  }
  return count
}
