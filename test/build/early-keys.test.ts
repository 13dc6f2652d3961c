// Keys at the top level of an app, where there is no host that could have them: some wait for one, the others are told so.

import { test } from 'vitest'
import { buildApp } from '../../host/build/build.ts'
import { createSourceDir } from './source-dir.ts'

const HANDLER = 'export default { fetch: () => new Response() }\n'
const WHEN = 'at the top level of the app, which runs when the app is built'

test.for<[what: string, line: string, message: string]>([
  [
    'made',
    `await crypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt'])`,
    `Error: crypto.subtle.generateKey() cannot be used ${WHEN}`,
  ],
  [
    'that only a host can read',
    `await crypto.subtle.importKey('raw', new Uint8Array(65), { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify'])`,
    `TypeError: a key for ECDSA cannot be imported ${WHEN}`,
  ],
])('keys %s: file and line', async ([, line, message], { expect }) => {
  using sources = createSourceDir({ 'index.ts': `\n${line}\n${HANDLER}` })
  const failure = await buildApp({ entry: sources.path }).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'BUILD_FAILED' })
  const text = (failure as Error).message
  expect(text).toMatch(/^index\.ts:2:\d+: /)
  expect(text).toContain(message)
})
