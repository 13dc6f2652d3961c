/** What shards are told of a configuration, and again when it changes. */

import type { Config } from '../config/config.ts'
import { toLiveInstances } from '../limits/address-space.ts'
import { toMachineMb } from '../limits/machine-memory.ts'
import type { ShardSettings } from './messages.ts'

/** `count`: how many shards there are. */
export function toShardSettings(
  { connectionLimits, accessLog = false, trustedProxies = [], ...config }: Config,
  count: number,
  { tls, durable }: Pick<ShardSettings, 'tls' | 'durable'>,
): ShardSettings {
  const { liveMemoryMb = toMachineMb() / count } = config
  return {
    connectionLimits,
    trustedProxies,
    liveInstances: toLiveInstances(config.liveInstances, count),
    liveMemoryMb,
    logsRequests: accessLog,
    tls,
    durable,
  }
}
