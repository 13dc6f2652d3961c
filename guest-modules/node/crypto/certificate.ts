/** X.509 certificates of `node:crypto`, read by the host. */

import { door } from '../../door.ts'
import { Buffer } from '../buffer.ts'
import { type Data, toBytes } from './data.ts'
import { createPublicKey, type PublicKeyObject } from './key-object.ts'

interface Read {
  readonly subject: string
  readonly subjectAltName?: string
  readonly issuer: string
  readonly infoAccess?: string
  readonly validFrom: string
  readonly validTo: string
  readonly fingerprint: string
  readonly fingerprint256: string
  readonly fingerprint512: string
  readonly keyUsage?: string[]
  readonly serialNumber: string
  readonly ca: boolean
  readonly pem: string
  readonly raw: string
  readonly publicKey: string
}

export class X509Certificate {
  readonly #read: Read

  constructor(certificate: Data) {
    this.#read = door.compute({ name: 'certificate' }, undefined, toBytes(certificate)) as Read
  }

  get subject(): string {
    return this.#read.subject
  }

  get subjectAltName(): string | undefined {
    return this.#read.subjectAltName
  }

  get issuer(): string {
    return this.#read.issuer
  }

  get infoAccess(): string | undefined {
    return this.#read.infoAccess
  }

  get validFrom(): string {
    return this.#read.validFrom
  }

  get validTo(): string {
    return this.#read.validTo
  }

  get validFromDate(): Date {
    return new Date(this.validFrom)
  }

  get validToDate(): Date {
    return new Date(this.validTo)
  }

  get fingerprint(): string {
    return this.#read.fingerprint
  }

  get fingerprint256(): string {
    return this.#read.fingerprint256
  }

  get fingerprint512(): string {
    return this.#read.fingerprint512
  }

  get keyUsage(): string[] | undefined {
    return this.#read.keyUsage
  }

  get serialNumber(): string {
    return this.#read.serialNumber
  }

  get ca(): boolean {
    return this.#read.ca
  }

  get raw(): Buffer {
    return Buffer.from(this.#read.raw, 'base64')
  }

  get publicKey(): PublicKeyObject {
    return createPublicKey({ key: Buffer.from(this.#read.publicKey, 'base64'), format: 'der', type: 'spki' })
  }

  checkHost(name: string): string | undefined {
    return this.#check('host', name)
  }

  checkEmail(email: string): string | undefined {
    return this.#check('email', email)
  }

  checkIP(address: string): string | undefined {
    return this.#check('address', address)
  }

  verify(publicKey: PublicKeyObject): boolean {
    return door.compute({ name: 'certificate-verify' }, publicKey.der, this.raw) === true
  }

  toString(): string {
    return this.#read.pem
  }

  toJSON(): string {
    return this.#read.pem
  }

  #check(kind: string, value: string): string | undefined {
    const { found } = door.compute({ name: 'certificate-check', kind, value }, undefined, this.raw) as {
      readonly found: string | null
    }
    return found ?? undefined
  }
}
