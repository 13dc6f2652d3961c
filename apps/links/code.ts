/** Codes that nobody guesses: 8 of 32 signs, none of which looks like another. */

const SIGNS = '23456789abcdefghjkmnpqrstuvwxyz-'
const LENGTH = 8

export function pickCode(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(LENGTH))
  return Array.from(bytes, (byte) => SIGNS[byte % SIGNS.length]).join('')
}
