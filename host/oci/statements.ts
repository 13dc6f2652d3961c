/**
 * What signatures of artifacts say, in the two forms that cosign writes: simple signing, and a bundle with an in-toto statement.
 * Each is bytes that are signed, and a digest in them. What these bytes say counts once their signature holds. Pure.
 */

import type { Digest } from '../config/oci-reference.ts'
import { isObject } from './manifest.ts'

/** Bytes that somebody signed, with what may be his signatures. */
export interface Signed {
  readonly bytes: Buffer
  readonly signatures: readonly Buffer[]
  /** Whether they say that the artifact of this digest is signed. */
  readonly states: (digest: Digest) => boolean
}

export const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json'
export const SIGNATURE = 'dev.cosignproject.cosign/signature'
export const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const SIMPLE_TYPE = 'cosign container image signature'
const STATEMENT_TYPE = 'application/vnd.in-toto+json'
const IN_TOTO = /^https:\/\/in-toto\.io\/Statement\/v(?:0\.1|1)$/
/** Of a statement that is a signature; those of other types say something else of the artifact. */
const SIGN = 'https://sigstore.dev/cosign/sign/v1'

/** The text that is signed. */
export function toPayload(digest: Digest, name: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': name },
        image: { 'docker-manifest-digest': digest },
        type: SIMPLE_TYPE,
      },
      optional: null,
    }),
  )
}

/** `signature`: in base64. */
export function fromPayload(bytes: Buffer, signature: string): Signed {
  return {
    bytes,
    signatures: [Buffer.from(signature, 'base64')],
    states(digest) {
      const critical = toObject(toObject(parse(bytes))['critical'])
      const image = toObject(critical['image'])
      return critical['type'] === SIMPLE_TYPE && image['docker-manifest-digest'] === digest
    },
  }
}

/** Undefined: it holds no signed statement. */
export function fromBundle(bytes: Buffer): Signed | undefined {
  const { payload, payloadType, signatures } = toObject(toObject(parse(bytes))['dsseEnvelope'])
  if (typeof payload !== 'string' || payloadType !== STATEMENT_TYPE || !Array.isArray(signatures))
    return undefined
  const statement = Buffer.from(payload, 'base64')
  const sigs = signatures.slice(0, 10).map((each) => toObject(each)['sig'])
  return {
    bytes: toEnvelope(statement),
    signatures: sigs.filter((sig) => typeof sig === 'string').map((sig) => Buffer.from(sig, 'base64')),
    states(digest) {
      const { _type: type, subject, predicateType } = toObject(parse(statement))
      if (
        typeof type !== 'string' ||
        !IN_TOTO.test(type) ||
        predicateType !== SIGN ||
        !Array.isArray(subject)
      )
        return false
      return subject.some(
        (each) => `sha256:${String(toObject(toObject(each)['digest'])['sha256'])}` === digest,
      )
    },
  }
}

/** What is signed of a statement: DSSE's pre-authentication encoding. */
export function toEnvelope(statement: Buffer): Buffer {
  const head = `DSSEv1 ${STATEMENT_TYPE.length} ${STATEMENT_TYPE} ${statement.length} `
  return Buffer.concat([Buffer.from(head), statement])
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}

function toObject(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {}
}
