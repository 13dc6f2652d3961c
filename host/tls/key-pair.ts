/**
 * A certificate and its key, read from the disk and checked: what is broken, or does not belong together, is said with its
 * file and goes no further.
 */

import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'

import type { TlsFiles } from '../config/config.ts'
import { NanoError } from '../errors.ts'

/** As a shard is given it. */
export interface KeyPair {
  /** PEM: the certificate, and those that lead to its root. */
  readonly cert: string
  /** PEM. */
  readonly key: string
  /** Host names of the certificate in lower case; `*.example.com` for every name one level below. */
  readonly names: readonly string[]
}

/** One that is served, and until when. */
export interface LoadedPair extends KeyPair {
  readonly file: string
  /** Milliseconds since 1970. */
  readonly notAfter: number
}

/** A chain has a few of them. */
const MOST_BYTES = 1024 * 1024
const DNS_NAME = /(?:^|, )DNS:([^,"\s]+)/g

/** Throws CONFIG_INVALID with the file and what is wrong with it. */
export async function readKeyPair(files: TlsFiles): Promise<LoadedPair> {
  const [cert, key] = [await readPem(files.cert), await readPem(files.key)]
  const certificate = attempt(
    files.cert,
    'expected a certificate in PEM, got none that can be read',
    () => new X509Certificate(cert),
  )
  const hasPassphrase = key.includes('ENCRYPTED')
  const expected = hasPassphrase
    ? 'expected a key without a passphrase, got an encrypted one'
    : 'expected a private key in PEM, got none that can be read'
  const privateKey = attempt(files.key, expected, (): KeyObject => createPrivateKey(key))
  if (!certificate.checkPrivateKey(privateKey)) {
    throw toInvalid(files.key, `expected the key of ${files.cert}, got the key of another certificate`)
  }
  // the rest of the chain, and what the library does not serve with
  attempt(files.cert, 'cannot be served', () => createSecureContext({ cert, key }))
  return {
    cert,
    key,
    names: toNames(certificate),
    file: files.cert,
    notAfter: certificate.validToDate.getTime(),
  }
}

async function readPem(path: string): Promise<string> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw toInvalid(path, code === 'ENOENT' ? 'there is no such file' : message, cause)
  }
  if (bytes.byteLength > MOST_BYTES) {
    throw toInvalid(path, `expected at most ${MOST_BYTES} bytes, got ${bytes.byteLength}`)
  }
  return bytes.toString('latin1')
}

function attempt<T>(path: string, text: string, run: () => T): T {
  try {
    return run()
  } catch (cause) {
    throw toInvalid(path, `${text} (${(cause as Error).message})`, cause)
  }
}

function toInvalid(path: string, text: string, cause?: unknown): NanoError {
  return new NanoError('CONFIG_INVALID', `tls: ${path}: ${text}`, { cause })
}

function toNames({ subjectAltName = '' }: X509Certificate): string[] {
  return Array.from(subjectAltName.matchAll(DNS_NAME), ([, name]) => name!.toLowerCase())
}
