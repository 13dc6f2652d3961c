/**
 * What names an artifact in a registry: `oci://registry.example:5000/team/shop:1.2@sha256:...`, in the grammar of the OCI
 * distribution specification. The registry is always said, and a tag, a digest or both: what has a digest is that, and
 * the tag beside it is for people. Pure.
 */

/** Names bytes. */
export type Digest = `sha256:${string}`

export interface OciReference {
  /** Host, with the port if there is one. */
  readonly registry: string
  readonly repository: string
  readonly tag: string | undefined
  readonly digest: Digest | undefined
}

const SCHEME = 'oci://'
const MOST_CHARACTERS = 1024
const MOST_REPOSITORY = 255

const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?'
const REGISTRY = `(?:${LABEL}(?:\\.${LABEL})*|\\[[0-9a-f:]+\\])(?::\\d{1,5})?`
const NAME = '[a-z0-9]+(?:(?:__|[._]|-+)[a-z0-9]+)*'
const REFERENCE = new RegExp(
  `^(${REGISTRY})/(${NAME}(?:/${NAME})*)(?::(\\w[\\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`,
)
const DIGEST = /^sha256:[0-9a-f]{64}$/

/** What a reference looks like, for messages. */
export const REFERENCE_FORM = 'oci://<registry>/<repository> with :<tag>, @sha256:<digest>, or both'

/** Whether a path is of a registry, and not of this machine. */
export function isOci(path: string): boolean {
  return path.startsWith(SCHEME)
}

/** Undefined: it is none. */
export function parseReference(text: string): OciReference | undefined {
  if (!isOci(text) || text.length > MOST_CHARACTERS) return undefined
  const [authority = '', ...rest] = text.slice(SCHEME.length).split('/')
  const found = REFERENCE.exec([authority.toLowerCase(), ...rest].join('/'))
  const [, registry = '', repository = '', tag, digest] = found ?? []
  if (found === null || repository.length > MOST_REPOSITORY) return undefined
  if (tag === undefined && digest === undefined) return undefined
  return { registry, repository, tag, digest: digest as Digest | undefined }
}

/** Whether a text names bytes by their SHA-256. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && DIGEST.test(text)
}

/** As it is written. */
export function toReferenceText({ registry, repository, tag, digest }: OciReference): string {
  const suffix = `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
  return `${SCHEME}${registry}/${repository}${suffix}`
}
