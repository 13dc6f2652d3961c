/**
 * Artifacts that no version of an app names go from the fleet's bucket. What is named is looked at after what there is, so that a
 * change in between can only name more; what is not named, and was put long ago, goes by compare-and-set: whoever is about to
 * name something old puts it once more before (artifacts.ts), and then it is not what was looked at. Parts of what never came
 * to its end go as well.
 */

import type { ContentHash } from '../artifacts/blobs.ts'
import type { ArtifactName, FleetArtifacts, KeptArtifact } from './artifacts.ts'

const NAMED = /[0-9a-f]{64}/g
/** In an entry a text has other quotes. */
const ASSETS = /"assets":"([0-9a-f]{64})"/g

export interface SweepOptions {
  readonly artifacts: FleetArtifacts
  /** What is said of each app, as it is now. */
  readonly entries: () => Promise<readonly string[]>
  /** Hashes of the files that this says. Rejects when it cannot be read. */
  readonly filesOf: (assets: ContentHash) => Promise<readonly string[]>
}

/** Gives how many went. `before`: what was put later stays; milliseconds since 1970. */
export async function sweep({ artifacts, entries, filesOf }: SweepOptions, before: number): Promise<number> {
  const unfinished = await artifacts.removeUnfinished(before)
  const kept = await artifacts.list()
  const old = kept.filter(({ putAt }) => putAt < before)
  if (old.length === 0) return unfinished
  const named = await toNamed(await entries(), kept, filesOf)
  let count = unfinished
  for (const artifact of old) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    if (!named.has(artifact.name) && (await artifacts.remove(artifact))) count++
  }
  return count
}

async function toNamed(
  entries: readonly string[],
  kept: readonly KeptArtifact[],
  filesOf: SweepOptions['filesOf'],
): Promise<ReadonlySet<ArtifactName>> {
  const hashes = new Set(entries.flatMap((entry) => entry.match(NAMED) ?? []))
  const bases = new Map(kept.map(({ name, base }) => [name, base]))
  const named = new Set<ArtifactName>()
  // a set that grows is walked to its end
  for (const hash of hashes) {
    named.add(`blob/${hash}`)
    const base = bases.get(`blob/${hash}`)
    if (base !== undefined) hashes.add(base)
  }
  const assets = new Set(entries.flatMap((entry) => [...entry.matchAll(ASSETS)].map(([, hash]) => hash!)))
  for (const hash of assets) {
    // oxlint-disable-next-line no-await-in-loop
    for (const file of await filesOf(hash as ContentHash)) named.add(`file/${file}`)
  }
  return named
}
