/**
 * Signatures of artifacts, stored as cosign stores them: a manifest under a tag that is made of the digest, or artifacts that
 * name it as their subject. Whoever may write to a repository may write those, so nothing of them counts but what a key of the
 * operator's has signed.
 */

import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

import { toRules } from '../config/oci-settings.ts'
import type { OciSettings } from '../config/oci-settings.ts'
import type { Digest, OciReference } from '../config/oci-reference.ts'
import { NanoError } from '../errors.ts'
import { toDigest, toHex } from './digest.ts'
import { isSignedBy, readPublicKey, signBytes } from './keys.ts'
import type { PublicKey } from './keys.ts'
import { MANIFEST, parseManifest } from './manifest.ts'
import type { Descriptor } from './manifest.ts'
import { listReferrers } from './referrers.ts'
import type { RegistryClient } from './registry-client.ts'
import { BUNDLE, fromBundle, fromPayload, SIGNATURE, SIMPLE_SIGNING, toPayload } from './statements.ts'
import type { Signed } from './statements.ts'

const MOST_PAYLOAD = 64 * 1024
const MOST_BUNDLE = 1024 * 1024
/** Somebody may have put any number of them there. */
const MOST_SIGNATURES = 50
const IMAGE_CONFIG = 'application/vnd.oci.image.config.v1+json'

/** Names of the keys that the operator demands of a reference: of each list, one. Throws CONFIG_INVALID. */
export function toDemanded(
  settings: OciSettings,
  reference: OciReference,
): readonly (readonly PublicKey[])[] {
  return toRules(settings, reference).map(({ keys }) => keys.map(readPublicKey))
}

/**
 * Gives fingerprints of keys that have signed it, one for each list. Rejects with SIGNATURE_REFUSED when one is missing.
 */
export async function expectSigned(
  client: RegistryClient,
  { digest, name }: { readonly digest: Digest; readonly name: string },
  demanded: readonly (readonly PublicKey[])[],
): Promise<readonly string[]> {
  if (demanded.length === 0) return []
  const all = await findSigned(client, digest)
  return demanded.map((keys) => {
    const found = keys.find(({ key }) => all.some((signed) => isStatedBy(signed, key, digest)))
    if (found !== undefined) return found.fingerprint
    const files = keys.map(({ file }) => file).join(', ')
    throw new NanoError(
      'SIGNATURE_REFUSED',
      `${name}: expected a signature of ${digest} by ${files}, got ${all.length === 0 ? 'none' : `${all.length} of others`}; "nano-workers push --sign" and "cosign sign --key" make them`,
    )
  })
}

/** Sign what is there, beside signatures of others. */
export async function addSignature(
  client: RegistryClient,
  { digest, name }: { readonly digest: Digest; readonly name: string },
  key: KeyObject,
): Promise<void> {
  const payload = toPayload(digest, name)
  const before = await readLayers(client, digest)
  if (before.some((layer) => isOwn(layer, payload, key))) return
  const signature = signBytes(payload, key).toString('base64')
  const layer = {
    mediaType: SIMPLE_SIGNING,
    digest: await client.putBlob(payload),
    size: payload.length,
    annotations: { [SIGNATURE]: signature },
  }
  const layers = [...before, layer]
  const config = Buffer.from(
    JSON.stringify({
      architecture: '',
      os: '',
      config: {},
      rootfs: { type: 'layers', diff_ids: layers.map((each) => each.digest) },
    }),
  )
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: IMAGE_CONFIG, digest: await client.putBlob(config), size: config.length },
    layers,
  }
  await client.putManifest(toTag(digest), Buffer.from(JSON.stringify(manifest)), MANIFEST)
}

/** Whether the key has signed these bytes already. */
function isOwn({ digest, annotations }: Descriptor, payload: Buffer, key: KeyObject): boolean {
  const signature = annotations?.[SIGNATURE]
  if (signature === undefined || digest !== toDigest(payload)) return false
  return isSignedBy(payload, Buffer.from(signature, 'base64'), createPublicKey(key))
}

function isStatedBy({ bytes, signatures, states }: Signed, key: KeyObject, digest: Digest): boolean {
  return signatures.some((signature) => isSignedBy(bytes, signature, key)) && states(digest)
}

/** Those of both forms. What cannot be read is none. */
async function findSigned(client: RegistryClient, digest: Digest): Promise<readonly Signed[]> {
  const found: Signed[] = []
  for (const { digest: blob, size, annotations } of (await readLayers(client, digest)).slice(
    -MOST_SIGNATURES,
  )) {
    const signature = annotations?.[SIGNATURE]
    if (signature === undefined || size > MOST_PAYLOAD) continue
    // oxlint-disable-next-line no-await-in-loop -- a few
    const payload = await orNothing(() => client.blob({ digest: blob, size }, MOST_PAYLOAD))
    if (payload !== undefined) found.push(fromPayload(payload, signature))
  }
  const bundles = (await orNothing(() => listReferrers(client, digest, BUNDLE))) ?? []
  for (const bundle of bundles.slice(-MOST_SIGNATURES)) {
    // oxlint-disable-next-line no-await-in-loop
    const signed = await orNothing(() => readBundle(client, bundle))
    if (signed !== undefined) found.push(signed)
  }
  return found
}

async function readBundle(client: RegistryClient, { digest }: Descriptor): Promise<Signed | undefined> {
  const { bytes } = await client.manifest(digest)
  const manifest = parseManifest(bytes, digest)
  const layer =
    manifest.type === 'image' ? manifest.layers.find(({ mediaType }) => mediaType === BUNDLE) : undefined
  return layer && fromBundle(await client.blob(layer, MOST_BUNDLE))
}

async function readLayers(client: RegistryClient, digest: Digest): Promise<readonly Descriptor[]> {
  const manifest = await orNothing(async () => {
    const { bytes } = await client.manifest(toTag(digest))
    return parseManifest(bytes, toTag(digest))
  })
  return manifest?.type === 'image' ? manifest.layers : []
}

/** A signature that is not there, or no good, proves nothing; a registry that is not there is something else. */
async function orNothing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (thrown) {
    const { code } = thrown as NanoError
    if (code === 'REGISTRY_UNREACHABLE' || code === 'REGISTRY_DENIED' || !(thrown instanceof NanoError))
      throw thrown
    return undefined
  }
}

function toTag(digest: Digest): string {
  return `sha256-${toHex(digest)}.sig`
}
