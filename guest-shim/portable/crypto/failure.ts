/** What a call of `crypto.subtle` fails with: the name of a DOMException, or TypeError. */
export class CryptoFailure extends Error {}

export function fail(name: string, message: string): CryptoFailure {
  const failure = new CryptoFailure(message)
  failure.name = name
  return failure
}
