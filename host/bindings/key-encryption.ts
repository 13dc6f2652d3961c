/**
 * How long the passphrase of an encrypted private key takes: the key itself says how often it is hashed, and nothing stops that once it
 * has begun. A look at the few elements of PKCS #8 (RFC 5958) around that number, before anybody computes; what is not understood is
 * refused. Pure.
 *
 *     SEQUENCE { algorithm { PBES2, { { PBKDF2, { salt, iterations, ... } }, cipher } }, data }      RFC 8018
 *     SEQUENCE { algorithm { one of the older ones, { salt, iterations } }, data }
 */

interface Element {
  readonly tag: number
  readonly body: Buffer
  /** Of what follows. */
  readonly end: number
}

const SEQUENCE = 0x30
const INTEGER = 0x02
const OBJECT = 0x06
const PBES2 = '2a864886f70d01050d'
const PBKDF2 = '2a864886f70d01050c'
/** Those before: PBES1, and that of PKCS #12. */
const OLDER = /^2a864886f70d01(?:05|0c01)0[1346ab]$/
const ARMOUR = /-----BEGIN ENCRYPTED PRIVATE KEY-----([\sA-Za-z0-9+/=]*)-----END/
/** Of one iteration, with the dearest of the hashes. */
const MS = 1e-3

/** Milliseconds that are to be expected; undefined: the key does not say. A form that is not PKCS #8 takes no time. */
export function toPassphraseMs(key: Buffer, format: unknown): number | undefined {
  const der = format === 'der' ? key : fromPem(key)
  if (der === undefined) return 0
  try {
    const algorithm = childrenOf(childrenOf(read(der, 0))[0])
    const [name, settings] = algorithm
    const scheme = toName(name)
    if (OLDER.test(scheme)) return toIterations(settings) * MS
    if (scheme !== PBES2) return undefined
    const [derivation, parameters] = childrenOf(childrenOf(settings)[0])
    return toName(derivation) === PBKDF2 ? toIterations(parameters) * MS : undefined
  } catch {
    return undefined
  }
}

/** Undefined: it is none of PKCS #8. */
function fromPem(key: Buffer): Buffer | undefined {
  const [, base64] = ARMOUR.exec(key.toString('latin1')) ?? []
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64')
}

function toName(element: Element | undefined): string {
  return expectTag(element, OBJECT).body.toString('hex')
}

function toIterations(parameters: Element | undefined): number {
  const { body } = expectTag(childrenOf(parameters)[1], INTEGER)
  return Number(BigInt(`0x${body.toString('hex')}`))
}

function childrenOf(element: Element | undefined): Element[] {
  const { body } = expectTag(element, SEQUENCE)
  const children: Element[] = []
  for (let at = 0; at < body.length; at = children.at(-1)!.end) children.push(read(body, at))
  return children
}

function expectTag(element: Element | undefined, tag: number): Element {
  if (element?.tag === tag) return element
  throw new RangeError(`expected an element ${tag}, got ${element?.tag ?? 'none'}`)
}

/** Of a definite length. */
function read(bytes: Buffer, at: number): Element {
  const first = bytes.readUInt8(at + 1)
  const more = first < 0x80 ? 0 : first & 0x7f
  const length = more === 0 ? first : bytes.readUIntBE(at + 2, more)
  const start = at + 2 + more
  if (start + length > bytes.length) throw new RangeError('an element ends behind its bytes')
  return { tag: bytes.readUInt8(at), body: bytes.subarray(start, start + length), end: start + length }
}
