/** What the operator says of registries, in a form that can be posted. Pure. */

import type { OciReference } from './oci-reference.ts'

export interface OciSettings {
  /** References need a digest. */
  readonly digests?: boolean
  /** Registries that are spoken to without encryption, besides those on this machine. */
  readonly insecure?: readonly string[]
  /** Absolute: where `docker login` has put credentials; undefined: the usual places. */
  readonly credentialsFile?: string
  readonly signatures?: readonly SignatureRule[]
  /** How long a pull may take; undefined: the default. */
  readonly pullMs?: number
}

/** How long a pull may take, in milliseconds. */
export const DEFAULT_PULL_MS = 60_000

/** What lies in these repositories has to be signed by one of these keys. */
export interface SignatureRule {
  /** `registry/repository`, `registry/*` for all below, `*` for everything. */
  readonly repository: string
  /** Absolute: files with public keys. */
  readonly keys: readonly string[]
}

/** The rules that hold for a reference: each of them has to be met. */
export function toRules(
  { signatures = [] }: OciSettings,
  { registry, repository }: Pick<OciReference, 'registry' | 'repository'>,
): readonly SignatureRule[] {
  const name = `${registry}/${repository}`
  return signatures.filter(({ repository: pattern }) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  )
}

/** `*` alone, or after a `/` at the end. */
export function isRepositoryPattern(text: string): boolean {
  return /^(?:\*|[a-z0-9.:[\]-]+(?:\/[a-z0-9._-]+)*(?:\/\*)?)$/.test(text) && text !== ''
}
