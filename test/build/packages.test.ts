// Packages that are here anyway, as apps of the ecosystem: `npm run test:ecosystem` has the others.

import { join } from 'node:path'
import { expect, test } from 'vitest'

import { readAnswers } from '../ecosystem/apps.ts'
import { serve } from '../harness/serve.ts'

const APPS = join(import.meta.dirname, '../ecosystem/apps')
const NAMES = ['hono.jsx', 'prom-client.js', 'streams.js']

test('answer as in workerd', async () => {
  const apps = NAMES.map((file) => ({ name: file.replace(/\.\w+$/, ''), path: join(APPS, file) }))
  await using served = await serve(apps)
  const expected = readAnswers()
  for (const { name } of apps) {
    const { status, text } = await served.send(name, '/')
    expect({ name, status, text }).toEqual({ name, ...expected[name] })
  }
})
