/**
 * An app from a registry. The order keeps what is not trusted small: what a reference leads to, who signed it, and only then
 * what it holds.
 *
 *     tag or digest  >  manifest [ARTIFACT_UNKNOWN]  >  signed? [SIGNATURE_REFUSED]  >  of an index, its one manifest
 *       >  one component? [ARTIFACT_INVALID]  >  component  >  description  >  source map
 */

import type { NewAssets } from '../assets/new-assets.ts'
import { MAX_COMPONENT_BYTES } from '../component/read.ts'
import { toReferenceText } from '../config/oci-reference.ts'
import type { Digest, OciReference } from '../config/oci-reference.ts'
import { NanoError } from '../errors.ts'
import { chooseManifest, MOST_DESCRIPTION, readAppManifest, readDescription, readImage } from './artifact.ts'
import type { Description } from './artifact.ts'
import { parseManifest } from './manifest.ts'
import type { ImageManifest } from './manifest.ts'
import type { RegistryClient } from './registry-client.ts'

/** As of whatever else a source map comes from. */
const MOST_SOURCE_MAP = 32 * 1024 * 1024

/** An app, as an artifact has it. */
export interface PulledApp {
  readonly component: Buffer
  readonly sourceMap: Buffer | undefined
  readonly settings: Description['settings']
  /** Names of files; their bytes are pulled one by one. */
  readonly assets: NewAssets | undefined
}

/** What a reference leads to. */
export interface Resolved {
  /** Of what the reference leads to: an index, or the manifest. */
  readonly digest: Digest
  readonly manifest: ImageManifest
}

/**
 * `expectSigned`: is asked before anything but the manifest is read; rejects when it is not to be read. What the tag leads to is
 * said by the registry; what a digest does, by the digest.
 */
export async function resolveArtifact(
  client: RegistryClient,
  reference: OciReference,
  expectSigned: (digest: Digest) => Promise<void>,
): Promise<Resolved> {
  const name = toReferenceText(reference)
  const { bytes, digest } = await client.manifest(reference.digest ?? reference.tag!)
  await expectSigned(digest)
  const found = parseManifest(bytes, name)
  if (found.type === 'image') return { digest, manifest: found }
  const chosen = await client.manifest(chooseManifest(found.manifests, name).digest)
  return { digest, manifest: readImage(chosen.bytes, name) }
}

/** The app itself, but for its files. */
export async function pullApp(
  client: RegistryClient,
  { manifest }: Resolved,
  name: string,
): Promise<PulledApp> {
  const { component, description } = readAppManifest(manifest, name)
  const bytes = await client.blob(component, MAX_COMPONENT_BYTES)
  if (description === undefined)
    return { component: bytes, sourceMap: undefined, settings: undefined, assets: undefined }
  const described = await beside(name, () => client.blob({ digest: description }, MOST_DESCRIPTION))
  const { settings, assets, sourceMap } = readDescription(described, name)
  return {
    component: bytes,
    settings,
    assets,
    sourceMap: sourceMap && (await beside(name, () => client.blob(sourceMap, MOST_SOURCE_MAP))),
  }
}

/** What stands beside a component is not copied by tools that look at its layers alone. */
export async function beside<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (thrown) {
    if (!(thrown instanceof NanoError) || thrown.code !== 'ARTIFACT_UNKNOWN') throw thrown
    const next = 'copy it with what refers to it ("oras cp -r"), or push it there'
    throw new NanoError(
      thrown.code,
      `${name}: not all that belongs to it is there: ${thrown.message}; ${next}`,
      {
        cause: thrown,
      },
    )
  }
}
