// Packages that are here anyway, as apps of the ecosystem: `npm run test:ecosystem` has the others.

import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { readAnswers } from '../ecosystem/apps.ts'
import { serve, type Served } from '../harness/serve.ts'

const APPS = join(import.meta.dirname, '../ecosystem/apps')
const apps = ['hono.jsx', 'prom-client.js', 'streams.js'].map((file) => ({
  name: file.replace(/\.\w+$/, ''),
  path: join(APPS, file),
}))

let served: Served

beforeAll(async () => {
  served = await serve(apps)
})
afterAll(() => served.close())

test.for(apps)('$name answers as in workerd', async ({ name }) => {
  const { status, text } = await served.send(name, '/')
  expect({ status, text }).toEqual(readAnswers()[name])
})
