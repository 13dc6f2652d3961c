/**
 * Apps of kept packages, beside workerd on one thread each: what a request comes to that does some work. The packages are
 * those of the ecosystem's tests.
 */

import { createHmac } from 'node:crypto'
import { cpSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { buildApp } from '../host/build/build.ts'
import { installApps } from '../test/ecosystem/install.ts'
import { bundle } from '../test/ecosystem/workerd.ts'
import type { Bench } from './figure.ts'
import type { LoadRequest } from './load.ts'
import { startNano } from './nano.ts'
import { startNode } from './peers/node.ts'
import { startWorkerd } from './peers/workerd.ts'
import { compare } from './rps.ts'

interface RealApp {
  readonly name: string
  /** Of its file. */
  readonly file: string
  readonly request?: LoadRequest
}

const SECRET = 'a secret of thirty-two bytes, yes'
const ORDER = {
  id: 'order-1',
  customer: { name: 'Ada', email: 'ada@example.com' },
  items: Array.from({ length: 18 }, (_, i) => ({ sku: `article-${i}`, count: 1 + (i % 3), price: i + 0.5 })),
}

const APPS: readonly RealApp[] = [
  {
    name: 'jose verify',
    file: 'jose',
    request: { method: 'GET', path: '/', headers: { authorization: `Bearer ${toToken({ user: 'ada' })}` } },
  },
  {
    name: 'Hono + zod POST',
    file: 'zod',
    request: {
      method: 'POST',
      path: '/orders',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ORDER),
    },
  },
  { name: 'Preact, 50 rows', file: 'preact' },
  { name: 'React, 200 rows', file: 'react' },
  { name: 'Markdown, 10 kB', file: 'markdown' },
]

/** So many clients at once wait for longer than is usual. */
const PATIENT = { timeout_ms: 60_000 }

/** Says of its answer that it may be kept. */
const CACHED = 'react'

export async function real(bench: Bench): Promise<void> {
  const { directory } = bench
  const folder = join(dirname(installApps()), 'bench')
  cpSync(fileURLToPath(new URL('apps/', import.meta.url)), folder, { recursive: true })
  for (const { name, file, request } of APPS) {
    bench.tell(`building ${name}`)
    const entry = join(folder, `${file}.js`)
    const component = join(directory, `${file}.wasm`)
    await buildApp({ entry, outFile: component })
    const module = await bundle(entry)
    const nano = (settings: object) => () => startNano({ directory, component, apps: 1, shards: 1, settings })
    const workerd = {
      name: `workerd, ${name}`,
      start: () => startWorkerd({ apps: 1, directory, toModule: () => module }),
    }
    await compare(bench, [{ name: `NANO, ${name}, 1 shard`, start: nano(PATIENT) }, workerd], request)
    if (file !== CACHED) continue
    const cached = { name: `NANO, ${name}, response cache`, start: nano({ response_cache: true }) }
    const beside = { ...workerd, name: `${workerd.name}, beside the cache` }
    await compare(bench, [cached, beside, { name: 'Node, hello', start: startNode }])
  }
}

/** Signed, as JSON Web Tokens are. */
function toToken(payload: object): string {
  const signed = [{ alg: 'HS256' }, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`
}
