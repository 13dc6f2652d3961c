/** `data:` URLs: their types and bytes. */

import { expect, test } from 'vitest'
import { parseDataUrl } from './data-url.ts'

const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder('latin1').decode(bytes)

test.each([
  ['data:,X#Y', 'text/plain;charset=US-ASCII', 'X'],
  ['data:text/html;charset=x,a%20b%2', 'text/html;charset=x', 'a b%2'],
  ['data:;x=y,', 'text/plain;x=y', ''],
  ['data:text/plain ;base64,YWI', 'text/plain', 'ab'],
  ['data:nonsense;BASE64,Y%57I%3D', 'text/plain;charset=US-ASCII', 'ab'],
  ['data:a/b;base64;x=y,YWI', 'a/b;x=y', 'YWI'],
  ['data:,%ff%zz%', 'text/plain;charset=US-ASCII', '\u00ff%zz%'],
])('%s', (url, type, content) => {
  const data = parseDataUrl(url)
  expect([data?.type, text(data?.bytes)]).toEqual([type, content])
})

test.each(['data:', 'data:text/html', 'data:#,', 'data:;base64,a', 'data:;base64,!!'])(
  '%s is none',
  (url) => {
    expect(parseDataUrl(url)).toBeUndefined()
  },
)
