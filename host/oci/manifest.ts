/** Manifests of the OCI image specification: read with suspicion, and made. Pure. */

import { isDigest } from '../config/oci-reference.ts'
import type { Digest } from '../config/oci-reference.ts'
import { NanoError } from '../errors.ts'

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const INDEX = 'application/vnd.oci.image.index.v1+json'
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'

/** What is asked for. */
export const MANIFEST_TYPES = [MANIFEST, INDEX, DOCKER_MANIFEST, DOCKER_LIST]

/** More than an artifact of NANO with all files of an app has. */
const MOST_DESCRIPTORS = 25_000

export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
}

/** One that is not checked any further. */
export interface IndexEntry extends Descriptor {
  readonly platform?: { readonly architecture?: unknown; readonly os?: unknown }
}

export interface ImageManifest {
  readonly artifactType: string | undefined
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
  readonly annotations: Readonly<Record<string, string>>
  readonly subject: Descriptor | undefined
}

export type AnyManifest =
  | ({ readonly type: 'image' } & ImageManifest)
  | { readonly type: 'index'; readonly manifests: readonly IndexEntry[] }

/** Throws ARTIFACT_INVALID; errors have the name of what it is of. */
export function parseManifest(bytes: Uint8Array, name: string): AnyManifest {
  const json = parseJson(bytes, name)
  const { schemaVersion, manifests, config, layers = [], annotations, artifactType, subject } = json
  if (schemaVersion !== 2)
    throw invalidArtifact(name, `expected a manifest of version 2, got ${show(schemaVersion)}`)
  if (manifests !== undefined) {
    return { type: 'index', manifests: toList(manifests, name).map((each) => toDescriptor(each, name)) }
  }
  return {
    type: 'image',
    artifactType: typeof artifactType === 'string' ? artifactType : undefined,
    config: toDescriptor(config, name),
    layers: toList(layers, name).map((each) => toDescriptor(each, name)),
    annotations: toTexts(annotations),
    subject: subject === undefined ? undefined : toDescriptor(subject, name),
  }
}

/** A JSON object. Throws ARTIFACT_INVALID. */
export function parseJson(bytes: Uint8Array, name: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw invalidArtifact(name, 'expected JSON, got something else')
  }
  if (isObject(value)) return value
  throw invalidArtifact(name, 'expected a JSON object, got something else')
}

export function invalidArtifact(name: string, why: string): NanoError {
  return new NanoError('ARTIFACT_INVALID', `${name}: ${why}`)
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value of somebody else, for a message. */
export function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 80)
}

function toList(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalidArtifact(name, 'expected a list of descriptors')
  if (value.length <= MOST_DESCRIPTORS) return value
  throw invalidArtifact(name, `expected at most ${MOST_DESCRIPTORS} descriptors, got ${value.length}`)
}

function toDescriptor(value: unknown, name: string): IndexEntry {
  const { mediaType, digest, size, artifactType, annotations, platform } = isObject(value) ? value : {}
  if (typeof mediaType !== 'string' || mediaType.length > 255)
    throw invalidArtifact(name, `expected a descriptor with a mediaType, got ${show(value)}`)
  if (!isDigest(digest)) throw invalidArtifact(name, `expected a digest "sha256:...", got ${show(digest)}`)
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw invalidArtifact(name, `expected a size in bytes, got ${show(size)}`)
  return {
    mediaType,
    digest,
    size,
    annotations: toTexts(annotations),
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(isObject(platform) ? { platform } : {}),
  }
}

function toTexts(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(isObject(value) ? value : {})
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
