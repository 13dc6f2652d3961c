/**
 * Which shard is an app's home: rendezvous hashing (Thaler and Ravishankar 1998). Each shard has a weight for the app, and
 * the heaviest of those that are there is its home. Pure.
 *
 * Holds: who knows of the same shards names the same home. When a shard goes, its apps alone move, to all of the others;
 * when it comes back, they do.
 */

import { hash } from 'node:crypto'

/** An app's part of its weights. */
export function toHomeKey(app: string): number {
  return hash('sha256', app, 'buffer').readUInt32BE(0)
}

/** Of these shards, by their places, the one that is the home. There must be one at least. */
export function homeOf(key: number, shards: Iterable<number>): number {
  let home = -1
  let most = -1
  for (const shard of shards) {
    const weight = toWeight(key, shard)
    if (weight < most || (weight === most && shard > home)) continue
    most = weight
    home = shard
  }
  return home
}

/** The finalizer of MurmurHash3, in which each bit of the input flips half of the output's. */
function toWeight(key: number, shard: number): number {
  let bits = key ^ Math.imul(shard + 1, 0x9e_37_79_b1)
  bits = Math.imul(bits ^ (bits >>> 16), 0x85_eb_ca_6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2_b2_ae_35)
  return (bits ^ (bits >>> 16)) >>> 0
}
