/**
 * Apps of registries, for the opener's thread: pulled once, and kept where deployed apps are.
 *
 *     a reference  --kept, and signed as it has to be now-->  served, and no registry is asked
 *                  --not kept, another key is demanded, its tag is followed-->  asked  --it is there-->  kept, served
 *                                                                 --nobody answers-->  what is kept, if that is signed
 *
 * A registry that does not answer is not asked again for a while, so that a thousand apps of one that is dead fail at once.
 */

import type { AssetFiles } from '../artifacts/asset-files.ts'
import { parseReference, REFERENCE_FORM, toReferenceText } from '../config/oci-reference.ts'
import type { Digest, OciReference } from '../config/oci-reference.ts'
import { DEFAULT_PULL_MS } from '../config/oci-settings.ts'
import type { OciSettings } from '../config/oci-settings.ts'
import type { NewAssets } from '../assets/new-assets.ts'
import { NanoError } from '../errors.ts'
import { beside, pullApp, resolveArtifact } from '../oci/pull.ts'
import type { PulledApp } from '../oci/pull.ts'
import type { RegistryClient } from '../oci/registry-client.ts'
import { expectSigned, toDemanded } from '../oci/signatures.ts'

/** How long a registry is left alone that did not answer, at least. */
const LEFT_ALONE_MS = 5000

export interface PullOptions {
  readonly settings: OciSettings | undefined
  /** Where the app's files go; undefined: nowhere, and an app with files cannot be pulled. */
  readonly files: AssetFiles | undefined
  /** Its files are not asked for. */
  readonly isTrial?: boolean | undefined
}

/** An app that has been pulled, with all that belongs to it. */
export interface Pulled extends PulledApp {
  readonly digest: Digest
  /** Fingerprints of keys whose signatures were checked. */
  readonly signedBy: readonly string[]
}

/** Throws CONFIG_INVALID. */
export function expectReference(path: string): OciReference {
  const reference = parseReference(path)
  if (reference !== undefined) return reference
  throw new NanoError(
    'CONFIG_INVALID',
    `expected ${REFERENCE_FORM}, got ${JSON.stringify(path.slice(0, 200))}`,
  )
}

export class Registries {
  /** When one may be asked again that did not answer, by its name. */
  readonly #leftAlone = new Map<string, { readonly until: number; readonly why: string }>()

  /** Whatever is wrong with it is told by a code of registries or artifacts; the error names the reference. */
  async pull(reference: OciReference, options: PullOptions): Promise<Pulled> {
    const { settings = {} } = options
    const { registry } = reference
    const name = toReferenceText(reference)
    const left = this.#leftAlone.get(registry)
    if (left !== undefined && performance.now() < left.until) {
      throw new NanoError('REGISTRY_UNREACHABLE', `${name}: ${left.why} (it is asked again in some seconds)`)
    }
    const { pullMs = DEFAULT_PULL_MS } = settings
    const started = performance.now()
    const { RegistryClient: Client } = await import('../oci/registry-client.ts')
    await using client = new Client({
      reference,
      actions: 'pull',
      insecure: settings.insecure,
      file: settings.credentialsFile,
      signal: AbortSignal.timeout(pullMs),
    })
    try {
      const pulled = await pull(client, reference, options)
      this.#leftAlone.delete(registry)
      return pulled
    } catch (thrown) {
      if (!(thrown instanceof NanoError)) throw thrown
      if (thrown.code === 'REGISTRY_UNREACHABLE') {
        const spent = performance.now() - started
        const until = performance.now() + Math.max(LEFT_ALONE_MS, spent)
        this.#leftAlone.set(registry, { until, why: thrown.message })
      }
      if (thrown.message.startsWith(name)) throw thrown
      throw new NanoError(thrown.code, `${name}: ${thrown.message}`, { cause: thrown })
    }
  }
}

async function pull(
  client: RegistryClient,
  reference: OciReference,
  { settings = {}, files, isTrial = false }: PullOptions,
): Promise<Pulled> {
  const name = toReferenceText(reference)
  if (settings.digests === true && reference.digest === undefined) {
    throw new NanoError(
      'REQUEST_INVALID',
      `${name}: expected a reference with @sha256:<digest>, for "oci" demands "digests"`,
    )
  }
  const demanded = toDemanded(settings, reference)
  let signedBy: readonly string[] = []
  const resolved = await resolveArtifact(client, reference, async (digest) => {
    signedBy = await expectSigned(client, { digest, name }, demanded)
  })
  const app = await pullApp(client, resolved, name)
  if (app.assets !== undefined && !isTrial) await pullFiles(client, { name, assets: app.assets, files })
  return { ...app, digest: resolved.digest, signedBy }
}

async function pullFiles(
  client: RegistryClient,
  {
    name,
    assets,
    files,
  }: { readonly name: string; readonly assets: NewAssets; readonly files: AssetFiles | undefined },
): Promise<void> {
  if (files === undefined) {
    throw new NanoError(
      'STORAGE_FAILED',
      'it has files, and there is no data directory for them; give --data-dir',
    )
  }
  const sizes = new Map(Object.values(assets.files).map(({ hash, size }) => [hash, size]))
  for (const hash of files.missing(sizes.keys())) {
    const size = sizes.get(hash)!
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that few of them are in memory
    files.put(hash, await beside(name, () => client.blob({ digest: `sha256:${hash}`, size }, size)))
  }
}

/** Whether signatures that were checked when it was pulled are those that are demanded now. Throws CONFIG_INVALID. */
export function isSignedAs(
  settings: OciSettings | undefined,
  reference: OciReference,
  signedBy: readonly string[],
): boolean {
  return toDemanded(settings ?? {}, reference).every((keys) =>
    keys.some(({ fingerprint }) => signedBy.includes(fingerprint)),
  )
}
