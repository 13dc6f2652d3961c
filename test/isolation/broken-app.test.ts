/** A file that is no component, or needs an engine that nobody knows: its app is refused, the others are served. */
import { writeFileSync } from 'node:fs'
import { test } from 'vitest'

import { createSourceDir } from '../build/source-dir.ts'
import { NEIGHBOUR, watchNeighbour } from '../harness/neighbour.ts'
import { serve } from '../harness/serve.ts'

test('an app that cannot be opened keeps no other one from being served', async ({ expect }) => {
  using folder = createSourceDir({ 'wrong.js': 'export default {' })
  writeFileSync(folder.at('broken.wasm'), '\0asm, or not')
  await using server = await serve([
    { name: 'broken', hostname: 'broken.test', path: folder.at('broken.wasm') },
    { name: 'wrong', hostname: 'wrong.test', path: folder.at('wrong.js') },
    NEIGHBOUR,
  ])
  await using _ = watchNeighbour(server)
  for (const host of ['broken.test', 'wrong.test']) {
    const answer = await server.send(host, '/')
    expect([answer.status, answer.json()]).toEqual([
      502,
      { error: { code: 'APP_UNAVAILABLE', message: 'The app could not be started.' } },
    ])
  }
  await server.logged('[broken]', 'COMPONENT_INVALID')
  await server.logged('[wrong]', 'BUILD_FAILED', 'wrong.js:1')
})

test('a server without an app that can be opened does not start', async ({ expect }) => {
  using folder = createSourceDir({ 'wrong.js': 'export default {' })
  const apps = ['a', 'b'].map((name) => ({ name, path: folder.at('wrong.js') }))
  await expect(serve(apps)).rejects.toThrow(/^app a: /)
})

test('a path that leads nowhere is the operator’s to mend, and nothing starts', async ({ expect }) => {
  await expect(serve([NEIGHBOUR, { name: 'gone', path: 'nowhere.wasm' }])).rejects.toThrow(
    /^app gone: .*there is no such file/,
  )
})
