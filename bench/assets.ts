/** What answers before a guest: a small file beside nginx, and a rendered page with and without the response cache. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Bench } from './figure.ts'
import { buildExample, startNano } from './nano.ts'
import { startNginx } from './peers/nginx.ts'
import { compare } from './rps.ts'

const PAGE = `<!doctype html><title>NANO</title>${'<p>A page of four kilobytes.</p>'.repeat(128)}`

export async function assets(bench: Bench): Promise<void> {
  const root = join(bench.directory, 'public')
  mkdirSync(root, { recursive: true })
  writeFileSync(join(root, 'index.html'), PAGE)
  const nano = (settings: object, name: string) => ({
    name: `NANO, ${name}, 1 shard`,
    start: () => startNano({ ...bench, apps: 1, shards: 1, settings }),
  })
  await compare(bench, [
    nano({ path: undefined, assets: { directory: root } }, 'a file'),
    { name: 'nginx, a file, 1 worker', start: () => startNginx(root, bench.directory) },
  ])
  const blog = join(bench.directory, 'blog.wasm')
  await buildExample('blog', blog)
  await compare(bench, [
    nano({ path: blog, response_cache: true }, 'a rendered page, cached'),
    { ...nano({ path: blog }, ''), name: 'A rendered page, not cached' },
  ])
}
