/**
 * Artifacts that name another one as their subject: what the registry says of them, or, where it knows nothing of that, what
 * stands in an index under a tag that is made of the subject's digest (the fallback of the distribution specification).
 */

import type { Digest } from '../config/oci-reference.ts'
import { NanoError } from '../errors.ts'
import { toDigest, toHex } from './digest.ts'
import { INDEX, MANIFEST, parseManifest } from './manifest.ts'
import type { IndexEntry } from './manifest.ts'
import type { RegistryClient } from './registry-client.ts'

/** Those of a type. Rejects with ARTIFACT_INVALID for an index that is none. */
export async function listReferrers(
  client: RegistryClient,
  subject: Digest,
  artifactType: string,
): Promise<readonly IndexEntry[]> {
  const listed = (await client.referrers(subject)) ?? (await readFallback(client, subject))
  return toEntries(listed, subject).filter((entry) => entry.artifactType === artifactType)
}

/** Keep an artifact that names the subject, and have it found. */
export async function addReferrer(client: RegistryClient, subject: Digest, bytes: Buffer): Promise<void> {
  const digest = toDigest(bytes)
  const headers = await client.putManifest(digest, bytes, MANIFEST)
  // the registry keeps the list
  if (headers['oci-subject'] !== undefined) return
  const before = toEntries(await readFallback(client, subject), subject)
  if (before.some((entry) => entry.digest === digest)) return
  const { artifactType } = JSON.parse(bytes.toString()) as { artifactType: string }
  const entry = { mediaType: MANIFEST, artifactType, digest, size: bytes.length }
  const index = { schemaVersion: 2, mediaType: INDEX, manifests: [...before, entry] }
  await client.putManifest(toFallbackTag(subject), Buffer.from(JSON.stringify(index)), INDEX)
}

function toFallbackTag(subject: Digest): string {
  return `sha256-${toHex(subject)}`
}

async function readFallback(client: RegistryClient, subject: Digest): Promise<Buffer | undefined> {
  try {
    return (await client.manifest(toFallbackTag(subject))).bytes
  } catch (thrown) {
    if (thrown instanceof NanoError && thrown.code === 'ARTIFACT_UNKNOWN') return undefined
    throw thrown
  }
}

function toEntries(index: Buffer | undefined, subject: Digest): readonly IndexEntry[] {
  if (index === undefined) return []
  const found = parseManifest(index, `what refers to ${subject}`)
  return found.type === 'index' ? found.manifests : []
}
