/**
 * An app as an artifact: the Wasm OCI artifact layout of the CNCF, which has a single layer, the component. What else belongs
 * to an app stands beside it, and is named by an annotation of the manifest, so that the digest of the manifest, and whoever
 * signs that, stands for all of it:
 *
 *     manifest   config: application/vnd.wasm.config.v0+json    layers: [ application/wasm ]
 *        |       annotations: { dev.nano-workers.app: sha256:... }
 *        |                                               v
 *        |                                    the app's description: settings, and names of
 *        |                                    the source map and of files
 *     subject                                            ^        ^       ^
 *     companion  artifactType: application/vnd.nano-workers.app.v1+json   layers: those
 *
 * The companion is found by nobody who pulls: it keeps a registry from throwing away what only an annotation names, and
 * tools that copy an artifact with its referrers take all of it along. Pure.
 */

import { parseNewAssets } from '../assets/new-assets.ts'
import type { NewAssets } from '../assets/new-assets.ts'
import { isDigest } from '../config/oci-reference.ts'
import type { Digest } from '../config/oci-reference.ts'
import { NanoError } from '../errors.ts'
import { INDEX, invalidArtifact, isObject, MANIFEST, parseJson, parseManifest, show } from './manifest.ts'
import type { Descriptor, ImageManifest, IndexEntry } from './manifest.ts'

export const WASM = 'application/wasm'
export const WASM_CONFIG = 'application/vnd.wasm.config.v0+json'
const COMPANION = 'application/vnd.nano-workers.app.v1+json'
const DESCRIPTION = COMPANION
const SOURCE_MAP = 'application/vnd.nano-workers.source-map.v1+json'
const FILE = 'application/octet-stream'
const EMPTY = 'application/vnd.oci.empty.v1+json'
/** What an empty config is. */
export const EMPTY_CONFIG = Buffer.from('{}')
const APP = 'dev.nano-workers.app'
/** What tools write the layer to. */
const TITLE = 'org.opencontainers.image.title'

/** Of an app's description: its files have names of 1024 characters, and there may be 20,000 of them. */
export const MOST_DESCRIPTION = 8 * 1024 * 1024

/** Bytes by their name. */
export interface Named {
  readonly digest: Digest
  readonly size: number
}

/** What belongs to an app besides its component. */
export interface Description {
  /** What the app says of itself, as nano.json spells it. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined
  readonly sourceMap?: Named | undefined
  readonly assets?: NewAssets | undefined
}

/** The manifest's own: where the component is, and the description, if there is one. */
export interface AppManifest {
  readonly component: Descriptor
  readonly description: Digest | undefined
}

/** Of an index, the manifest that is a component's. Throws ARTIFACT_INVALID. */
export function chooseManifest(manifests: readonly IndexEntry[], name: string): IndexEntry {
  const own = manifests.filter(({ platform }) => platform?.architecture === 'wasm')
  const [found, other] = own.length === 0 ? manifests : own
  if (found === undefined || other !== undefined) {
    throw invalidArtifact(
      name,
      `expected an index with one manifest for "wasm", got ${manifests.length} manifests`,
    )
  }
  if (found.mediaType === INDEX) throw invalidArtifact(name, 'expected a manifest, got an index in an index')
  return found
}

/** Throws ARTIFACT_INVALID for what is no component. */
export function readAppManifest({ config, layers, annotations }: ImageManifest, name: string): AppManifest {
  const [component, more] = layers
  const isComponent = component?.mediaType === WASM && more === undefined
  if (config.mediaType !== WASM_CONFIG || !isComponent) {
    const got = layers.slice(0, 3).map(({ mediaType }) => mediaType)
    throw invalidArtifact(
      name,
      `expected ${WASM_CONFIG} with one layer ${WASM}, got ${show(config.mediaType)} with ${layers.length}: ${show(got)}; "nano-workers push" makes the former`,
    )
  }
  const description = annotations[APP]
  if (description !== undefined && !isDigest(description))
    throw invalidArtifact(name, `expected a digest in ${APP}, got ${show(description)}`)
  return { component, description }
}

/** Throws ARTIFACT_INVALID. */
export function readDescription(bytes: Uint8Array, name: string): Description {
  const { settings, sourceMap, assets } = parseJson(bytes, name)
  if (settings !== undefined && !isObject(settings))
    throw invalidArtifact(name, `expected an object "settings", got ${show(settings)}`)
  return {
    settings,
    sourceMap: sourceMap === undefined ? undefined : toNamed(sourceMap, name),
    assets: assets === undefined ? undefined : toAssets(assets, name),
  }
}

/** The text of a description, the same for the same. */
export function toDescriptionText(description: Description): Buffer {
  return Buffer.from(JSON.stringify(description))
}

/** `names`: of the component's world. `created`: in milliseconds since 1970. */
export function toConfigText(
  component: Digest,
  { imports, exports }: { readonly imports: readonly string[]; readonly exports: readonly string[] },
  created: number,
): Buffer {
  return Buffer.from(
    JSON.stringify({
      created: new Date(created).toISOString(),
      architecture: 'wasm',
      os: 'wasip2',
      layerDigests: [component],
      component: { exports, imports },
    }),
  )
}

export function toAppManifestText(
  { config, component, description }: { config: Named; component: Named; description: Digest | undefined },
  title: string,
): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { mediaType: WASM_CONFIG, ...pick(config) },
      layers: [{ mediaType: WASM, ...pick(component), annotations: { [TITLE]: title } }],
      ...(description === undefined ? {} : { annotations: { [APP]: description } }),
    }),
  )
}

/** What keeps the rest alive. */
export function toCompanionText(
  subject: Named,
  description: Named,
  { sourceMap, assets }: Description,
  emptyConfig: Named,
): Buffer {
  const files = new Map(
    Object.values(assets?.files ?? {}).map(({ hash, size }): [string, Descriptor] => [
      hash,
      { mediaType: FILE, digest: `sha256:${hash}`, size },
    ]),
  )
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      artifactType: COMPANION,
      config: { mediaType: EMPTY, ...pick(emptyConfig) },
      layers: [
        { mediaType: DESCRIPTION, ...pick(description) },
        ...(sourceMap === undefined ? [] : [{ mediaType: SOURCE_MAP, ...pick(sourceMap) }]),
        ...files.values(),
      ],
      subject: { mediaType: MANIFEST, ...pick(subject) },
    }),
  )
}

/** Reads the manifest that a reference leads to, of an image. Throws ARTIFACT_INVALID. */
export function readImage(bytes: Uint8Array, name: string): ImageManifest {
  const manifest = parseManifest(bytes, name)
  if (manifest.type === 'image') return manifest
  throw invalidArtifact(name, 'expected a manifest, got an index')
}

function toNamed(value: unknown, name: string): Named {
  const { digest, size } = isObject(value) ? value : {}
  if (isDigest(digest) && typeof size === 'number' && Number.isSafeInteger(size) && size >= 0)
    return { digest, size }
  throw invalidArtifact(name, `expected a digest and a size, got ${show(value)}`)
}

function toAssets(value: unknown, name: string): NewAssets {
  try {
    return parseNewAssets(JSON.stringify(value))
  } catch (cause) {
    throw cause instanceof NanoError ? invalidArtifact(name, cause.message) : cause
  }
}

function pick({ digest, size }: Named): Named {
  return { digest, size }
}
