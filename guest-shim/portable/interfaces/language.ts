/** wit/language.wit without tables: WASI knows no languages. What needs none is answered. */

import type * as Wit from 'nano:workers/language'

const decoder = new TextDecoder()
const encoder = new TextEncoder()

const MISSING =
  'is not there: a component for wasi:http has no tables of languages and Unicode. Bring them with a package, or serve the app with NANO.'

export const ask: typeof Wit.ask = (method, _expert, input) => {
  const args = JSON.parse(decoder.decode(input)) as unknown[]
  const text = String(args[0])
  if (method === 'upper-case') return answer([text.toUpperCase()])
  if (method === 'lower-case') return answer([text.toLowerCase()])
  if (method === 'rewrite')
    return answer(['SyntaxError', `\\p{...} in a regular expression that is made at run time ${MISSING}`])
  return answer(['TypeError', `${method === 'normalize' ? 'String.prototype.normalize' : 'Intl'} ${MISSING}`])
}

const answer = (value: unknown[]): Uint8Array => encoder.encode(JSON.stringify(value))
