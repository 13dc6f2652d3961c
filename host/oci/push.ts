/**
 * An app to a registry, blobs first: what a tag leads to is there as a whole, or not at all.
 *
 *     component, source map, files, description  >  config  >  manifest, under its tag  >  companion, for what stands beside
 *
 * The same app gives the same digest, whenever it is pushed.
 */

import { readWorldNames } from '../component/world-names.ts'
import { toReferenceText } from '../config/oci-reference.ts'
import type { Digest, OciReference } from '../config/oci-reference.ts'
import {
  EMPTY_CONFIG,
  toAppManifestText,
  toCompanionText,
  toConfigText,
  toDescriptionText,
} from './artifact.ts'
import type { Description, Named } from './artifact.ts'
import { toDigest } from './digest.ts'
import { MANIFEST } from './manifest.ts'
import { addReferrer } from './referrers.ts'
import type { RegistryClient } from './registry-client.ts'

export interface NewArtifact {
  readonly component: Uint8Array
  readonly sourceMap: Uint8Array | undefined
  readonly settings: Description['settings']
  readonly assets: Description['assets']
  /** The bytes of a file of `assets`. */
  readonly readFile: (hash: string) => Uint8Array
  /** In milliseconds since 1970. */
  readonly created: number
}

/** Gives the digest. `onStep`: told what happens. */
export async function pushApp(
  client: RegistryClient,
  reference: OciReference & { readonly tag: string },
  artifact: NewArtifact,
  onStep: (text: string) => void,
): Promise<Digest> {
  const { component, sourceMap, settings, assets, created, readFile } = artifact
  const names = readWorldNames(component)
  onStep(`pushing the component, ${component.length} bytes`)
  const pushed = { component: await put(client, component) }
  const hashes = [...new Set(Object.values(assets?.files ?? {}).map(({ hash }) => hash))]
  for (const [index, hash] of hashes.entries()) {
    onStep(`pushing files, ${index + 1} of ${hashes.length}`)
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await client.putBlob(readFile(hash))
  }
  const described: Description = {
    settings,
    sourceMap: sourceMap && (await put(client, sourceMap)),
    assets,
  }
  const isDescribed = settings !== undefined || sourceMap !== undefined || assets !== undefined
  const description = isDescribed ? await put(client, toDescriptionText(described)) : undefined
  const config = await put(client, toConfigText(pushed.component.digest, names, created))
  const title = `${reference.repository.split('/').at(-1)}.wasm`
  const text = toAppManifestText({ ...pushed, config, description: description?.digest }, title)
  onStep(`pushing ${toReferenceText(reference)}`)
  await client.putManifest(reference.tag, text, MANIFEST)
  const subject = toNamed(text)
  if (description !== undefined) {
    const companion = toCompanionText(subject, description, described, await put(client, EMPTY_CONFIG))
    await addReferrer(client, subject.digest, companion)
  }
  return subject.digest
}

async function put(client: RegistryClient, bytes: Uint8Array): Promise<Named> {
  await client.putBlob(bytes)
  return toNamed(bytes)
}

function toNamed(bytes: Uint8Array): Named {
  return { digest: toDigest(bytes), size: bytes.length }
}
