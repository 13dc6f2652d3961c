/**
 * How many instances a process has room for. Each has a memory, and V8 sets aside the same address space for every memory,
 * however large: what there is of it ends before the machine's own memory may.
 */
import { readFileSync } from 'node:fs'

import { CAPACITY_RULES } from '../config/capacity.ts'
import { NanoError } from '../errors.ts'

/** Memories that V8 has room for in a process of 47 bits, less what threads and engines take. */
const MOST = 16_000
/** What V8 sets aside for each. */
const BYTES_EACH = 8 * 1024 ** 3
const LIMIT = /^Max address space +(\d+)/m

/** Live instances that a process has room for. `limits`: as Linux tells of the process; elsewhere nothing is known. */
export function toRoom(limits = readLimits()): number {
  const [, bytes] = LIMIT.exec(limits) ?? []
  return bytes === undefined ? MOST : Math.max(1, Math.min(MOST, Math.floor(Number(bytes) / BYTES_EACH)))
}

/** How many live instances each of so many shards may have. Throws CONFIG_INVALID for more than there is room for. */
export function toLiveInstances(wanted: number | undefined, shards: number, room = toRoom()): number {
  const most = Math.max(1, Math.floor(room / shards))
  if (wanted === undefined) return Math.min(CAPACITY_RULES.liveInstances.initial, most)
  if (wanted <= most) return wanted
  throw new NanoError(
    'CONFIG_INVALID',
    `live_instances: expected at most ${most}, for the process has address space for ${room} instances on ` +
      `${shards} shards, got ${wanted}. Give less, have fewer shards, or lift the limit of its address space (ulimit -v).`,
  )
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return ''
  }
}
