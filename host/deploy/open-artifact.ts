/**
 * From a reference of a registry to a checked component, on the opener's thread: what is kept, or else what is pulled
 * (`pull-artifact.ts` has the states).
 */

import type { ArtifactStore } from '../artifacts/store.ts'
import type { PulledArtifact } from '../artifacts/pulled.ts'
import type { OciReference } from '../config/oci-reference.ts'
import { toRules } from '../config/oci-settings.ts'
import { NanoError, toNanoError } from '../errors.ts'
import type { Brought, OpenListener, SourceAccess, SplitComponent } from './open-component.ts'
import { openBytes } from './open-component.ts'
import { expectReference, isSignedAs } from './pull-artifact.ts'
import type { Pulled, Registries } from './pull-artifact.ts'
import { reduceSourceMap } from './read-source-map.ts'

export interface ArtifactContext {
  /** Undefined: nothing is kept. */
  readonly store: ArtifactStore | undefined
  readonly registries: Registries
  readonly listener: OpenListener
  readonly isServed: (engineHash: string) => boolean
  /** Where nothing is kept: what references have led to before. */
  readonly pinned: Map<string, string>
}

export interface ArtifactAsk {
  /** A reference. */
  readonly path: string
  readonly access: SourceAccess
  /** What is meant is what was there before. */
  readonly isAgain: boolean
}

/** What is kept of a reference, or has just been pulled. */
export interface FoundArtifact {
  readonly digest: string
  readonly settings: string | undefined
  /** JSON of the files that belong to it. */
  readonly assets: Uint8Array | undefined
  /** Its parts. */
  split(): Promise<SplitComponent>
}

/** Keeps what it pulls. */
export async function findArtifact(ask: ArtifactAsk, context: ArtifactContext): Promise<FoundArtifact> {
  const { access, path } = ask
  const { listener, store } = context
  const { oci } = access
  const reference = expectReference(path)
  listener.onInputs?.(toRules(oci ?? {}, reference).flatMap(({ keys }) => keys))
  const known = store?.pulled.find(path)
  const isGood = known !== undefined && isSignedAs(oci, reference, known.signedBy)
  if (isGood && (ask.isAgain || access.followsTag !== true)) return fromStore(known, context, ask)
  try {
    return await keep(await pull(reference, ask, context), ask, context)
  } catch (thrown) {
    const { code, message } = toNanoError(thrown)
    // signatures of what is kept have been checked, and what has never been pulled is not kept
    if (!isGood || code !== 'REGISTRY_UNREACHABLE') throw thrown
    listener.onWarning(`${message}; ${known.digest}, which it led to before, is served`)
    return fromStore(known, context, ask)
  }
}

async function pull(
  reference: OciReference,
  { access, isAgain, path }: ArtifactAsk,
  { listener, pinned, registries, store }: ArtifactContext,
): Promise<Pulled> {
  const before = isAgain ? pinned.get(path) : undefined
  const wanted = before === undefined ? reference : { ...reference, digest: before as `sha256:${string}` }
  const { isTrial, oci: settings } = access
  const pulled = await registries.pull(wanted, { settings, files: store?.files, isTrial })
  pinned.set(path, pulled.digest)
  listener.onPulled?.(`${path} is ${pulled.digest}, ${toSignedText(pulled.signedBy)}`)
  return pulled
}

async function keep(
  { sourceMap, settings, assets, ...pulled }: Pulled,
  ask: ArtifactAsk,
  context: ArtifactContext,
): Promise<FoundArtifact> {
  const { path: reference } = ask
  const { listener, store } = context
  const brought = { component: pulled.component, sourceMap: toMap(sourceMap, ask, context) }
  // what is no component is not kept
  const split = await open(brought, ask, context)
  const text = settings && JSON.stringify(settings)
  const files = assets && Buffer.from(JSON.stringify(assets))
  const { engineHash } = split
  try {
    store?.pulled.keep({ ...pulled, reference, sourceMap, settings: text, assets: files, engineHash })
  } catch (thrown) {
    if (!(thrown instanceof NanoError)) throw thrown
    listener.onWarning(`${reference}: it cannot be kept, and has to be pulled again: ${thrown.message}`)
  }
  return { digest: pulled.digest, settings: text, assets: files, split: () => Promise.resolve(split) }
}

function fromStore(known: PulledArtifact, context: ArtifactContext, ask: ArtifactAsk): FoundArtifact {
  const store = context.store!
  const { assets, component, digest, settings, sourceMap } = known
  return {
    digest,
    settings,
    assets: assets && store.read(assets),
    split: () => {
      const map = toMap(sourceMap && store.read(sourceMap), ask, context)
      return open({ component: store.read(component), sourceMap: map }, ask, context)
    },
  }
}

function toSignedText(signedBy: readonly string[]): string {
  if (signedBy.length === 0) return 'pulled'
  return `pulled, signed by the key ${signedBy.map((fingerprint) => fingerprint.slice(0, 12)).join(' and ')}`
}

function open(
  brought: Brought,
  { access: { isForeign }, path }: ArtifactAsk,
  { isServed, listener }: ArtifactContext,
): Promise<SplitComponent> {
  return openBytes(brought, path, listener, { isServed, isForeign })
}

function toMap(
  bytes: Uint8Array | undefined,
  { path }: ArtifactAsk,
  { listener }: ArtifactContext,
): string | undefined {
  return bytes && reduceSourceMap(bytes, (text) => listener.onWarning(`${path}: ${text}`))
}
