/** The dashboard, the alert rules and the docs name series that there are, with labels that they have. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { beforeAll, describe, test } from 'vitest'

import { FLEET_SERIES } from '../../host/telemetry/fleet-series.ts'
import { SERIES } from '../../host/telemetry/series.ts'
import { toAsk, TOKEN } from '../harness/admin.ts'
import { makeCertificate, NO_OPENSSL } from '../harness/certificate.ts'
import { send } from '../harness/http.ts'
import { fixture, ROOT, serve } from '../harness/serve.ts'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** Series of `/metrics`, and labels that any of them has, of a server at which everything has happened. */
let names: Set<string>
let labels: Set<string>

beforeAll(async () => {
  const app = { name: 'faults', hostname: 'faults.test', path: fixture('faults'), cpu_ms: 100 }
  const folder = mkdtempSync(join(tmpdir(), 'nano-watching-'))
  const keeper = {
    name: 'keeper',
    path: fixture('kv'),
    kv_namespaces: [{ binding: 'KV', id: 'kept' }],
    ratelimits: [{ name: 'LIMITER', namespace_id: '1', simple: { limit: 1, period: 10 } }],
    response_cache: true,
  }
  mkdirSync(join(folder, 'public'))
  writeFileSync(join(folder, 'public/index.html'), 'home')
  const cached = {
    name: 'cached',
    path: fixture('assets'),
    assets: { directory: join(folder, 'public') },
    response_cache: true,
  }
  const queued = {
    name: 'queued',
    path: fixture('queues'),
    queues: {
      producers: [{ binding: 'QUEUE', queue: 'q' }],
      consumers: [{ queue: 'q', max_batch_timeout: 0 }],
    },
  }
  await using server = await serve([app, keeper, cached, queued], 1, {
    admin: { port: 0 },
    adminToken: TOKEN,
    storageDirectory: join(folder, 'data'),
  })
  for (const path of ['/', '/throw', '/spin']) await server.send('faults.test', path)
  const body = JSON.stringify([
    ['KV', 'put', 'key', 'value'],
    ['KV', 'get', 'key'],
    ['KV', 'get', 'k'.repeat(1000)],
    ['LIMITER', 'limit', { key: 'one' }],
  ])
  await server.send('keeper', '/', { method: 'POST', body })
  await server.send('keeper', '/key')
  await server.send('queued', '/', { method: 'POST', body: JSON.stringify([['QUEUE', 'send', {}]]) })
  const page = `/page?headers=${encodeURIComponent('{"cache-control":"public, max-age=60"}')}`
  for (const path of ['/', page, page, '/put', '/match']) await server.send('cached', path)
  await toAsk(server)('POST', '/admin/apps/keeper/scheduled', { json: {} })
  // one that has certificates
  await using encrypted = await serve([], 1, {
    admin: { port: 0 },
    ...(NO_OPENSSL === undefined && { tls: makeCertificate(folder, 'a', ['a.test']) }),
  })
  rmSync(folder, { recursive: true })
  const scrape = async (adminUrl: string | undefined): Promise<string> =>
    (await send(Number(new URL(adminUrl!).port), { host: 'localhost', path: '/metrics' })).text
  const text = (await scrape(server.adminUrl)) + (await scrape(encrypted.adminUrl))
  names = new Set(Array.from(text.matchAll(/^(\w+)(?:\{| )/gm), ([, name]) => name!))
  labels = new Set(Array.from(text.matchAll(/(?<=[{,])(\w+)="/g), ([, label]) => label!))
  // given by Prometheus itself
  for (const label of ['instance', 'job']) labels.add(label)
})

function toNamed(text: string): string[] {
  return Array.from(text.matchAll(/\b(?:nano|process|nodejs)_\w+/g), ([name]) => name)
}

/** In braces, and behind `by`. */
function toLabels(text: string): string[] {
  const matched = Array.from(text.matchAll(/[{,]\s*(\w+)\s*=~?\\?"/g), ([, label]) => label!)
  const grouped = Array.from(text.matchAll(/\bby \(([^)]*)\)/g), ([, list]) => list!.split(/,\s*/)).flat()
  return [...matched, ...grouped]
}

describe.for(['deploy/grafana/nano.json', 'deploy/prometheus/alerts.yml'])('%s', (path) => {
  test('names series and labels of /metrics', ({ expect }) => {
    const text = read(path)
    expect(toNamed(text).length).toBeGreaterThan(10)
    expect(toNamed(text).filter((name) => !names.has(name))).toEqual([])
    expect(toLabels(text).length).toBeGreaterThan(10)
    expect(toLabels(text).filter((label) => !labels.has(label))).toEqual([])
  })
})

test('the dashboard shows each panel at a place of its own', ({ expect }) => {
  const { panels } = JSON.parse(read('deploy/grafana/nano.json')) as {
    panels: { id: number; gridPos: { x: number; y: number; w: number; h: number } }[]
  }
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
  )
  expect(new Set(cells).size).toBe(cells.length)
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
})

test('docs/operators/metrics.md has each series as it is', ({ expect }) => {
  const rows = Array.from(
    read('docs/operators/metrics.md').matchAll(/^\| `(nano_\w+)` +\| (\w+) +\| (.*?) +\| (.+?) +\|$/gm),
    ([, name, kind, told, help]) => ({ name, kind, labels: told!.replaceAll('`', '').trim(), help }),
  )
  expect(rows).toEqual(
    SERIES.map(({ name, kind, labels: has, help }) => ({ name, kind, labels: has.join(', '), help })),
  )
})

test('each series is in /metrics once it has something to tell', ({ expect }) => {
  // a host of a fleet tells those: test/fleet/changes.test.ts
  const own = SERIES.filter((series) => !FLEET_SERIES.includes(series))
  const missing = own.filter(({ name, kind }) => !names.has(kind === 'histogram' ? `${name}_count` : name))
  expect(missing.map(({ name }) => name)).toEqual([])
})
